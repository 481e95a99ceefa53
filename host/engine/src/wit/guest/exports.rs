//! The calls of the handler interface. Each version implements them with its own bindings.

use std::str::FromStr;

use env_pack_domain::{Call, CapabilitySlot, ForeignText, HandlerFault, ToolCheck};
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use crate::guest::state::Guest;

/// The exports of an instance, in one version of the interface.
pub(in crate::wit) trait HandlerExports: Sized {
    /// The positions of the exports in a component.
    type Indices: Send + Sync;
    /// The type of a slot in this version.
    type Slot;

    /// Finds the exports of a component.
    fn indices(component: &InstancePre<Guest>) -> wasmtime::Result<Self::Indices>;

    /// Finds the exports of an instance, and checks their types.
    fn load(
        indices: &Self::Indices,
        store: &mut Store<Guest>,
        instance: &Instance,
    ) -> wasmtime::Result<Self>;

    fn slot(&self, store: &mut Store<Guest>) -> wasmtime::Result<Self::Slot>;

    /// Converts a slot into one of the closed list.
    fn into_domain(slot: Self::Slot) -> Result<CapabilitySlot, HandlerFault>;

    fn descriptor_path(&self, store: &mut Store<Guest>) -> wasmtime::Result<String>;

    fn supported_versions(&self, store: &mut Store<Guest>) -> wasmtime::Result<String>;

    fn preflight(&self, store: &mut Store<Guest>) -> wasmtime::Result<Vec<ToolCheck>>;
}

/// Implements [`HandlerExports`] for the bindings in scope, whose versions differ in the type
/// of a slot.
macro_rules! handler_exports {
    ($slot:ty, $into_domain:expr) => {
        impl $crate::wit::guest::exports::HandlerExports for EnvPackHandler {
            type Indices = EnvPackHandlerIndices;
            type Slot = $slot;

            fn indices(component: &InstancePre<Guest>) -> wasmtime::Result<Self::Indices> {
                EnvPackHandlerIndices::new(component)
            }

            fn load(
                indices: &Self::Indices,
                store: &mut Store<Guest>,
                instance: &Instance,
            ) -> wasmtime::Result<Self> {
                indices.load(store, instance)
            }

            fn slot(&self, store: &mut Store<Guest>) -> wasmtime::Result<Self::Slot> {
                self.greentic_env_pack_handler().call_slot(store)
            }

            fn into_domain(slot: Self::Slot) -> Result<CapabilitySlot, HandlerFault> {
                $into_domain(slot)
            }

            fn descriptor_path(&self, store: &mut Store<Guest>) -> wasmtime::Result<String> {
                self.greentic_env_pack_handler().call_descriptor_path(store)
            }

            fn supported_versions(&self, store: &mut Store<Guest>) -> wasmtime::Result<String> {
                self.greentic_env_pack_handler().call_supported_versions(store)
            }

            fn preflight(&self, store: &mut Store<Guest>) -> wasmtime::Result<Vec<ToolCheck>> {
                let checks = self.greentic_env_pack_handler().call_preflight(store)?;
                Ok(checks.into_iter().map(ToolCheck::from).collect())
            }
        }
    };
}

pub(in crate::wit) use handler_exports;

/// Parses the answer of a call.
pub(in crate::wit) fn parse<T: FromStr<Err: ToString>>(
    call: Call,
    text: &str,
) -> Result<T, HandlerFault> {
    text.parse().map_err(|error: T::Err| {
        let reason = format!("`{}`: {}", ForeignText::excerpt(text), error.to_string());
        HandlerFault::WrongShape { call, reason: ForeignText::new(reason) }
    })
}
