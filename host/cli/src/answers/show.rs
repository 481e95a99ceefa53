//! `gtc op answers show`: print answers.

use std::io;

use super::arguments::AnswersTargetPayload;
use crate::input::Input;
use crate::render::{RenderHuman, answers_text};
use crate::runner::Runner;
use gtc_core::ops::answers::{self, AnswersReport};

pub(super) fn run(runner: &Runner, input: Input<AnswersTargetPayload>) -> io::Result<u8> {
    runner.run("answers", "show", input, |target| Ok(answers::show(&runner.host, &target)?))
}

impl RenderHuman for AnswersReport {
    fn render_human(&self, _verb: &str) -> String {
        answers_text(&self.answers, self.redacted.as_ref())
    }
}
