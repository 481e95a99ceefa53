//! The rules of env-packs: what a slot, a descriptor, a binding and an environment are,
//! how bindings change, how a descriptor resolves to a handler, and what is wrong with an
//! environment.
//!
//! Everything here is a value or a function of values. The crate knows no files, no
//! network, no clock, no environment variables and no WebAssembly, and it builds for
//! `wasm32-unknown-unknown` so that it cannot grow any of them.

mod binding;
pub mod change;
mod descriptor;
pub mod diagnosis;
mod digest;
mod environment;
mod ext_ref;
mod foreign;
pub mod grammar;
mod handler;
mod key_id;
mod names;
mod oci_ref;
mod pack_ref;
mod permission;
mod preflight;
mod registry;
mod serialize;
mod slot;

pub use binding::{
    AnswersRef, Binding, BindingKey, BindingPlace, EscapingAnswersRef, PreviousBinding,
};
pub use descriptor::{
    DescriptorFault, DescriptorPath, InvalidDescriptor, MAX_DESCRIPTOR_BYTES, PackDescriptor,
};
pub use digest::{InvalidDigest, Sha256Digest, Sha256Hasher};
pub use environment::{DuplicateBinding, Environment};
pub use ext_ref::{ExtRef, InvalidExtRef};
pub use foreign::{ForeignText, terminal_safe_json};
pub use handler::{BindingContext, Call, EnvPackHandler, HandlerFault};
pub use key_id::{InvalidKeyId, KeyId};
pub use names::{DisplayName, EnvId, InstanceId, InvalidName, PackId};
pub use oci_ref::{InvalidOciRef, OciRef};
pub use pack_ref::{InvalidPackRef, MAX_PACK_REF_CHARS, PackRef};
pub use permission::{InvalidPermission, NetworkPermission, Permissions, ToolPermission};
pub use preflight::{CheckOutcome, Preflight, Probe, ToolCheck};
pub use registry::{DuplicateRegistration, Origin, Registry, ResolveError};
pub use slot::{CapabilitySlot, CoreSlot, NotCoreSlot, UnknownSlot};

pub use semver::{Version, VersionReq};
