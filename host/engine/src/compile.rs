//! Compiles components, in a worker if they are external, and caches the code.

use std::fs::File;
use std::io::Seek as _;
use std::os::fd::AsRawFd as _;
use std::path::PathBuf;
use std::time::Instant;

use env_pack_domain::{ForeignText, Sha256Digest};
use wasmtime::Precompiled;
use wasmtime::component::Component;

use super::compiled::CodeInventory;
use super::complexity;
use super::config::{COMPILER_STACK_BYTES, compiler_engine, validate_guest};
use super::error::LoadError;
use super::loader::{Engine, Provenance};
use super::stack;
use super::worker::launcher::Worker;

impl Engine {
    /// Returns the cached code of all components, if the engine has a cache.
    pub fn code_inventory(&self) -> Option<CodeInventory<'_>> {
        self.compiled.as_ref().map(|store| store.inventory(&self.wasmtime))
    }

    /// Returns a component from the cache, or compiles it.
    pub(super) fn load_or_compile(
        &self,
        bytes: &[u8],
        digest: &Sha256Digest,
        provenance: Provenance,
    ) -> Result<Component, LoadError> {
        match self.load_cached(digest)? {
            Some(component) => Ok(component),
            None => self.compile(bytes, digest, provenance),
        }
    }

    fn load_cached(&self, digest: &Sha256Digest) -> Result<Option<Component>, LoadError> {
        match &self.compiled {
            Some(store) => store.get(&self.wasmtime, digest),
            None => Ok(None),
        }
    }

    /// Compiles a component, and caches the code.
    pub(super) fn compile(
        &self,
        bytes: &[u8],
        digest: &Sha256Digest,
        provenance: Provenance,
    ) -> Result<Component, LoadError> {
        let _notice = (self.on_compile)(bytes.len());
        if provenance == Provenance::External {
            if self.worker != Worker::InProcess {
                let code = self.compile_in_worker(bytes, digest)?;
                return self.map_code(digest, &code);
            }
            complexity::check(bytes, &self.context.limits.complexity)?;
        }
        let started = Instant::now();
        let stack_bytes = self.context.limits.stack_bytes;
        let compiled = stack::run_with_stack(COMPILER_STACK_BYTES, || {
            validate_guest(bytes)?;
            compiler_engine(stack_bytes)
                .and_then(|engine| engine.precompile_component(bytes))
                .map_err(|error| format!("{error:#}"))
        });
        let code = compiled
            .map_err(|source| LoadError::Shortage {
                what: "start a thread for the compiler",
                source,
            })?
            .map_err(|reason| LoadError::Compile { reason: ForeignText::sentence(&reason) })?;
        log_compilation(digest, bytes, started);
        if let Some(store) = &self.compiled {
            store.put(&self.wasmtime, digest, &mut code.as_slice());
        }
        // SAFETY: an engine with the same settings has just compiled the code
        unsafe { Component::deserialize(&self.wasmtime, &code) }.map_err(LoadError::from_mapping)
    }

    /// Compiles a component in a worker, and caches the code. Returns the code in a sealed
    /// in-memory file.
    pub(super) fn compile_in_worker(
        &self,
        bytes: &[u8],
        digest: &Sha256Digest,
    ) -> Result<File, LoadError> {
        let limits = &self.context.limits;
        complexity::check(bytes, &limits.complexity)?;
        let budget = limits.compile.budget(bytes.len());
        let started = Instant::now();
        let mut code = self.worker.compile(bytes, &budget, limits.stack_bytes)?;
        log_compilation(digest, bytes, started);
        let detected = wasmtime::Engine::detect_precompiled_file(fd_path(&code));
        if !matches!(detected, Ok(Some(Precompiled::Component))) {
            return Err(LoadError::UnusableCode {
                reason: ForeignText::new("it is not a compiled component"),
            });
        }
        if let Some(store) = &self.compiled {
            code.rewind().map_err(|source| LoadError::Worker { source })?;
            store.put(&self.wasmtime, digest, &mut code);
        }
        Ok(code)
    }

    /// Maps the code that a worker compiled: from the cache, if it could be stored there.
    fn map_code(&self, digest: &Sha256Digest, code: &File) -> Result<Component, LoadError> {
        if let Some(component) = self.load_cached(digest)? {
            return Ok(component);
        }
        // SAFETY: a worker of this program compiled the code, the file is sealed, and the
        // engine checks that version and settings match. Whatever the compiler made of
        // hostile input is still code of the sandbox.
        unsafe { Component::deserialize_file(&self.wasmtime, fd_path(code)) }
            .map_err(LoadError::from_mapping)
    }
}

fn log_compilation(digest: &Sha256Digest, bytes: &[u8], started: Instant) {
    let time = started.elapsed().as_millis();
    tracing::info!("compiled component {digest} of {} bytes in {time} ms", bytes.len());
}

/// Returns a path to an open file that has no name.
fn fd_path(file: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}
