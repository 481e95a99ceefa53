//! `gtc op answers put`: write answers from a file, or ask for them at a terminal.

use std::io;
use std::path::PathBuf;

use clap::Args;
use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::{DocumentArg, UserArg, parse_target};
use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::{IdempotencyKey, IfRevision};
use crate::args::instance::InstanceArg;
use crate::error::{CliError, UsageError};
use crate::input::Input;
use crate::parse::Payload;
use crate::prompt;
use crate::runner::Runner;
use gtc_core::ops::answers::{self, AnswersSource, AnswersTarget, PutReport, PutRequest};

/// Examples in the help text; a test parses each of them.
pub(super) const EXAMPLES: &str = "\
Examples:
  gtc op answers put --env local --kind acme.secrets.vault
  gtc op answers put --env local --kind acme.secrets.vault --file vault.json
  gtc op answers put --env local --answers-ref env-packs/secrets/answers.json --file -

Without `--file`, asks for each property of the pack's schema; needs a terminal.";

/// Answers to write.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutPayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    #[command(flatten)]
    #[serde(default)]
    pub kind: UserArg,
    #[command(flatten)]
    #[serde(default)]
    pub instance_id: InstanceArg,
    #[command(flatten)]
    #[serde(default)]
    pub answers_ref: DocumentArg,
    /// JSON document to write; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    #[serde(default)]
    pub file: Option<PathBuf>,
    #[command(flatten)]
    #[serde(default)]
    pub idempotency_key: IdempotencyKey,
    #[command(flatten)]
    #[serde(default)]
    pub if_revision: IfRevision,
}

/// Answers to write, from a file or from the user.
pub(crate) struct PutArguments {
    target: AnswersTarget,
    file: Option<PathBuf>,
    idempotency_key: Option<String>,
    if_revision: Option<u64>,
}

impl Payload for PutPayload {
    type Request = PutArguments;

    fn into_request(self) -> Result<PutArguments, UsageError> {
        let Self { environment_id, kind, instance_id, answers_ref, .. } = &self;
        Ok(PutArguments {
            target: parse_target(environment_id, kind, instance_id, answers_ref)?,
            file: self.file,
            idempotency_key: self.idempotency_key.key,
            if_revision: *self.if_revision,
        })
    }
}

pub(super) fn run(runner: &Runner, input: Input<PutPayload>) -> io::Result<u8> {
    runner.run("answers", "put", input, |arguments| put(runner, arguments))
}

fn put(runner: &Runner, arguments: PutArguments) -> Result<PutReport, CliError> {
    let PutArguments { target, file, idempotency_key, if_revision } = arguments;
    let source = match file {
        Some(file) => AnswersSource::File(file),
        None if runner.is_interactive => AnswersSource::Text(ask(runner, &target)?),
        None => {
            return Err(UsageError::new("file", "required unless a terminal can ask").into());
        }
    };
    let request = PutRequest { target, source, idempotency_key, if_revision };
    Ok(answers::put(&runner.host, &request)?)
}

/// Asks for each property of the schema, and returns the answers as a document.
fn ask(runner: &Runner, target: &AnswersTarget) -> Result<String, CliError> {
    let mut form = answers::form(&runner.host, target)?;
    for question in form.questions.clone() {
        prompt::ask_property(&question, |value| form.answer(&question, value))?;
    }
    Ok(form.into_text())
}
