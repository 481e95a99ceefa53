//! `gtc op trust-root remove`: stop trusting a key.

use std::io;

use clap::Args;
use env_pack_domain::KeyId;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::{IdempotencyKey, IfRevision};
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::{Payload, parse_argument};
use crate::runner::Runner;
use gtc_core::document::Text;
use gtc_core::ops::trust_root::{self, DistrustRequest};

/// A key to stop trusting.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DistrustPayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    /// Id of the key
    #[arg(long, value_name = "ID")]
    #[schemars(with = "Text<KeyId>")]
    pub key_id: String,
    #[command(flatten)]
    #[serde(default)]
    pub idempotency_key: IdempotencyKey,
    #[command(flatten)]
    #[serde(default)]
    pub if_revision: IfRevision,
}

impl Payload for DistrustPayload {
    type Request = DistrustRequest;

    fn into_request(self) -> Result<DistrustRequest, UsageError> {
        Ok(DistrustRequest {
            environment: self.environment_id.parse()?,
            key_id: parse_argument("key_id", &self.key_id)?,
            idempotency_key: self.idempotency_key.key,
            if_revision: *self.if_revision,
        })
    }
}

pub(super) fn run(runner: &Runner, input: Input<DistrustPayload>) -> io::Result<u8> {
    runner.run("trust-root", "remove", input, |request| {
        Ok(trust_root::remove(&runner.host, &request)?)
    })
}
