//! Requests to one repository: authentication as the registry demands it. Credentials go
//! to the registry itself and to trusted token services only.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use super::address::host_of;
use super::challenge::{Challenge, challenges};
use super::credentials::credential::Credential;
use super::credentials::resolver::{CredentialResolver, FoundCredential};
use super::credentials::secret::Secret;
use super::deadline::Deadline;
use super::endpoint::Endpoint;
use super::error::RegistryError;
use super::http::HttpClient;
use super::request::HttpRequest;
use super::response::HttpResponse;
use super::settings::RegistrySettings;

/// The access to a repository that a token is requested for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RepositoryAction {
    Pull,
    Push,
}

/// The state that clients of all repositories share.
#[derive(Debug)]
pub(super) struct ClientContext {
    pub http: HttpClient,
    pub settings: RegistrySettings,
    pub credentials: CredentialResolver,
    pub authorizations: AuthorizationCache,
}

/// A client for one repository.
pub(crate) struct RepositoryClient<'a> {
    pub(super) endpoint: Endpoint,
    pub(super) deadline: Deadline,
    pub(super) action: RepositoryAction,
    context: &'a ClientContext,
    /// The `Authorization` header of requests to the registry.
    authorization: Option<Secret>,
    /// The credential, once the registry asked for one.
    credential: Option<FoundCredential>,
}

/// `Authorization` headers that registries accepted, by registry, repository and action.
#[derive(Debug, Default)]
pub(super) struct AuthorizationCache(Mutex<HashMap<AuthorizationKey, Secret>>);

type AuthorizationKey = (String, String, RepositoryAction);

impl AuthorizationCache {
    fn get(&self, endpoint: &Endpoint, action: RepositoryAction) -> Option<Secret> {
        self.lock().get(&Self::key(endpoint, action)).cloned()
    }

    fn insert(&self, endpoint: &Endpoint, action: RepositoryAction, authorization: Secret) {
        self.lock().insert(Self::key(endpoint, action), authorization);
    }

    fn key(endpoint: &Endpoint, action: RepositoryAction) -> AuthorizationKey {
        (endpoint.registry.clone(), endpoint.repository.clone(), action)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AuthorizationKey, Secret>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> RepositoryClient<'a> {
    /// A client that reuses an authorization of an earlier client.
    pub(super) fn new(
        context: &'a ClientContext,
        endpoint: Endpoint,
        action: RepositoryAction,
        deadline: Deadline,
    ) -> Self {
        let authorization = context.authorizations.get(&endpoint, action);
        Self { endpoint, deadline, action, context, authorization, credential: None }
    }

    pub(super) fn http(&self) -> &'a HttpClient {
        &self.context.http
    }

    /// Sends a request to the registry, and authenticates if the registry demands it.
    ///
    /// # Errors
    /// [`RegistryError`] if there is no response, or access is denied.
    pub(super) fn send(
        &mut self,
        request: &HttpRequest<'_>,
    ) -> Result<HttpResponse, RegistryError> {
        let response = self.http().send(&self.authorized(request), self.deadline)?;
        match response.status {
            401 => {}
            403 => return Err(self.access_denied(&response)),
            _ => return Ok(response),
        }
        self.authenticate(&response)?;
        let response = self.http().send(&self.authorized(request), self.deadline)?;
        if matches!(response.status, 401 | 403) {
            return Err(self.access_denied(&response));
        }
        if let Some(authorization) = &self.authorization {
            self.context.authorizations.insert(&self.endpoint, self.action, authorization.clone());
        }
        Ok(response)
    }

    /// The request with the authorization, if it goes to the registry itself.
    fn authorized<'r>(&self, request: &HttpRequest<'r>) -> HttpRequest<'r> {
        match &self.authorization {
            Some(authorization) if self.endpoint.is_same_origin(&request.url) => {
                request.clone().with_header("authorization", authorization.expose())
            }
            _ => request.clone(),
        }
    }

    pub(super) fn access_denied(&self, response: &HttpResponse) -> RegistryError {
        let tried =
            self.credential.as_ref().map_or_else(|| "no credential".to_owned(), describe_attempts);
        RegistryError::Denied { host: response.host.clone(), status: response.status, tried }
    }

    /// Obtains the authorization that a 401 response asks for.
    fn authenticate(&mut self, response: &HttpResponse) -> Result<(), RegistryError> {
        let challenges = challenges(&response.headers);
        if self.credential.is_none() {
            let Endpoint { registry, repository, .. } = &self.endpoint;
            self.credential = Some(self.context.credentials.find(registry, repository));
        }
        let Some(FoundCredential { credential, .. }) = &self.credential else {
            return Err(self.access_denied(response));
        };
        let is_secret = !matches!(credential, Credential::Anonymous);
        if is_secret && self.endpoint.is_exposed() {
            return Err(RegistryError::UnencryptedCredential { host: self.endpoint.host() });
        }
        // a stolen token is worth less than a stolen password
        let bearer =
            challenges.iter().find(|challenge| matches!(challenge, Challenge::Bearer { .. }));
        let authorization = match (bearer.or(challenges.first()), credential) {
            (None, _) => {
                return Err(RegistryError::NoChallenge { host: response.host.clone() });
            }
            (Some(Challenge::Bearer { .. }), Credential::Bearer(token)) => {
                format!("Bearer {}", token.expose())
            }
            (Some(Challenge::Bearer { realm, service }), credential) => {
                format!("Bearer {}", self.fetch_token(realm, service.as_deref(), credential)?)
            }
            (Some(Challenge::Basic), Credential::Basic { username, password }) => {
                basic_authorization(username, password)
            }
            (Some(Challenge::Basic), _) => return Err(self.access_denied(response)),
        };
        self.authorization = Some(Secret::new(authorization));
        Ok(())
    }

    /// Whether the operator allowed unencrypted requests to the host of this URL.
    pub(super) fn is_plain_http_allowed(&self, url: &Url) -> bool {
        let host = host_of(url);
        let plain_http = &self.context.settings.plain_http;
        plain_http.iter().any(|named| named.eq_ignore_ascii_case(host.as_exact()))
    }

    /// Whether credentials may be sent to this token service: it is at the registry
    /// itself, or the operator allowed it.
    pub(super) fn is_trusted_realm(&self, url: &Url) -> bool {
        if self.endpoint.is_same_origin(url) {
            return matches!(url.scheme(), "https" | "http");
        }
        let host = host_of(url);
        let is_allowed = self.context.settings.token_realms.iter().any(|allowed| {
            allowed.registry == self.endpoint.registry && allowed.host == host.as_exact()
        });
        is_allowed
            && (url.scheme() == "https"
                || (url.scheme() == "http" && !self.endpoint.is_encrypted()))
    }
}

/// The attempts to find a credential, for a message.
fn describe_attempts(found: &FoundCredential) -> String {
    if found.attempts.is_empty() {
        return "no credential, because none is configured".to_owned();
    }
    let attempts: Vec<String> = found.attempts.iter().map(ToString::to_string).collect();
    attempts.join(", ")
}

/// An `Authorization` header of the `Basic` scheme.
pub(super) fn basic_authorization(username: &str, password: &Secret) -> String {
    format!("Basic {}", STANDARD.encode(format!("{username}:{}", password.expose())))
}
