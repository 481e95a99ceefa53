//! `gtc op extensions remove`: unbind an extension; this cannot be rolled back.

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
use gtc_core::ops::bind::{self, RemoveRequest};

/// An extension to unbind.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtensionRemovePayload {
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
    /// Idempotency key
    #[command(flatten)]
    #[serde(default)]
    pub idempotency_key: IdempotencyKey,
}

impl Payload for ExtensionRemovePayload {
    type Request = RemoveRequest;

    fn into_request(self) -> Result<RemoveRequest, UsageError> {
        Ok(RemoveRequest {
            environment: self.environment_id.parse()?,
            key: parse_extension_key(&self.kind, self.instance_id.as_deref())?,
            idempotency_key: self.idempotency_key.key,
        })
    }
}

pub(super) fn run(runner: &Runner, input: Input<ExtensionRemovePayload>) -> io::Result<u8> {
    runner.run("extensions", "remove", input, |request| Ok(bind::remove(&runner.host, &request)?))
}
