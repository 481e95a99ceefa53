//! `gtc op trust-root add`: trust a key; once one is trusted, only packs with a trusted
//! signature are bound or loaded.

use std::io;
use std::path::PathBuf;

use clap::Args;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::{IdempotencyKey, IfRevision};
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::Payload;
use crate::runner::Runner;
use gtc_core::ops::trust_root::{self, TrustRequest};

/// A key to trust.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrustPayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    /// Public key file
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    #[command(flatten)]
    #[serde(default)]
    pub idempotency_key: IdempotencyKey,
    #[command(flatten)]
    #[serde(default)]
    pub if_revision: IfRevision,
}

impl Payload for TrustPayload {
    type Request = TrustRequest;

    fn into_request(self) -> Result<TrustRequest, UsageError> {
        let environment = self.environment_id.parse()?;
        Ok(TrustRequest {
            environment,
            key: self.key,
            idempotency_key: self.idempotency_key.key,
            if_revision: *self.if_revision,
        })
    }
}

pub(super) fn run(runner: &Runner, input: Input<TrustPayload>) -> io::Result<u8> {
    runner.run("trust-root", "add", input, |request| Ok(trust_root::add(&runner.host, &request)?))
}
