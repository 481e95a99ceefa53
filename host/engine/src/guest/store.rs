//! Creates the store of one operation.

use wasmtime::{Engine, Store};

use super::state::Guest;

/// Creates a store with all limits in force, before any code of the guest runs.
pub(crate) fn new_store(engine: &Engine, guest: Guest) -> Store<Guest> {
    let copied_bytes = guest.limits().copied_bytes;
    let handles = guest.limits().handles;
    let mut store = Store::new(engine, guest);
    store.limiter(|guest| guest);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|mut store| Ok(store.data_mut().on_epoch()));
    store.set_hostcall_fuel(copied_bytes);
    store.set_max_component_handles(handles);
    store
}
