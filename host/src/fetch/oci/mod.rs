//! OCI registries: manifests and blobs over HTTP, by the OCI distribution specification
//! 1.1.
//!
//! Every request goes through `Registries::access`, which opens no socket when the
//! operator wants none. What comes back is bounded in time and size, and hashed while it
//! comes. This module keeps nothing.

pub(super) mod artifact_manifest;
mod certificates;
mod challenge;
mod client;
pub mod credentials;
mod endpoint;
mod error;
mod http;
pub(super) mod manifest;
mod pull;
mod push;
pub(super) mod referrers;
mod settings;

use env_pack_domain::OciRef;

use certificates::CertificateAuthorities;
pub(super) use client::RepositoryAction;
use client::{AuthorizationCache, RepositoryClient};
use credentials::CredentialResolver;
use endpoint::Endpoint;
use http::{Deadline, HttpClient};

pub use artifact_manifest::PackAnnotations;
pub use credentials::CredentialSources;
pub use error::{RegistryError, TransportError};
pub use manifest::PackFormat;
pub(super) use pull::{FetchedManifest, LATEST};
pub use referrers::PublishedSignature;
pub use settings::{Proxies, RegistryOption, RegistrySettings, is_registry};

use super::FetchLimits;

/// Every registry there is.
#[derive(Debug)]
pub(super) struct Registries {
    http: HttpClient,
    settings: RegistrySettings,
    credentials: CredentialResolver,
    logins: AuthorizationCache,
}

/// What a reference stands for, as far as its registry has been asked.
#[derive(Clone, Debug)]
pub(super) struct ResolvedPack {
    pub manifest: FetchedManifest,
    pub layer: manifest::OciDescriptor,
    pub format: PackFormat,
}

impl Registries {
    pub fn new(mut settings: RegistrySettings, limits: FetchLimits) -> Self {
        let authorities = CertificateAuthorities::new(settings.ca_file.take());
        let credentials = CredentialResolver::new(
            std::mem::take(&mut settings.credentials),
            limits.credentials.clone(),
        );
        let http = HttpClient::new(limits, std::mem::take(&mut settings.proxies), authorities);
        Self { http, settings, credentials, logins: AuthorizationCache::default() }
    }

    /// Whether no socket is opened.
    pub fn is_offline(&self) -> bool {
        self.settings.offline
    }

    /// What they may take.
    pub fn limits(&self) -> &FetchLimits {
        self.http.limits()
    }

    /// A way into the repository of a reference.
    ///
    /// # Errors
    /// [`RegistryError::Offline`] when no socket may be opened.
    pub fn access(
        &self,
        reference: &OciRef,
        purpose: RepositoryAction,
    ) -> Result<RepositoryClient<'_>, RegistryError> {
        if self.settings.offline {
            return Err(match purpose {
                RepositoryAction::Pull => RegistryError::Offline,
                RepositoryAction::Push => RegistryError::NotSentOffline,
            });
        }
        let deadline = Deadline::after(self.http.limits().total_time);
        let endpoint = Endpoint::of(reference, &self.settings, &self.http, deadline)?;
        Ok(RepositoryClient::new(self, endpoint, purpose, deadline))
    }

    /// Looks up what a reference stands for.
    ///
    /// # Errors
    /// [`RegistryError`] when it cannot be had, or is no pack.
    pub fn resolve(
        &self,
        reference: &OciRef,
    ) -> Result<(RepositoryClient<'_>, ResolvedPack), RegistryError> {
        let mut access = self.access(reference, RepositoryAction::Pull)?;
        let manifest = access.manifest(reference)?;
        let parsed = access.parsed(&manifest)?;
        let (layer, format) = parsed.pack().map_err(|fault| access.unusable(fault))?;
        let (layer, format) = (layer.clone(), format);
        Ok((access, ResolvedPack { manifest, layer, format }))
    }
}
