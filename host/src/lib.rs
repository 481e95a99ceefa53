//! A host for env-packs: loads their handlers as sandboxed WebAssembly components and binds
//! them to environments.
#![cfg_attr(test, expect(clippy::disallowed_methods, reason = "tests prepare files directly"))]
pub mod archive;
pub mod cli;
mod document;
pub mod engine;
pub mod fetch;
pub mod host;
pub mod limits;
pub mod ops;
pub mod project;
pub mod scenario;
pub mod signing;
pub mod store;
