//! The rules of env-packs, as values and pure functions:
//!
//! - slots, descriptors, references and digests: parsed types ([`CapabilitySlot`],
//!   [`PackDescriptor`], [`PackRef`], [`OciRef`], [`Sha256Digest`], …);
//! - [`Environment`], [`Binding`] and its [`Pin`], and how bindings [`change`];
//! - [`Registry`], which resolves a descriptor to an [`EnvPackHandler`];
//! - [`messaging`] endpoints, and how they change;
//! - [`diagnosis`] of an environment;
//! - [`Permissions`], which packs request and operators grant.
//!
//! The crate has no access to files, network, clock, environment variables or WebAssembly.
//! It builds for `wasm32-unknown-unknown`, which keeps it so.

pub mod abi;
mod binding;
pub mod change;
mod config_pack;
mod descriptor;
pub mod diagnosis;
mod digest;
mod environment;
mod error_chain;
mod ext_ref;
mod foreign_text;
pub mod grammar;
mod handler;
mod key_id;
pub mod messaging;
mod names;
mod oci_ref;
mod pack_identity;
mod pack_ref;
mod permission;
mod pin;
mod preflight;
mod registry;
mod serialize;
mod slot;

pub use binding::{
    AnswersRef, Binding, BindingKey, BindingPlace, EscapingAnswersRef, PreviousBinding,
};
pub use config_pack::{ConfigPack, NotAnExtension};
pub use descriptor::{
    DescriptorFault, DescriptorPath, InvalidDescriptor, MAX_DESCRIPTOR_BYTES, PackDescriptor,
};
pub use digest::{InvalidDigest, Sha256Digest, Sha256Hasher};
pub use environment::{DuplicateBinding, Environment};
pub use error_chain::with_causes;
pub use ext_ref::{ExtRef, InvalidExtRef};
pub use foreign_text::{ForeignText, terminal_safe_json};
pub use handler::{BindingContext, Call, EnvPackHandler, HandlerFault};
pub use key_id::{InvalidKeyId, KeyId};
pub use names::{DisplayName, EnvId, InstanceId, InvalidName, Label, PackId};
pub use oci_ref::{InvalidOciRef, OciRef};
pub use pack_identity::PackIdentity;
pub use pack_ref::{InvalidPackRef, MAX_PACK_REF_CHARS, PackRef};
pub use permission::{
    Answer, AnswerPath, InvalidPermission, NetworkAddress, NetworkPermission, Permissions,
    ResolvedPermissions, ToolPermission, UnresolvedAddress, UnresolvedReason,
};
pub use pin::{Pin, PinnedHandler};
pub use preflight::{CheckOutcome, Preflight, Probe, ToolCheck};
pub use registry::{DuplicateRegistration, Origin, Registry, ResolveError};
pub use slot::{CapabilitySlot, CoreSlot, NotCoreSlot, UnknownSlot};

pub use semver::{Version, VersionReq};
