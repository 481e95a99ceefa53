//! The exports of a guest.

use env_pack_domain::{CapabilitySlot, HandlerFault, ToolCheck};
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use super::bindings::greentic::env_pack::types;
use super::bindings::{EnvPackHandler, EnvPackHandlerIndices};
use crate::guest::state::Guest;
use crate::wit::guest::exports::handler_exports;

handler_exports!(types::CapabilitySlot, |slot: types::CapabilitySlot| Ok(slot.into()));
