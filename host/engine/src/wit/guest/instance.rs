//! An instance of a component in its own store.

use std::io;

use env_pack_domain::{Call, ForeignText, HandlerFault};
use tokio::runtime::EnterGuard;
use wasmtime::Store;
use wasmtime::component::InstancePre;

use super::exports::HandlerExports;
use crate::error::LoadError;
use crate::guest::state::Guest;
use crate::guest::store::new_store;
use crate::wasi::runtime;

/// A component whose imports are linked.
pub(super) struct Linked<E: HandlerExports> {
    pub pre: InstancePre<Guest>,
    pub indices: E::Indices,
}

/// A running instance.
pub(super) struct Instance<E> {
    pub store: Store<Guest>,
    exports: E,
    /// Only if the component imports WASI.
    _runtime: Option<EnterGuard<'static>>,
}

impl<E: HandlerExports> Instance<E> {
    pub(super) fn start(linked: &Linked<E>, guest: Guest) -> Result<Self, LoadError> {
        let runtime = guest.wasi.is_some().then(runtime::enter).transpose().map_err(not_run)?;
        let mut store = new_store(linked.pre.engine(), guest);
        let instance =
            linked.pre.instantiate(&mut store).map_err(|error| store.data().fault(&error))?;
        store.data().check_deadline()?;
        // only here does the engine check the types of the exports
        let exports = E::load(&linked.indices, &mut store, &instance)
            .map_err(|error| type_mismatch(&error))?;
        Ok(Self { store, exports, _runtime: runtime })
    }

    /// Makes a call to the handler interface.
    pub(super) fn call<T>(
        &mut self,
        call: Call,
        run: impl FnOnce(&E, &mut Store<Guest>) -> wasmtime::Result<T>,
    ) -> Result<T, HandlerFault> {
        self.store.data_mut().call = call;
        let answer =
            run(&self.exports, &mut self.store).map_err(|error| self.store.data().fault(&error))?;
        self.store.data().check_deadline()?;
        Ok(answer)
    }
}

fn not_run(error: io::Error) -> HandlerFault {
    let reason = ForeignText::new(format!("could not start a thread for its sleeps: {error}"));
    HandlerFault::NotRun { call: Call::Instantiate, reason }
}

/// Returns the error of a component whose types differ from the interface.
pub(super) fn type_mismatch(error: &wasmtime::Error) -> LoadError {
    LoadError::Interface { reason: ForeignText::sentence(&format!("{error:#}")) }
}
