//! `gtc op messaging endpoint set-welcome-flow`: the flow that runs on first contact.

use std::io;

use clap::Args;
use env_pack_domain::PackId;
use env_pack_domain::messaging::{BundleId, FlowId, WelcomeFlow};
use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::{ChangeArguments, EndpointArg, IfEndpointGeneration, NOUN, UpdatedBy};
use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::{IdempotencyKey, IfRevision};
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::{Payload, parse_argument};
use crate::runner::Runner;
use gtc_core::document::Text;
use gtc_core::ops::messaging::{self, EndpointChange, EndpointRequest};

/// A welcome flow to set, or to remove.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WelcomeFlowPayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    #[command(flatten)]
    pub endpoint_id: EndpointArg,
    /// Linked bundle of the flow
    #[arg(long, value_name = "ID")]
    #[serde(default)]
    #[schemars(with = "Option<Text<BundleId>>")]
    pub bundle_id: Option<String>,
    /// Pack of the bundle
    #[arg(long, value_name = "ID")]
    #[serde(default)]
    #[schemars(with = "Option<Text<PackId>>")]
    pub pack_id: Option<String>,
    /// Flow of the pack
    #[arg(long, value_name = "ID")]
    #[serde(default)]
    #[schemars(with = "Option<Text<FlowId>>")]
    pub flow_id: Option<String>,
    /// Remove the welcome flow
    #[arg(long, conflicts_with_all = ["bundle_id", "pack_id", "flow_id"])]
    #[serde(default)]
    pub clear: bool,
    #[command(flatten)]
    #[serde(default)]
    pub updated_by: UpdatedBy,
    #[command(flatten)]
    #[serde(default)]
    pub if_generation: IfEndpointGeneration,
    #[command(flatten)]
    #[serde(default)]
    pub idempotency_key: IdempotencyKey,
    #[command(flatten)]
    #[serde(default)]
    pub if_revision: IfRevision,
}

impl Payload for WelcomeFlowPayload {
    type Request = EndpointRequest;

    fn into_request(self) -> Result<EndpointRequest, UsageError> {
        let flow = match (&self.bundle_id, &self.pack_id, &self.flow_id, self.clear) {
            (None, None, None, true) => None,
            (Some(bundle), Some(pack), Some(flow), false) => Some(WelcomeFlow {
                bundle_id: parse_argument("bundle_id", bundle)?,
                pack_id: parse_argument("pack_id", pack)?,
                flow_id: parse_argument("flow_id", flow)?,
            }),
            _ => {
                return Err(UsageError::new(
                    "flow_id",
                    "name the flow with `--bundle-id`, `--pack-id` and `--flow-id`, or remove it \
                     with `--clear`",
                ));
            }
        };
        let arguments = ChangeArguments {
            environment: self.environment_id,
            endpoint: self.endpoint_id,
            updated_by: self.updated_by,
            if_generation: self.if_generation,
            idempotency_key: self.idempotency_key,
            if_revision: self.if_revision,
        };
        arguments.into_request(EndpointChange::SetWelcomeFlow(flow))
    }
}

pub(super) fn run(runner: &Runner, input: Input<WelcomeFlowPayload>) -> io::Result<u8> {
    runner.run(NOUN, "set-welcome-flow", input, |request| {
        Ok(messaging::change(&runner.host, &request)?)
    })
}
