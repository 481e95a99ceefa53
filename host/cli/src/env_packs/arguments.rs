//! Arguments of `gtc op env-packs`.

use env_pack_domain::{CapabilitySlot, CoreSlot, PackDescriptor};

use crate::args::shared_arguments;
use crate::error::UsageError;
use crate::grammar::NewPackRef;
use crate::parse::parse_argument;
use gtc_core::document::Text;

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
