//! `gtc op env import`, or `restore`: create an environment from an exported document.

use std::io;
use std::path::PathBuf;

use clap::Args;
use env_pack_domain::EnvId;
use schemars::JsonSchema;
use serde::Deserialize;

use super::export::answers_documents;
use crate::args::idempotency_key::{IdempotencyKey, IfRevision};
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::{Payload, parse_optional};
use crate::render::{GOOD, NOTICE, RenderHuman, plural};
use crate::runner::Runner;
use crate::table::Style;
use gtc_core::document::Text;
use gtc_core::ops::env::{self, ImportReport, ImportRequest};

/// Examples in the help text; a test parses each of them.
pub(super) const EXAMPLES: &str = "\
Examples:
  gtc op env import prod.json
  gtc op env import prod.json --env staging
  gtc op env restore prod.backup.json --replace prod

The packs are not part of the document: see `gtc pack save --env`.";

/// A document to import.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImportPayload {
    /// Document that `gtc op env export` or `backup` wrote, or `-` for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Environment to create [default: the one that was exported]
    #[arg(long = "env", value_name = "ENV")]
    #[serde(default)]
    #[schemars(with = "Option<Text<EnvId>>")]
    pub environment_id: Option<String>,
    /// Replace this environment if it exists
    #[arg(long, value_name = "ENV")]
    #[serde(default)]
    #[schemars(with = "Option<Text<EnvId>>")]
    pub replace: Option<String>,
    #[command(flatten)]
    #[serde(default)]
    pub idempotency_key: IdempotencyKey,
    #[command(flatten)]
    #[serde(default)]
    pub if_revision: IfRevision,
}

impl Payload for ImportPayload {
    type Request = ImportRequest;

    fn into_request(self) -> Result<ImportRequest, UsageError> {
        Ok(ImportRequest {
            file: self.file,
            environment: parse_optional("environment_id", self.environment_id.as_deref())?,
            replaced: parse_optional("replace", self.replace.as_deref())?,
            idempotency_key: self.idempotency_key.key,
            if_revision: *self.if_revision,
        })
    }
}

pub(super) fn run(runner: &Runner, input: Input<ImportPayload>) -> io::Result<u8> {
    runner.run("env", "import", input, |request| Ok(env::import(&runner.host, &request)?))
}

impl RenderHuman for ImportReport {
    fn render_human(&self, _verb: &str) -> String {
        let id = &self.environment_id;
        let verb = if self.replaced { "replaced" } else { "imported" };
        let origin = if *id == self.exported_id {
            String::new()
        } else {
            format!(" from `{}`", self.exported_id)
        };
        let mut text = format!(
            "{} {verb} environment `{id}`{origin} (revision {})\n  {}, {}\n",
            Style::Good.paint(GOOD),
            self.revision,
            plural(self.bindings, "binding"),
            answers_documents(self.answers),
        );
        let notice = Style::Notice.paint(NOTICE);
        for key in &self.keys {
            text.push_str(&format!("  {notice} it trusts key `{key}`\n"));
        }
        if self.granted > 0 {
            let granted = plural(self.granted, "binding");
            text.push_str(&format!(
                "  {notice} {granted} with permissions: see them with `gtc op grants list {id}`\n"
            ));
        }
        text + &format!("next: examine it with `gtc op env doctor {id}`\n")
    }
}
