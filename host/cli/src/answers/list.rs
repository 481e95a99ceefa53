//! `gtc op answers list`: list the answers of an environment and the bindings that use them.

use std::io;

use super::report::user_name;
use crate::args::EnvironmentPayload;
use crate::binding::list::listing;
use crate::input::Input;
use crate::render::{RenderHuman, shown};
use crate::runner::Runner;
use crate::table::{Style, Table};
use gtc_core::ops::answers::{self, AnswersListReport, AnswersState};

pub(super) fn run(runner: &Runner, input: Input<EnvironmentPayload>) -> io::Result<u8> {
    runner
        .run("answers", "list", input, |environment| Ok(answers::list(&runner.host, &environment)?))
}

impl RenderHuman for AnswersListReport {
    fn render_human(&self, _verb: &str) -> String {
        let mut table = Table::new(["ANSWERS", "STATE", "USED BY"]);
        for answers in &self.answers {
            let state = match answers.state {
                AnswersState::Readable => Style::Good.cell("readable"),
                AnswersState::Missing => Style::Notice.cell("missing"),
                AnswersState::Unreadable => Style::Bad.cell("unreadable"),
            };
            let users: Vec<String> = answers.bindings.iter().map(user_name).collect();
            table.row([
                Style::Bold.cell(shown(&answers.answers_ref)),
                state,
                Style::Plain.cell(users.join(", ")),
            ]);
        }
        listing(&self.environment_id.to_string(), "answers", &table)
    }
}
