//! An instance of a component in its own store.

use env_pack_domain::{Call, ForeignText, HandlerFault};
use wasmtime::Store;
use wasmtime::component::InstancePre;

use crate::error::LoadError;
use crate::guest::state::Guest;
use crate::guest::store::new_store;
use crate::wit::v0_1::bindings::exports::greentic::env_pack::handler::Guest as Handler;
use crate::wit::v0_1::bindings::{EnvPackHandler, EnvPackHandlerIndices};

/// A component whose imports are linked.
pub(in crate::wit) struct Linked {
    pub pre: InstancePre<Guest>,
    pub indices: EnvPackHandlerIndices,
}

/// A running instance.
pub(super) struct Instance {
    pub store: Store<Guest>,
    bindings: EnvPackHandler,
}

impl Instance {
    pub(super) fn start(linked: &Linked, guest: Guest) -> Result<Self, LoadError> {
        let mut store = new_store(linked.pre.engine(), guest);
        let instance =
            linked.pre.instantiate(&mut store).map_err(|error| store.data().fault(&error))?;
        store.data().check_deadline()?;
        // only here does the engine check the types of the exports
        let bindings =
            linked.indices.load(&mut store, &instance).map_err(|error| type_mismatch(&error))?;
        Ok(Self { store, bindings })
    }

    /// Makes a call to the handler interface.
    pub(super) fn call<T>(
        &mut self,
        call: Call,
        run: impl FnOnce(&Handler, &mut Store<Guest>) -> wasmtime::Result<T>,
    ) -> Result<T, HandlerFault> {
        self.store.data_mut().call = call;
        let handler = self.bindings.greentic_env_pack_handler();
        let answer =
            run(handler, &mut self.store).map_err(|error| self.store.data().fault(&error))?;
        self.store.data().check_deadline()?;
        Ok(answer)
    }
}

/// Returns the error of a component whose types differ from the interface.
pub(super) fn type_mismatch(error: &wasmtime::Error) -> LoadError {
    LoadError::Interface { reason: ForeignText::sentence(&format!("{error:#}")) }
}
