//! `gtc op messaging endpoint link-bundle` and `unlink-bundle`: the bundles whose flows an
//! endpoint reaches.

use std::io;

use clap::Args;
use env_pack_domain::messaging::BundleId;
use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::{
    BundleArg, ChangeArguments, EndpointArg, IfEndpointGeneration, NOUN, UpdatedBy,
};
use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::{IdempotencyKey, IfRevision};
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::Payload;
use crate::runner::Runner;
use gtc_core::ops::messaging::{self, EndpointChange};

/// A bundle to link to an endpoint, or to unlink.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkPayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    #[command(flatten)]
    pub endpoint_id: EndpointArg,
    #[command(flatten)]
    pub bundle_id: BundleArg,
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

impl Payload for LinkPayload {
    type Request = (ChangeArguments, BundleId);

    fn into_request(self) -> Result<Self::Request, UsageError> {
        let bundle = self.bundle_id.parse()?;
        let arguments = ChangeArguments {
            environment: self.environment_id,
            endpoint: self.endpoint_id,
            updated_by: self.updated_by,
            if_generation: self.if_generation,
            idempotency_key: self.idempotency_key,
            if_revision: self.if_revision,
        };
        Ok((arguments, bundle))
    }
}

pub(super) fn run_link(runner: &Runner, input: Input<LinkPayload>) -> io::Result<u8> {
    runner.run(NOUN, "link-bundle", input, |(arguments, bundle)| {
        let request = arguments.into_request(EndpointChange::LinkBundle(bundle))?;
        Ok(messaging::change(&runner.host, &request)?)
    })
}

pub(super) fn run_unlink(runner: &Runner, input: Input<LinkPayload>) -> io::Result<u8> {
    runner.run(NOUN, "unlink-bundle", input, |(arguments, bundle)| {
        let request = arguments.into_request(EndpointChange::UnlinkBundle(bundle))?;
        Ok(messaging::change(&runner.host, &request)?)
    })
}
