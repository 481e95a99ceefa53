//! The exports of a guest.

use env_pack_domain::{Call, CapabilitySlot, HandlerFault, ToolCheck};
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use super::bindings::{EnvPackHandler, EnvPackHandlerIndices};
use crate::guest::state::Guest;
use crate::wit::guest::exports::{handler_exports, parse};

handler_exports!(String, |slot: String| parse(Call::Slot, &slot));
