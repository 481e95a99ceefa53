//! A guest while it runs one operation: the data of its wasmtime store, its limits, and
//! the faults that end it.

pub(super) mod fault;
mod limiter;
pub(super) mod state;
pub(super) mod store;
