//! Interface `handler`: metadata and preflight.

use std::sync::Arc;

use env_pack_domain::{Call, DescriptorPath, ForeignText, HandlerFault, ToolCheck};
use wasmtime::component::{Component, Linker};

use super::exports::{HandlerExports, parse};
use super::instance::{Instance, Linked, type_mismatch};
use super::measure::measure_calls;
use crate::context::EngineContext;
use crate::error::LoadError;
use crate::guest::state::Guest;
use crate::measurements::HandlerMeasurements;
use crate::wit::component::{HandlerMetadata, PreparedComponent};

/// Links the imports of a component, and finds its exports.
pub(in crate::wit) fn prepare<E: HandlerExports + 'static>(
    linker: &Linker<Guest>,
    component: &Component,
) -> Result<Box<dyn PreparedComponent>, LoadError> {
    let pre = linker.instantiate_pre(component).map_err(|error| type_mismatch(&error))?;
    let indices = E::indices(&pre).map_err(|error| type_mismatch(&error))?;
    Ok(Box::new(Linked::<E> { pre, indices }))
}

impl<E: HandlerExports> PreparedComponent for Linked<E> {
    fn query_metadata(&self, guest: Guest) -> Result<HandlerMetadata, LoadError> {
        let mut instance = Instance::start(self, guest)?;
        let slot = E::into_domain(instance.call(Call::Slot, E::slot)?)?;
        let path = instance.call(Call::DescriptorPath, E::descriptor_path)?;
        let descriptor_path: DescriptorPath = parse(Call::DescriptorPath, &path)?;
        instance.store.data_mut().handler = ForeignText::new(descriptor_path.as_str());
        let versions = instance.call(Call::SupportedVersions, E::supported_versions)?;
        let supported_versions = parse(Call::SupportedVersions, &versions)?;
        Ok(HandlerMetadata { slot, descriptor_path, supported_versions })
    }

    fn preflight(&self, guest: Guest) -> Result<Vec<ToolCheck>, HandlerFault> {
        let mut instance = Instance::start(self, guest).map_err(|error| match error {
            LoadError::Fault(fault) => fault,
            // cannot happen, because its types were right when it was loaded
            other => HandlerFault::WrongShape {
                call: Call::Instantiate,
                reason: ForeignText::new(other.to_string()),
            },
        })?;
        instance.call(Call::Preflight, E::preflight)
    }

    fn measure(
        &self,
        context: &Arc<EngineContext>,
        wasi: bool,
        measurements: &mut HandlerMeasurements,
    ) -> Result<(), LoadError> {
        measure_calls(self, context, wasi, measurements)
    }
}
