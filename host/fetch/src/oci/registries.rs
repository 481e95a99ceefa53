//! Access to all registries, with one set of settings, connections and credentials.

use env_pack_domain::OciRef;

use super::certificates::CertificateAuthorities;
use super::client::{AuthorizationCache, ClientContext, RepositoryAction, RepositoryClient};
use super::credentials::resolver::CredentialResolver;
use super::deadline::Deadline;
use super::endpoint::Endpoint;
use super::error::RegistryError;
use super::http::HttpClient;
use super::settings::RegistrySettings;
use crate::limits::FetchLimits;

/// Creates clients for repositories.
#[derive(Debug)]
pub(crate) struct Registries {
    context: ClientContext,
}

impl Registries {
    pub(crate) fn new(mut settings: RegistrySettings, limits: FetchLimits) -> Self {
        let authorities = CertificateAuthorities::new(settings.ca_file.take());
        let sources = std::mem::take(&mut settings.credentials);
        let credentials = CredentialResolver::new(sources, limits.credentials.clone());
        let http = HttpClient::new(limits, std::mem::take(&mut settings.proxies), authorities);
        let authorizations = AuthorizationCache::default();
        Self { context: ClientContext { http, settings, credentials, authorizations } }
    }

    pub(crate) fn is_offline(&self) -> bool {
        self.context.settings.offline
    }

    pub(crate) fn limits(&self) -> &FetchLimits {
        self.context.http.limits()
    }

    /// A client for the repository of a reference.
    ///
    /// # Errors
    /// [`RegistryError::Offline`] or [`RegistryError::PushOffline`] in offline mode.
    pub(crate) fn client(
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
}
