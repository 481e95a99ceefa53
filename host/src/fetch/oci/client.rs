//! Being let in: what is sent to a registry goes with the credential it asks for, and to
//! nobody else.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use env_pack_domain::ForeignText;
use ureq::http::Method;
use url::Url;

use super::Registries;
use super::challenge::{Challenge, challenges};
use super::credentials::{Credential, CredentialResolver, FoundCredential, Secret};
use super::endpoint::{Endpoint, is_readable_by_others};
use super::error::RegistryError;
use super::http::{Deadline, HttpClient, HttpRequest, HttpResponse, host_of};
use super::settings::RegistrySettings;

/// What somebody wants to do with a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::fetch) enum RepositoryAction {
    Pull,
    Push,
}

/// A way into one repository.
pub(in crate::fetch) struct RepositoryClient<'a> {
    pub(super) http: &'a HttpClient,
    pub(super) endpoint: Endpoint,
    pub(super) deadline: Deadline,
    settings: &'a RegistrySettings,
    credentials: &'a CredentialResolver,
    purpose: RepositoryAction,
    logins: &'a AuthorizationCache,
    /// What goes with every request to the registry.
    authorization: Option<Secret>,
    /// Which credential was found, once one was asked for.
    found: Option<FoundCredential>,
}

/// What let us in before, by registry, repository and purpose: one login serves every
/// look at a pack.
#[derive(Debug, Default)]
pub(in crate::fetch) struct AuthorizationCache(
    Mutex<HashMap<(String, String, RepositoryAction), Secret>>,
);

impl AuthorizationCache {
    fn of(&self, endpoint: &Endpoint, purpose: RepositoryAction) -> Option<Secret> {
        self.locked().get(&Self::key(endpoint, purpose)).cloned()
    }

    fn remember(&self, endpoint: &Endpoint, purpose: RepositoryAction, authorization: Secret) {
        self.locked().insert(Self::key(endpoint, purpose), authorization);
    }

    fn key(endpoint: &Endpoint, purpose: RepositoryAction) -> (String, String, RepositoryAction) {
        (endpoint.registry.clone(), endpoint.repository.clone(), purpose)
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<(String, String, RepositoryAction), Secret>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a token service says.
#[derive(serde::Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

impl<'a> RepositoryClient<'a> {
    /// A way into this repository, with what let us in before.
    pub(super) fn new(
        registries: &'a Registries,
        endpoint: Endpoint,
        purpose: RepositoryAction,
        deadline: Deadline,
    ) -> Self {
        let Registries { http, settings, credentials, logins } = registries;
        let authorization = logins.of(&endpoint, purpose);
        Self {
            http,
            endpoint,
            deadline,
            settings,
            credentials,
            purpose,
            logins,
            authorization,
            found: None,
        }
    }

    /// Makes a request to the registry, and logs in when it asks for that.
    ///
    /// # Errors
    /// [`RegistryError`] when there is no answer, or nobody is let in.
    pub(super) fn send(
        &mut self,
        request: &HttpRequest<'_>,
    ) -> Result<HttpResponse, RegistryError> {
        let response = self.http.send(&self.authorized(request), self.deadline)?;
        match response.status {
            401 => {}
            403 => return Err(self.denied(&response)),
            _ => return Ok(response),
        }
        self.log_in(&response)?;
        let response = self.http.send(&self.authorized(request), self.deadline)?;
        match (response.status, &self.authorization) {
            (401 | 403, _) => Err(self.denied(&response)),
            (_, Some(authorization)) => {
                self.logins.remember(&self.endpoint, self.purpose, authorization.clone());
                Ok(response)
            }
            (_, None) => Ok(response),
        }
    }

    fn authorized<'r>(&self, request: &HttpRequest<'r>) -> HttpRequest<'r> {
        match self.authorization.as_ref().filter(|_| self.endpoint.is_same_origin(&request.url)) {
            Some(authorization) => request.clone().with("authorization", authorization.expose()),
            None => request.clone(),
        }
    }

    fn denied(&self, response: &HttpResponse) -> RegistryError {
        let tried =
            self.found.as_ref().map(tried_in_words).unwrap_or_else(|| "no credential".to_owned());
        RegistryError::Denied { host: response.host.clone(), status: response.status, tried }
    }

    /// Gets what the registry asks for.
    fn log_in(&mut self, refusal: &HttpResponse) -> Result<(), RegistryError> {
        let asked = challenges(&refusal.headers);
        if self.found.is_none() {
            self.found =
                Some(self.credentials.find(&self.endpoint.registry, &self.endpoint.repository));
        }
        let Some(found) = &self.found else { return Err(self.denied(refusal)) };
        let is_secret = !matches!(found.credential, Credential::Anonymous);
        if is_secret && self.endpoint.is_readable_by_others() {
            return Err(RegistryError::PlainCredential { host: self.endpoint.host() });
        }
        // a token is worth less to whoever gets hold of it
        let bearer = asked.iter().find(|challenge| matches!(challenge, Challenge::Bearer { .. }));
        let authorization = match (bearer.or(asked.first()), &found.credential) {
            (None, _) => return Err(RegistryError::NoChallenge { host: refusal.host.clone() }),
            (Some(Challenge::Bearer { .. }), Credential::Bearer(token)) => {
                format!("Bearer {}", token.expose())
            }
            (Some(Challenge::Bearer { realm, service }), credential) => {
                format!("Bearer {}", self.token(realm, service.as_deref(), credential)?)
            }
            (Some(Challenge::Basic), Credential::Basic { username, password }) => {
                basic(username, password.expose())
            }
            (Some(Challenge::Basic), _) => return Err(self.denied(refusal)),
        };
        self.authorization = Some(Secret::new(authorization));
        Ok(())
    }

    /// Gets a token for this repository, and for no other, whatever the registry names.
    fn token(
        &self,
        realm: &str,
        service: Option<&str>,
        credential: &Credential,
    ) -> Result<String, RegistryError> {
        let registry = ForeignText::new(self.endpoint.registry.clone());
        let foreign = |host| RegistryError::ForeignRealm {
            registry,
            realm: ForeignText::excerpt(realm),
            host,
        };
        let Ok(mut url) = realm.parse::<Url>() else { return Err(foreign(None)) };
        if !self.is_trusted_realm(&url) {
            return Err(foreign(
                Some(host_of(&url)).filter(|_| url.scheme() == "https" && url.has_host()),
            ));
        }
        let is_secret = !matches!(credential, Credential::Anonymous);
        if is_secret && is_readable_by_others(&url) {
            return Err(RegistryError::PlainCredential { host: host_of(&url) });
        }
        let actions = match self.purpose {
            RepositoryAction::Pull => "pull",
            RepositoryAction::Push => "pull,push",
        };
        let scope = format!("repository:{}:{actions}", self.endpoint.repository);
        let mut asked = vec![("scope", scope.as_str())];
        asked.extend(service.map(|service| ("service", service)));
        const WHAT: &str = "a token";
        let response = match credential {
            Credential::Refresh(refresh) => {
                asked.extend([
                    ("grant_type", "refresh_token"),
                    ("client_id", "gtc"),
                    ("refresh_token", refresh.expose()),
                ]);
                let form = url::form_urlencoded::Serializer::new(String::new())
                    .extend_pairs(asked)
                    .finish();
                let request = HttpRequest::bringing(Method::POST, url, form.as_bytes(), WHAT);
                self.http.send(
                    &request.with("content-type", "application/x-www-form-urlencoded"),
                    self.deadline,
                )?
            }
            _ => {
                url.query_pairs_mut().extend_pairs(asked);
                let request = HttpRequest::get(url, WHAT);
                let request = match credential {
                    Credential::Basic { username, password } => {
                        request.with("authorization", basic(username, password.expose()))
                    }
                    _ => request,
                };
                self.http.send(&request, self.deadline)?
            }
        };
        self.read_token(response)
    }

    fn read_token(&self, response: HttpResponse) -> Result<String, RegistryError> {
        match response.status {
            401 | 403 => return Err(self.denied(&response)),
            300..=399 => return Err(redirected(&response, "where no token is fetched from")),
            _ if !response.is_success() => return Err(response.refusal()),
            _ => {}
        }
        let (host, what) = (response.host.clone(), response.what);
        let malformed = |reason: &str| RegistryError::Malformed {
            host,
            what,
            reason: ForeignText::new(reason),
        };
        let bytes = response.bytes(self.http.limits().token_bytes)?;
        // what the parser says could quote the token
        let Ok(Token { token, access_token }) = serde_json::from_slice(&bytes) else {
            return Err(malformed("it is not the JSON of a token service"));
        };
        match token.or(access_token) {
            Some(token)
                if !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()) =>
            {
                Ok(token)
            }
            Some(_) => Err(malformed("its token cannot stand in a header")),
            None => Err(malformed("it holds no `token`")),
        }
    }

    /// Whether the operator said that a registry at this address has no encryption.
    pub fn is_plain_allowed(&self, url: &Url) -> bool {
        self.settings
            .plain_http
            .iter()
            .any(|named| named.eq_ignore_ascii_case(host_of(url).as_exact()))
    }

    /// Whether a login may be sent there: to the registry itself, or where the operator
    /// said.
    fn is_trusted_realm(&self, url: &Url) -> bool {
        let is_http = matches!(url.scheme(), "https" | "http");
        let host = host_of(url);
        let allowed = self.settings.token_realms.iter().any(|allowed| {
            allowed.registry == self.endpoint.registry && allowed.host == host.as_exact()
        });
        let is_encrypted_enough = url.scheme() == "https" || !self.endpoint.is_encrypted();
        is_http && (self.endpoint.is_same_origin(url) || (allowed && is_encrypted_enough))
    }
}

/// The error that a redirect is, where none is followed.
pub(super) fn redirected(response: &HttpResponse, reason: &'static str) -> RegistryError {
    let target = ForeignText::excerpt(response.header("location").unwrap_or("nowhere"));
    RegistryError::Redirected { host: response.host.clone(), what: response.what, target, reason }
}

/// What was tried, in words.
fn tried_in_words(found: &FoundCredential) -> String {
    match found.tried.is_empty() {
        true => "no credential, because none is configured".to_owned(),
        false => found.tried.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}

fn basic(username: &str, password: &str) -> String {
    use base64::Engine as _;
    format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}"))
    )
}
