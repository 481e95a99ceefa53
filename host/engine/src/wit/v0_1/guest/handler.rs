//! Interface `handler`: metadata and preflight.

use std::str::FromStr;
use std::sync::Arc;

use env_pack_domain::{Call, DescriptorPath, ForeignText, HandlerFault, ToolCheck};
use wasmtime::component::{Component, Linker};

use super::instance::{Instance, Linked, type_mismatch};
use super::measure::measure_calls;
use crate::context::EngineContext;
use crate::error::LoadError;
use crate::guest::state::Guest;
use crate::measurements::HandlerMeasurements;
use crate::wit::component::{HandlerMetadata, PreparedComponent};
use crate::wit::v0_1::bindings::EnvPackHandlerIndices;

/// Links the imports of a component, and finds its exports.
pub(in crate::wit) fn prepare(
    linker: &Linker<Guest>,
    component: &Component,
) -> Result<Linked, LoadError> {
    let pre = linker.instantiate_pre(component).map_err(|error| type_mismatch(&error))?;
    let indices = EnvPackHandlerIndices::new(&pre).map_err(|error| type_mismatch(&error))?;
    Ok(Linked { pre, indices })
}

impl PreparedComponent for Linked {
    fn query_metadata(&self, guest: Guest) -> Result<HandlerMetadata, LoadError> {
        let mut instance = Instance::start(self, guest)?;
        let slot = instance.call(Call::Slot, |handler, store| handler.call_slot(store))?;
        let path = instance
            .call(Call::DescriptorPath, |handler, store| handler.call_descriptor_path(store))?;
        let descriptor_path: DescriptorPath = parse(Call::DescriptorPath, &path)?;
        instance.store.data_mut().handler = ForeignText::new(descriptor_path.as_str());
        let versions = instance.call(Call::SupportedVersions, |handler, store| {
            handler.call_supported_versions(store)
        })?;
        let supported_versions = parse(Call::SupportedVersions, &versions)?;
        Ok(HandlerMetadata { slot: slot.into(), descriptor_path, supported_versions })
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
        let checks =
            instance.call(Call::Preflight, |handler, store| handler.call_preflight(store))?;
        Ok(checks.into_iter().map(ToolCheck::from).collect())
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

fn parse<T: FromStr<Err: ToString>>(call: Call, text: &str) -> Result<T, HandlerFault> {
    text.parse().map_err(|error: T::Err| {
        let reason = format!("`{}`: {}", ForeignText::excerpt(text), error.to_string());
        HandlerFault::WrongShape { call, reason: ForeignText::new(reason) }
    })
}
