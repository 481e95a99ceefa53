//! Arguments, prompts and reports that `gtc op env-packs` and `gtc op extensions` share.

pub(crate) mod list;
pub(crate) mod report;
pub(crate) mod update;

use env_pack_domain::{BindingKey, CapabilitySlot, CoreSlot, ForeignText, InstanceId, PackRef};

use super::error::UsageError;
use super::grammar::DescriptorOrPath;
use super::parse::{parse_argument, parse_pack_ref};

pub(crate) fn core_slots() -> Vec<String> {
    CoreSlot::all().map(|slot| slot.to_string()).collect()
}

/// Parses a reference to a pack to bind. Its absolute path must be UTF-8, because it is
/// written to `environment.json`.
pub(crate) fn parse_binding_ref(text: &str) -> Result<PackRef, UsageError> {
    match parse_pack_ref("pack_ref", text)? {
        PackRef::File(path)
            if !path.starts_with("file://") && !std::path::Path::new(&path).is_absolute() =>
        {
            let absolute = std::path::absolute(&path)
                .map_err(|error| UsageError::from_error("pack_ref", &error))?;
            let reason = format!("`{}` is not UTF-8", ForeignText::new(absolute.to_string_lossy()));
            Err(UsageError::new("pack_ref", reason))
        }
        pack_ref => Ok(pack_ref),
    }
}

pub(crate) fn parse_core_slot(text: &str) -> Result<CoreSlot, UsageError> {
    let slot: CapabilitySlot = parse_argument("slot", text)?;
    CoreSlot::try_from(slot).map_err(|error| UsageError::from_error("slot", &error).into_refusal())
}

pub(crate) fn parse_instance(text: Option<&str>) -> Result<Option<InstanceId>, UsageError> {
    text.map(|text| parse_argument("instance_id", text)).transpose()
}

pub(crate) fn parse_extension_key(
    kind: &str,
    instance_id: Option<&str>,
) -> Result<BindingKey, UsageError> {
    Ok(BindingKey::Extension {
        path: parse_argument::<DescriptorOrPath>("kind", kind)?.0,
        instance: parse_instance(instance_id)?,
    })
}
