//! `gtc op env rename`: give an environment another id.

use std::io;

use clap::Args;
use env_pack_domain::EnvId;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::{IdempotencyKey, IfRevision};
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::{Payload, parse_argument};
use crate::render::{GOOD, NOTICE, RenderHuman, shown};
use crate::runner::Runner;
use crate::table::Style;
use gtc_core::document::Text;
use gtc_core::ops::env::{self, RenameReport, RenameRequest};

/// An environment to rename.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RenamePayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    /// New id
    #[arg(long, value_name = "ENV")]
    #[schemars(with = "Text<EnvId>")]
    pub to: String,
    #[command(flatten)]
    #[serde(default)]
    pub idempotency_key: IdempotencyKey,
    #[command(flatten)]
    #[serde(default)]
    pub if_revision: IfRevision,
}

impl Payload for RenamePayload {
    type Request = RenameRequest;

    fn into_request(self) -> Result<RenameRequest, UsageError> {
        let environment = self.environment_id.parse()?;
        let new_id = parse_argument("to", &self.to)?;
        if environment == new_id {
            return Err(UsageError::new("to", "it is the id that the environment has"));
        }
        Ok(RenameRequest {
            environment,
            new_id,
            idempotency_key: self.idempotency_key.key,
            if_revision: *self.if_revision,
        })
    }
}

pub(super) fn run(runner: &Runner, input: Input<RenamePayload>) -> io::Result<u8> {
    runner.run("env", "rename", input, |request| Ok(env::rename(&runner.host, &request)?))
}

impl RenderHuman for RenameReport {
    fn render_human(&self, _verb: &str) -> String {
        let id = &self.environment_id;
        let runtime = if self.has_runtime {
            let notice = Style::Notice.paint(NOTICE);
            format!(
                "  {notice} `runtime.json` stays under the old id: a runtime may still use it\n"
            )
        } else {
            String::new()
        };
        format!(
            "{} renamed environment `{}` to `{id}`\n  kept in {}\n{runtime}next: examine it with `gtc op \
             env doctor {id}`\n",
            Style::Good.paint(GOOD),
            self.renamed_from,
            shown(&self.backup)
        )
    }
}
