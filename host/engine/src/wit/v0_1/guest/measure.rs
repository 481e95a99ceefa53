//! Measures instantiation and calls of a component.

use std::sync::Arc;

use env_pack_domain::{BindingContext, Call, ForeignText, Permissions};

use super::instance::{Instance, Linked};
use crate::context::EngineContext;
use crate::error::LoadError;
use crate::guest::state::Guest;
use crate::measurements::{HandlerMeasurements, measure};

/// Measures each call once, and adds the times.
pub(super) fn measure_calls(
    linked: &Linked,
    context: &Arc<EngineContext>,
    wasi: bool,
    measurements: &mut HandlerMeasurements,
) -> Result<(), LoadError> {
    let name = ForeignText::new("bench");
    let guest = Guest::new(context, name.clone(), None, wasi, context.limits.metadata_time);
    let (mut instance, time) = measure(|| Instance::start(linked, guest))?;
    measurements.instantiate.push(time);
    let (_, time) =
        measure(|| instance.call(Call::Slot, |handler, store| handler.call_slot(store).map(drop)))?;
    measurements.slot.push(time);
    let (_, time) = measure(|| {
        instance.call(Call::DescriptorPath, |handler, store| handler.call_descriptor_path(store))
    })?;
    measurements.descriptor_path.push(time);
    let (_, time) = measure(|| {
        instance
            .call(Call::SupportedVersions, |handler, store| handler.call_supported_versions(store))
    })?;
    measurements.supported_versions.push(time);
    let metadata_bytes = instance.store.data().memory_bytes();
    let binding = BindingContext {
        env_id: "local".parse().expect("it is a valid id"),
        instance_id: None,
        answers_json: "{}".to_owned(),
        grants: Permissions::default(),
    };
    let guest = Guest::new(context, name, Some(binding), wasi, context.limits.preflight_time);
    let mut instance = Instance::start(linked, guest)?;
    let (_, time) = measure(|| {
        instance.call(Call::Preflight, |handler, store| handler.call_preflight(store).map(drop))
    })?;
    measurements.preflight.push(time);
    let peak_bytes = metadata_bytes.max(instance.store.data().memory_bytes());
    measurements.memory_bytes = measurements.memory_bytes.max(peak_bytes);
    Ok(())
}
