//! A client for OCI registries: manifests and blobs over HTTP, as the
//! [OCI distribution specification 1.1](https://github.com/opencontainers/distribution-spec)
//! defines them.
//!
//! Every request goes through [`Registries::client`], which opens no socket in offline
//! mode. Responses are limited in time and size and hashed while they arrive. This module
//! stores nothing on disk.

mod address;
pub(super) mod artifact_manifest;
mod certificates;
mod challenge;
mod client;
pub mod credentials;
mod deadline;
mod endpoint;
mod error;
mod http;
pub(super) mod manifest;
mod partial_blob;
mod pull;
mod push;
pub(super) mod referrers;
mod request;
mod response;
mod settings;
mod token;

use env_pack_domain::OciRef;

use certificates::CertificateAuthorities;
pub(super) use client::RepositoryAction;
use client::{AuthorizationCache, ClientContext, RepositoryClient};
use credentials::CredentialResolver;
use deadline::Deadline;
use endpoint::Endpoint;
use http::HttpClient;

pub use artifact_manifest::PackAnnotations;
pub use credentials::CredentialSources;
pub use error::{RegistryError, TransportError};
pub use manifest::PackFormat;
pub(super) use pull::{FetchedManifest, LATEST};
pub use referrers::PublishedSignature;
pub use settings::{Proxies, RegistryOption, RegistrySettings, is_registry};

use super::limits::FetchLimits;

/// Access to registries.
#[derive(Debug)]
pub(super) struct Registries {
    context: ClientContext,
}

/// The pack that a reference resolves to.
#[derive(Clone, Debug)]
pub(super) struct ResolvedPack {
    pub manifest: FetchedManifest,
    /// The layer that contains the pack.
    pub layer: manifest::OciDescriptor,
    pub format: PackFormat,
}

impl Registries {
    pub fn new(mut settings: RegistrySettings, limits: FetchLimits) -> Self {
        let authorities = CertificateAuthorities::new(settings.ca_file.take());
        let sources = std::mem::take(&mut settings.credentials);
        let credentials = CredentialResolver::new(sources, limits.credentials.clone());
        let http = HttpClient::new(limits, std::mem::take(&mut settings.proxies), authorities);
        let authorizations = AuthorizationCache::default();
        Self { context: ClientContext { http, settings, credentials, authorizations } }
    }

    pub fn is_offline(&self) -> bool {
        self.context.settings.offline
    }

    pub fn limits(&self) -> &FetchLimits {
        self.context.http.limits()
    }

    /// A client for the repository of a reference.
    ///
    /// # Errors
    /// [`RegistryError::Offline`] or [`RegistryError::PushOffline`] in offline mode.
    pub fn client(
        &self,
        reference: &OciRef,
        action: RepositoryAction,
    ) -> Result<RepositoryClient<'_>, RegistryError> {
        if self.is_offline() {
            return Err(match action {
                RepositoryAction::Pull => RegistryError::Offline,
                RepositoryAction::Push => RegistryError::PushOffline,
            });
        }
        let deadline = Deadline::after(self.limits().total_time);
        let endpoint =
            Endpoint::resolve(reference, &self.context.settings, &self.context.http, deadline)?;
        Ok(RepositoryClient::new(&self.context, endpoint, action, deadline))
    }

    /// Resolves a reference to a pack. The client fetches its layer.
    ///
    /// # Errors
    /// [`RegistryError`] if the manifest cannot be fetched, or is not one of a pack.
    pub fn resolve(
        &self,
        reference: &OciRef,
    ) -> Result<(RepositoryClient<'_>, ResolvedPack), RegistryError> {
        let mut client = self.client(reference, RepositoryAction::Pull)?;
        let manifest = client.manifest(reference)?;
        let parsed = client.parse_manifest(&manifest)?;
        let (layer, format) = parsed.pack().map_err(|fault| client.manifest_error(fault))?;
        let layer = layer.clone();
        Ok((client, ResolvedPack { manifest, layer, format }))
    }
}
