//! Arguments of `gtc op env-packs`.

use clap::Args;
use env_pack_domain::{BindingKey, CapabilitySlot, CoreSlot, PackDescriptor};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::{IdempotencyKey, IfGeneration};
use crate::args::shared_arguments;
use crate::error::UsageError;
use crate::grammar::NewPackRef;
use crate::parse::{Payload, parse_argument};
use gtc_core::document::Text;
use gtc_core::ops::bind::RemoveRequest;

shared_arguments! {
    /// Slot
    #[arg(long, help = format!("Slot: {}", core_slots().join(", ")))]
    #[schemars(extend("enum" = core_slots()))]
    SlotArg { slot: String }

    /// Descriptor to bind it as: `<namespace>.<slot>.<implementation>@<version>`
    #[arg(long, value_name = "DESCRIPTOR")]
    #[schemars(with = "Text<PackDescriptor>")]
    KindArg { kind: String }

    /// Pack: a path, `file://…`, `oci://…`, or the name of a built-in
    #[arg(long, value_name = "REF")]
    #[schemars(with = "Text<NewPackRef>")]
    PackRefArg { pack_ref: String }
}

fn core_slots() -> Vec<String> {
    CoreSlot::all().map(|slot| slot.to_string()).collect()
}

impl SlotArg {
    pub(super) fn parse(&self) -> Result<CoreSlot, UsageError> {
        let slot: CapabilitySlot = parse_argument("slot", self)?;
        CoreSlot::try_from(slot)
            .map_err(|error| UsageError::from_error("slot", &error).into_refusal())
    }
}

/// A slot to unbind or to roll back.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PackRemovePayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    #[command(flatten)]
    pub slot: SlotArg,
    #[command(flatten)]
    #[serde(default)]
    pub if_generation: IfGeneration,
    #[command(flatten)]
    #[serde(default)]
    pub idempotency_key: IdempotencyKey,
}

impl Payload for PackRemovePayload {
    type Request = RemoveRequest;

    fn into_request(self) -> Result<RemoveRequest, UsageError> {
        Ok(RemoveRequest {
            environment: self.environment_id.parse()?,
            key: BindingKey::Slot(self.slot.parse()?),
            if_generation: *self.if_generation,
            idempotency_key: self.idempotency_key.key,
        })
    }
}
