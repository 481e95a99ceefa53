//! A host for env-packs: it loads their handlers as sandboxed WebAssembly components and
//! drives their bindings.
pub mod archive;
pub mod cli;
mod document;
pub mod engine;
pub mod fetch;
pub mod host;
pub mod limits;
pub mod ops;
mod process;
pub mod project;
pub mod scenario;
pub mod signing;
pub mod store;
mod whole;
