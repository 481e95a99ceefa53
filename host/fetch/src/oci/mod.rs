//! A client for OCI registries: manifests and blobs over HTTP, as the
//! [OCI distribution specification 1.1](https://github.com/opencontainers/distribution-spec)
//! defines them.
//!
//! Every request goes through `Registries::client`, which opens no socket in offline
//! mode. Responses are limited in time and size and hashed while they arrive. This module
//! stores nothing on disk.

mod address;
pub(super) mod artifact_manifest;
mod certificates;
mod challenge;
pub(super) mod client;
pub mod credentials;
mod deadline;
mod endpoint;
pub(super) mod error;
mod http;
pub(super) mod manifest;
mod partial_blob;
pub(super) mod pull;
mod push;
pub(super) mod referrers;
pub(super) mod registries;
mod request;
mod resolver;
mod response;
pub(super) mod settings;
mod token;

pub use artifact_manifest::PackAnnotations;
pub use credentials::CredentialSources;
pub use error::{RegistryError, TransportError};
pub use manifest::PackFormat;
pub use referrers::PublishedSignature;
pub use settings::{Proxies, RegistryOption, RegistrySettings, is_registry};
