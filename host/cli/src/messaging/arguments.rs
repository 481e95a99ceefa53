//! Arguments that several verbs of `gtc op messaging endpoint` share.

use env_pack_domain::DisplayName;
use env_pack_domain::messaging::{BundleId, EndpointId, SecretRef};

use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::{IdempotencyKey, IfRevision};
use crate::args::shared_arguments;
use crate::error::UsageError;
use crate::parse::{parse_argument, parse_optional};
use gtc_core::document::Text;
use gtc_core::ops::messaging::{EndpointChange, EndpointRequest};

/// The noun of the commands in reports, as the existing tools name it.
pub(super) const NOUN: &str = "messaging.endpoint";

shared_arguments! {
    /// Id of the endpoint
    #[arg(long, value_name = "ID")]
    #[schemars(with = "Text<EndpointId>")]
    EndpointArg { endpoint_id: String }

    /// Id of the bundle
    #[arg(long, value_name = "ID")]
    #[schemars(with = "Text<BundleId>")]
    BundleArg { bundle_id: String }

    /// Fail unless the endpoint has this generation
    #[arg(long, value_name = "N")]
    IfEndpointGeneration { if_generation: Option<u64> }

    /// Name to store as the one who made the change [default: the user]
    #[arg(long, value_name = "NAME")]
    #[schemars(with = "Option<Text<DisplayName>>")]
    UpdatedBy { updated_by: Option<String> }
}

impl EndpointArg {
    pub(super) fn parse(&self) -> Result<EndpointId, UsageError> {
        parse_argument("endpoint_id", self)
    }
}

impl BundleArg {
    pub(super) fn parse(&self) -> Result<BundleId, UsageError> {
        parse_argument("bundle_id", self)
    }
}

impl UpdatedBy {
    pub(super) fn parse(&self) -> Result<Option<String>, UsageError> {
        let name = parse_optional::<DisplayName>("updated_by", self.as_deref())?;
        Ok(name.map(|name| name.as_str().to_owned()))
    }
}

/// Parses a reference to a secret. The error does not show the text, which may be the secret.
pub(super) fn parse_secret(argument: &'static str, text: &str) -> Result<SecretRef, UsageError> {
    parse_argument(argument, text)
}

/// The arguments of every change of an endpoint.
pub(crate) struct ChangeArguments {
    pub environment: EnvironmentArg,
    pub endpoint: EndpointArg,
    pub updated_by: UpdatedBy,
    pub if_generation: IfEndpointGeneration,
    pub idempotency_key: IdempotencyKey,
    pub if_revision: IfRevision,
}

impl ChangeArguments {
    pub(super) fn into_request(
        self,
        change: EndpointChange,
    ) -> Result<EndpointRequest, UsageError> {
        Ok(EndpointRequest {
            environment: self.environment.parse()?,
            endpoint: self.endpoint.parse()?,
            change,
            updated_by: self.updated_by.parse()?,
            if_generation: *self.if_generation,
            idempotency_key: self.idempotency_key.key,
            if_revision: *self.if_revision,
        })
    }
}
