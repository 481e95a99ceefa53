//! OCI registries: manifests and blobs over HTTP, by the OCI distribution specification
//! 1.1.
//!
//! Every request goes through `Registries::access`, which opens no socket when the
//! operator wants none. What comes back is bounded in time and size, and hashed while it
//! comes. This module keeps nothing.

mod access;
pub(super) mod artifact;
mod certificates;
mod challenge;
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

pub(super) use access::Purpose;
use access::{Access, Logins};
use certificates::Authorities;
use credentials::Credentials;
use endpoint::Endpoint;
use http::{Deadline, Http};

pub use artifact::Notes;
pub use credentials::Sources;
pub use error::{RegistryError, Transport};
pub use manifest::Form;
pub(super) use pull::{LATEST, Pulled};
pub use referrers::Published;
pub use settings::{Pair, Proxies, RegistrySettings, is_registry};

use super::Limits;

/// Every registry there is.
#[derive(Debug)]
pub(super) struct Registries {
    http: Http,
    settings: RegistrySettings,
    credentials: Credentials,
    logins: Logins,
}

/// What a reference stands for, as far as its registry has been asked.
#[derive(Clone, Debug)]
pub(super) struct Resolved {
    pub manifest: Pulled,
    pub layer: manifest::Descriptor,
    pub form: Form,
}

impl Registries {
    pub fn new(mut settings: RegistrySettings, limits: Limits) -> Self {
        let authorities = Authorities::new(settings.ca_file.take());
        let credentials =
            Credentials::new(std::mem::take(&mut settings.credentials), limits.credentials.clone());
        let http = Http::new(limits, std::mem::take(&mut settings.proxies), authorities);
        Self { http, settings, credentials, logins: Logins::default() }
    }

    /// Whether no socket is opened.
    pub fn is_offline(&self) -> bool {
        self.settings.offline
    }

    /// What they may take.
    pub fn limits(&self) -> &Limits {
        self.http.limits()
    }

    /// A way into the repository of a reference.
    ///
    /// # Errors
    /// [`RegistryError::Offline`] when no socket may be opened.
    pub fn access(
        &self,
        reference: &OciRef,
        purpose: Purpose,
    ) -> Result<Access<'_>, RegistryError> {
        if self.settings.offline {
            return Err(match purpose {
                Purpose::Pull => RegistryError::Offline,
                Purpose::Push => RegistryError::NotSentOffline,
            });
        }
        let deadline = Deadline::after(self.http.limits().total_time);
        let endpoint = Endpoint::of(reference, &self.settings, &self.http, deadline)?;
        Ok(Access::new(self, endpoint, purpose, deadline))
    }

    /// Looks up what a reference stands for.
    ///
    /// # Errors
    /// [`RegistryError`] when it cannot be had, or is no pack.
    pub fn resolve(&self, reference: &OciRef) -> Result<(Access<'_>, Resolved), RegistryError> {
        let mut access = self.access(reference, Purpose::Pull)?;
        let manifest = access.manifest(reference)?;
        let parsed = access.parsed(&manifest)?;
        let (layer, form) = parsed.pack().map_err(|fault| access.unusable(fault))?;
        let (layer, form) = (layer.clone(), form);
        Ok((access, Resolved { manifest, layer, form }))
    }
}
