//! Write a handler of a Greentic env-pack in Rust.
//!
//! A handler declares the capability slot that it fills, its descriptor path and the
//! versions that it supports. Before a deployment, its preflight checks that the operator's
//! machine meets its requirements. It is compiled for `wasm32-wasip2` and runs in the
//! sandbox of `gtc`.
//!
//! ```
//! #![no_std]
//! # extern crate std;
//! use env_pack_sdk::{DescriptorPath, Handler, Slot, VersionReq, export};
//!
//! struct DevStore;
//!
//! impl Handler for DevStore {
//!     const SLOT: Slot = Slot::Secrets;
//!     const DESCRIPTOR_PATH: DescriptorPath = DescriptorPath::new("acme.secrets.dev-store");
//!     const SUPPORTED_VERSIONS: VersionReq = VersionReq::new("^0.1");
//! }
//!
//! export!(DevStore);
//! # fn main() {}
//! ```
//!
//! The SDK is `no_std`: it provides the allocator, and a panic handler that logs the
//! message before it traps. A guest that needs the standard library enables the feature
//! `std`. On other targets than WebAssembly the SDK uses the standard library, so that
//! `cargo check` and `cargo test` work on any machine; `testing::Scripted` then replaces
//! the host ([`tools`], [`network`], [`binding`], [`log`]).
#![no_std]

extern crate alloc;
#[cfg(any(feature = "std", not(target_family = "wasm")))]
extern crate std;

mod answers;
#[doc(hidden)]
pub mod bindings;
pub mod checks;
mod descriptor_path;
mod handler;
mod host;
mod json;
#[doc(hidden)]
pub mod limits;
#[doc(hidden)]
pub mod permissions;
#[cfg(target_family = "wasm")]
mod runtime;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
mod version_req;

pub use answers::Answers;
pub use bindings::greentic::env_pack::types::{
    CapabilitySlot as Slot, Missing, Outcome, ProbeError, Recoverable, ToolCheck, VersionMismatch,
};
pub use descriptor_path::DescriptorPath;
#[doc(hidden)]
pub use handler::Exported;
pub use handler::Handler;
pub use host::{binding, log, network, tools};
pub use version_req::VersionReq;
