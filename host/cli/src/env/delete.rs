//! `gtc op env delete`: delete an environment, and keep a backup of it.

use std::io;

use clap::Args;
use env_pack_domain::EnvId;
use schemars::JsonSchema;
use serde::Deserialize;

use super::export::answers_documents;
use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::{IdempotencyKey, IfRevision};
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::{Payload, parse_argument};
use crate::render::{GOOD, NOTICE, RenderHuman, plural, shown};
use crate::runner::Runner;
use crate::table::Style;
use gtc_core::document::Text;
use gtc_core::ops::env::{self, DeleteReport, DeleteRequest};
use gtc_core::ops::quoted;

/// An environment to delete.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeletePayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    /// The environment once more, to confirm
    #[arg(long, value_name = "ENV")]
    #[schemars(with = "Text<EnvId>")]
    pub confirm: String,
    #[command(flatten)]
    #[serde(default)]
    pub idempotency_key: IdempotencyKey,
    #[command(flatten)]
    #[serde(default)]
    pub if_revision: IfRevision,
}

impl Payload for DeletePayload {
    type Request = DeleteRequest;

    fn into_request(self) -> Result<DeleteRequest, UsageError> {
        let environment: EnvId = self.environment_id.parse()?;
        let confirmed: EnvId = parse_argument("confirm", &self.confirm)?;
        if confirmed != environment {
            let reason = format!("it is `{confirmed}`, but `{environment}` would be deleted");
            return Err(UsageError::new("confirm", reason));
        }
        Ok(DeleteRequest {
            environment,
            idempotency_key: self.idempotency_key.key,
            if_revision: *self.if_revision,
        })
    }
}

pub(super) fn run(runner: &Runner, input: Input<DeletePayload>) -> io::Result<u8> {
    runner.run("env", "delete", input, |request| Ok(env::delete(&runner.host, &request)?))
}

impl RenderHuman for DeleteReport {
    fn render_human(&self, _verb: &str) -> String {
        let runtime = if self.has_runtime {
            let notice = Style::Notice.paint(NOTICE);
            format!("  {notice} `runtime.json` stays: a runtime may still use the environment\n")
        } else {
            String::new()
        };
        format!(
            "{} deleted environment `{}`: {}, {}\n  kept in {}\n{runtime}next: bring it back with `gtc \
             op env import {}`\n",
            Style::Good.paint(GOOD),
            self.environment_id,
            plural(self.bindings, "binding"),
            answers_documents(self.answers),
            shown(&self.backup),
            quoted(&self.backup)
        )
    }
}
