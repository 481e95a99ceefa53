//! Selects the bindings of a version.

use env_pack_domain::abi::AbiVersion;
use wasmtime::component::{Component, Linker};

use super::component::PreparedComponent;
use super::guest::handler;
use super::{v0_1, v0_2};
use crate::error::LoadError;
use crate::guest::state::Guest;
use crate::wasi;

/// Creates a linker with the host interfaces of all versions, and WASI if needed.
pub(crate) fn new_linker(engine: &wasmtime::Engine, wasi: bool) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    v0_1::bindings::add_to_linker(&mut linker)?;
    v0_2::bindings::add_to_linker(&mut linker)?;
    if wasi {
        wasi::link::add_to_linker(&mut linker)?;
    }
    Ok(linker)
}

/// The linkers of an engine.
pub(crate) struct Linkers {
    without_wasi: Linker<Guest>,
    with_wasi: Linker<Guest>,
}

impl Linkers {
    pub(crate) fn new(engine: &wasmtime::Engine) -> wasmtime::Result<Self> {
        Ok(Self { without_wasi: new_linker(engine, false)?, with_wasi: new_linker(engine, true)? })
    }

    /// Links the imports of a component, as [`prepare`] does.
    pub(crate) fn prepare(
        &self,
        version: AbiVersion,
        wasi: bool,
        component: &Component,
    ) -> Result<Box<dyn PreparedComponent>, LoadError> {
        let linker = if wasi { &self.with_wasi } else { &self.without_wasi };
        prepare(version, linker, component)
    }
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
        AbiVersion::V0_1 => handler::prepare::<v0_1::bindings::EnvPackHandler>(linker, component),
        AbiVersion::V0_2 => handler::prepare::<v0_2::bindings::EnvPackHandler>(linker, component),
    }
}
