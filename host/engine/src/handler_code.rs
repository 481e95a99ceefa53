//! The compiled code of a handler that runs in this process.
//!
//! wasmtime keeps the file of mapped code open, because it maps the first content of each
//! memory from it. So code stays mapped while there are file descriptors to spare. The code
//! of further handlers is mapped for each operation, which takes some hundred microseconds.

use std::sync::Arc;

use env_pack_domain::abi::AbiVersion;
use env_pack_domain::{Call, ForeignText, HandlerFault, Sha256Digest, with_causes};
use wasmtime::component::Component;

use super::compiled::CompiledStore;
use super::error::LoadError;
use super::semaphore::Permit;
use super::wit::component::PreparedComponent;
use super::wit::select::Linkers;

/// The code of one handler.
pub(super) enum HandlerCode {
    /// It stays mapped.
    Mapped { prepared: Box<dyn PreparedComponent>, _permit: Permit },
    /// It is mapped for each operation.
    Unmapped(UnmappedCode),
}

/// Code that is not mapped, and everything that it takes to map it.
pub(super) struct UnmappedCode {
    pub engine: wasmtime::Engine,
    pub linkers: Arc<Linkers>,
    pub location: CodeLocation,
    pub version: AbiVersion,
    /// True if the component imports WASI.
    pub wasi: bool,
}

/// The place of code that is not mapped.
pub(super) enum CodeLocation {
    /// The cache.
    Store(Arc<CompiledStore>, Sha256Digest),
    /// Memory, because it could not be cached.
    Memory(Vec<u8>),
}

impl HandlerCode {
    /// Runs an operation with the mapped code.
    pub(crate) fn run<T, E: From<HandlerFault>>(
        &self,
        operation: impl FnOnce(&dyn PreparedComponent) -> Result<T, E>,
    ) -> Result<T, E> {
        match self {
            Self::Mapped { prepared, .. } => operation(prepared.as_ref()),
            Self::Unmapped(code) => operation(code.map().map_err(into_fault)?.as_ref()),
        }
    }
}

impl UnmappedCode {
    fn map(&self) -> Result<Box<dyn PreparedComponent>, LoadError> {
        let component = match &self.location {
            CodeLocation::Store(store, digest) => {
                store.get(&self.engine, digest)?.ok_or_else(|| HandlerFault::NotRun {
                    call: Call::Instantiate,
                    reason: ForeignText::new("its compiled code was removed from the cache"),
                })?
            }
            CodeLocation::Memory(code) => {
                // SAFETY: this engine serialized the code.
                unsafe { Component::deserialize(&self.engine, code) }
                    .map_err(LoadError::from_mapping)?
            }
        };
        self.linkers.prepare(self.version, self.wasi, &component)
    }
}

fn into_fault(error: LoadError) -> HandlerFault {
    match error {
        LoadError::Fault(fault) => fault,
        other => {
            let reason = ForeignText::new(with_causes(&other));
            HandlerFault::NotRun { call: Call::Instantiate, reason }
        }
    }
}
