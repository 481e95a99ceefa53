//! Version 0.1 of the handler interface.

pub(super) mod bindings;
mod convert;
mod exports;
mod host;
