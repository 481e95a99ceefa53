//! `gtc op extensions rollback`: restore the pack that the last update replaced.

use std::io;

use clap::Args;
use env_pack_domain::InstanceId;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::IdempotencyKey;
use crate::binding::parse_extension_key;
use crate::error::UsageError;
use crate::grammar::DescriptorOrPath;
use crate::input::Input;
use crate::parse::Payload;
use crate::runner::Runner;
use gtc_core::document::Text;
use gtc_core::ops::bind::{self, RollbackRequest};

/// An extension to roll back.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtensionRollbackPayload {
    /// Environment
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    /// Descriptor of the extension; `@<version>` is ignored
    #[arg(long, value_name = "DESCRIPTOR")]
    #[schemars(with = "Text<DescriptorOrPath>")]
    pub kind: String,
    /// Instance of the extension [default: the unnamed instance]
    #[arg(long, value_name = "ID")]
    #[serde(default)]
    #[schemars(with = "Option<Text<InstanceId>>")]
    pub instance_id: Option<String>,
    /// Also roll back all other instances of the extension
    #[arg(long)]
    #[serde(default)]
    pub all_instances: bool,
    /// Idempotency key
    #[command(flatten)]
    #[serde(default)]
    pub idempotency_key: IdempotencyKey,
}

impl Payload for ExtensionRollbackPayload {
    type Request = RollbackRequest;

    fn into_request(self) -> Result<RollbackRequest, UsageError> {
        Ok(RollbackRequest {
            environment: self.environment_id.parse()?,
            key: parse_extension_key(&self.kind, self.instance_id.as_deref())?,
            all_instances: self.all_instances,
            idempotency_key: self.idempotency_key.key,
        })
    }
}

pub(super) fn run(runner: &Runner, input: Input<ExtensionRollbackPayload>) -> io::Result<u8> {
    runner
        .run("extensions", "rollback", input, |request| Ok(bind::rollback(&runner.host, &request)?))
}
