//! The bindings that wasmtime generates from the WIT.

use wasmtime::component::{HasSelf, Linker};

use crate::guest::state::Guest;

wasmtime::component::bindgen!({
    path: "../../wit/env-pack/0.1.0",
    world: "env-pack-handler",
    imports: { default: trappable },
});

/// Adds the host interfaces to a linker.
pub(in crate::wit) fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    EnvPackHandler::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)
}
