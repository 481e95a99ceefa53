//! `gtc op env export`: write an environment to one document.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::args::environment::EnvironmentArg;
use crate::error::UsageError;
use crate::input::Input;
use crate::output;
use crate::parse::Payload;
use crate::render::{GOOD, RenderHuman, plural, shown};
use crate::runner::Runner;
use crate::table::Style;
use gtc_core::ops::env::{self, ExportReport, ExportRequest};
use gtc_core::ops::quoted;

/// Examples in the help text; a test parses each of them.
pub(super) const EXAMPLES: &str = "\
Examples:
  gtc op env export --env prod --output prod.json
  gtc op env export --env prod | ssh other-machine gtc op env import -

Values that look like credentials are never exported.";

/// An environment to export.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExportPayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    /// File to write; `-` is standard output, the default
    #[arg(short, long, visible_alias = "out", value_name = "FILE")]
    #[serde(default)]
    pub output: Option<PathBuf>,
}

impl Payload for ExportPayload {
    type Request = ExportRequest;

    fn into_request(self) -> Result<ExportRequest, UsageError> {
        Ok(ExportRequest {
            environment: self.environment_id.parse()?,
            output: self.output.filter(|output| output != Path::new("-")),
            keeps_credentials: false,
        })
    }
}

pub(super) fn run(runner: &Runner, input: Input<ExportPayload>) -> io::Result<u8> {
    runner.run_with_writer(
        "env",
        "export",
        input,
        |request| Ok(env::export(&runner.host, &request)?),
        |output, report| {
            match report.path {
                Some(_) => output.result(report)?,
                None => output::print_document(&report.document)?,
            }
            Ok(0)
        },
    )
}

impl RenderHuman for ExportReport {
    fn render_human(&self, verb: &str) -> String {
        let path = self.path.as_deref().unwrap_or("-");
        let id = &self.environment_id;
        let file = quoted(path);
        let [done, next] = match verb {
            "backup" => [
                "backed up",
                &format!("restore it with `gtc op env restore {file} --replace {id}`"),
            ],
            _ => ["exported", &format!("import it with `gtc op env import {file}`")],
        };
        format!(
            "{} {done} environment `{id}` to {} ({} bytes)\n  {}, {}, {}\nnext: {next}\n",
            Style::Good.paint(GOOD),
            shown(path),
            self.bytes,
            plural(self.bindings, "binding"),
            answers_documents(self.answers),
            plural(self.keys, "trusted key"),
        )
    }
}

/// Returns a number of answers documents, in words.
pub(super) fn answers_documents(count: usize) -> String {
    plural(count, "answers document")
}
