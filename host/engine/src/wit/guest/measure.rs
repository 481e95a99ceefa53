//! Measures instantiation and calls of a component.

use std::sync::Arc;

use env_pack_domain::{BindingContext, Call, ForeignText, Permissions};

use super::exports::HandlerExports;
use super::instance::{Instance, Linked};
use crate::context::EngineContext;
use crate::error::LoadError;
use crate::guest::state::Guest;
use crate::measurements::{HandlerMeasurements, measure};

/// Measures each call once, and adds the times.
pub(super) fn measure_calls<E: HandlerExports>(
    linked: &Linked<E>,
    context: &Arc<EngineContext>,
    wasi: bool,
    measurements: &mut HandlerMeasurements,
) -> Result<(), LoadError> {
    let name = ForeignText::new("bench");
    let guest = Guest::new(context, name.clone(), None, wasi, context.limits.metadata_time);
    let (mut instance, time) = measure(|| Instance::start(linked, guest))?;
    measurements.instantiate.push(time);
    let (_, time) = measure(|| instance.call(Call::Slot, E::slot))?;
    measurements.slot.push(time);
    let (_, time) = measure(|| instance.call(Call::DescriptorPath, E::descriptor_path))?;
    measurements.descriptor_path.push(time);
    let (_, time) = measure(|| instance.call(Call::SupportedVersions, E::supported_versions))?;
    measurements.supported_versions.push(time);
    let metadata_bytes = instance.store.data().memory_bytes();
    let binding = BindingContext {
        env_id: "local".parse().expect("it is a valid id"),
        instance_id: None,
        answers_json: "{}".to_owned(),
        grants: Permissions::default(),
        declared: Permissions::default(),
    };
    let guest = Guest::new(context, name, Some(binding), wasi, context.limits.preflight_time);
    let mut instance = Instance::start(linked, guest)?;
    let (_, time) = measure(|| instance.call(Call::Preflight, E::preflight))?;
    measurements.preflight.push(time);
    let peak_bytes = metadata_bytes.max(instance.store.data().memory_bytes());
    measurements.memory_bytes = measurements.memory_bytes.max(peak_bytes);
    Ok(())
}
