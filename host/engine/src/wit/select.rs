//! Selects the bindings of a version.

use env_pack_domain::abi::AbiVersion;
use wasmtime::component::{Component, Linker};

use super::component::PreparedComponent;
use super::v0_1;
use crate::error::LoadError;
use crate::guest::state::Guest;
use crate::wasi;

/// Creates a linker with the host interfaces of all versions, and WASI if needed.
pub(crate) fn new_linker(engine: &wasmtime::Engine, wasi: bool) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    v0_1::bindings::add_to_linker(&mut linker)?;
    if wasi {
        wasi::link::add_to_linker(&mut linker)?;
    }
    Ok(linker)
}

/// Links the imports of a component of this version.
///
/// # Errors
/// [`LoadError::Interface`] when imports or exports have other types.
pub(crate) fn prepare(
    version: AbiVersion,
    linker: &Linker<Guest>,
    component: &Component,
) -> Result<Box<dyn PreparedComponent>, LoadError> {
    match version {
        AbiVersion::V0_1 => Ok(Box::new(v0_1::guest::handler::prepare(linker, component)?)),
    }
}
