//! `gtc op env show`: print the files of an environment.

use std::io;

use crate::args::EnvironmentPayload;
use crate::input::Input;
use crate::render::{RenderHuman, shown};
use crate::runner::Runner;
use gtc_core::ops::env::{self, ShowReport};

pub(super) fn run(runner: &Runner, input: Input<EnvironmentPayload>) -> io::Result<u8> {
    runner.run("env", "show", input, |environment| Ok(env::show(&runner.host, &environment)?))
}

impl RenderHuman for ShowReport {
    fn render_human(&self, _verb: &str) -> String {
        // JSON escapes control characters, but not all marks for the direction of text
        let runtime = self
            .runtime
            .as_ref()
            .map(|runtime| format!("\nruntime.json\n{}", escaped_lines(runtime.get())));
        format!(
            "revision {}\n\nenvironment.json\n{}{}",
            self.revision,
            escaped_lines(self.environment.get()),
            runtime.unwrap_or_default()
        )
    }
}

fn escaped_lines(text: &str) -> String {
    text.lines().map(|line| shown(line) + "\n").collect()
}
