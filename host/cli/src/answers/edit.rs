//! `gtc op answers edit`: edit answers in an editor.

use std::io;

use clap::Args;
use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::{DocumentArg, UserArg, parse_target};
use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::{IdempotencyKey, IfRevision};
use crate::args::instance::InstanceArg;
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::Payload;
use crate::runner::Runner;
use crate::settings;
use gtc_core::ops::answers::{self, AnswersTarget, EditRequest};

/// Answers to edit.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EditPayload {
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
    #[command(flatten)]
    #[serde(default)]
    pub idempotency_key: IdempotencyKey,
    #[command(flatten)]
    #[serde(default)]
    pub if_revision: IfRevision,
}

impl Payload for EditPayload {
    type Request = (AnswersTarget, Option<String>, Option<u64>);

    fn into_request(self) -> Result<Self::Request, UsageError> {
        let Self { environment_id, kind, instance_id, answers_ref, .. } = &self;
        let target = parse_target(environment_id, kind, instance_id, answers_ref)?;
        Ok((target, self.idempotency_key.key, *self.if_revision))
    }
}

pub(super) fn run(runner: &Runner, input: Input<EditPayload>) -> io::Result<u8> {
    runner.run("answers", "edit", input, |(target, idempotency_key, if_revision)| {
        let editor = settings::editor();
        let folder = settings::temporary_folder();
        let request = EditRequest { target, editor, folder, idempotency_key, if_revision };
        Ok(answers::edit(&runner.host, &request)?)
    })
}
