//! Tokens from a token service, as the distribution project specifies them
//! (<https://distribution.github.io/distribution/spec/auth/token/>).

use env_pack_domain::ForeignText;
use ureq::http::Method;
use url::Url;

use super::address::{host_of, is_exposed, quote_url};
use super::client::{RepositoryAction, RepositoryClient, basic_authorization};
use super::credentials::credential::Credential;
use super::error::RegistryError;
use super::request::HttpRequest;
use super::response::HttpResponse;

const WHAT: &str = "a token";

#[derive(serde::Deserialize)]
struct TokenResponse {
    token: Option<String>,
    access_token: Option<String>,
}

impl RepositoryClient<'_> {
    /// Fetches a token for this repository, whatever scope the registry names.
    pub(super) fn fetch_token(
        &self,
        realm: &str,
        service: Option<&str>,
        credential: &Credential,
    ) -> Result<String, RegistryError> {
        let url = self.trusted_realm(realm)?;
        let is_secret = !matches!(credential, Credential::Anonymous);
        if is_secret && is_exposed(&url) {
            return Err(RegistryError::UnencryptedCredential { host: host_of(&url) });
        }
        let actions = match self.action {
            RepositoryAction::Pull => "pull",
            RepositoryAction::Push => "pull,push",
        };
        let scope = format!("repository:{}:{actions}", self.endpoint.repository);
        let mut parameters = vec![("scope", scope.as_str())];
        parameters.extend(service.map(|service| ("service", service)));
        let response = if let Credential::Refresh(refresh) = credential {
            parameters.extend([
                ("grant_type", "refresh_token"),
                ("client_id", "gtc"),
                ("refresh_token", refresh.expose()),
            ]);
            let form = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(parameters)
                .finish();
            let request = HttpRequest::with_body(Method::POST, url, form.as_bytes(), WHAT)
                .with_header("content-type", "application/x-www-form-urlencoded");
            self.http().send(&request, self.deadline)?
        } else {
            let mut url = url;
            url.query_pairs_mut().extend_pairs(parameters);
            let mut request = HttpRequest::get(url, WHAT);
            if let Credential::Basic { username, password } = credential {
                let authorization = basic_authorization(username, password);
                request = request.with_header("authorization", authorization);
            }
            self.http().send(&request, self.deadline)?
        };
        self.parse_token(response)
    }

    /// The URL of a token service to which credentials may be sent.
    fn trusted_realm(&self, realm: &str) -> Result<Url, RegistryError> {
        let untrusted = |host| RegistryError::UntrustedRealm {
            registry: ForeignText::new(self.endpoint.registry.clone()),
            realm: quote_url(realm),
            host,
        };
        let url: Url = realm.parse().map_err(|_| untrusted(None))?;
        if self.is_trusted_realm(&url) {
            return Ok(url);
        }
        let can_be_allowed = url.scheme() == "https" && url.has_host();
        Err(untrusted(can_be_allowed.then(|| host_of(&url))))
    }

    fn parse_token(&self, response: HttpResponse) -> Result<String, RegistryError> {
        match response.status {
            401 | 403 => return Err(self.access_denied(&response)),
            300..=399 => {
                return Err(response.redirect_error("redirects are not followed for tokens"));
            }
            _ if !response.is_success() => return Err(response.into_error()),
            _ => {}
        }
        let host = response.host.clone();
        let malformed = |reason: &str| RegistryError::Malformed {
            host,
            what: WHAT,
            reason: ForeignText::new(reason),
        };
        let bytes = response.bytes(self.http().limits().token_bytes)?;
        // the message of the parser could quote the token
        let Ok(TokenResponse { token, access_token }) = serde_json::from_slice(&bytes) else {
            return Err(malformed("it is not the JSON of a token service"));
        };
        let Some(token) = token.or(access_token) else {
            return Err(malformed("it has no `token`"));
        };
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(malformed("its token is not valid in an HTTP header"));
        }
        Ok(token)
    }
}
