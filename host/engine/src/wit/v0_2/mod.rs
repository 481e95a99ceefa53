//! Version 0.2 of the handler interface, which is not released.
//!
//! A slot is a text. All other types and all imports are those of version 0.1, so their
//! bindings are shared.

pub(super) mod bindings;
mod exports;
