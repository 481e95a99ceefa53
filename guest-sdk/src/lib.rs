//! Write a handler of a Greentic env-pack in Rust.
//!
//! A handler says which capability slot it fills, under which descriptor path and for
//! which versions, and checks before anything is deployed that the operator's machine has
//! what it needs. It is compiled for `wasm32-wasip2` and runs in the sandbox of `gtc`.
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
//! The SDK is `no_std`: it brings the allocator, and a panic handler that tells the host
//! the message before it traps. A guest that needs the standard library turns on the
//! feature `std`. Outside WebAssembly the SDK builds with the standard library, so
//! that `cargo check` and `cargo test` work on any machine; `testing::Scripted` then
//! stands for the host ([`tools`], [`network`], [`binding`], [`log`]).
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
