//! The URLs of a repository: host, scheme and API paths.

use env_pack_domain::{ForeignText, OciRef, Sha256Digest};
use url::{Host, ParseError, Url};

use super::address::{host_of, is_exposed, is_loopback};
use super::deadline::Deadline;
use super::error::{RegistryError, TransportError};
use super::http::HttpClient;
use super::request::HttpRequest;
use super::settings::{RegistrySettings, canonical_registry};

const DOCKER_HUB: &str = "docker.io";
/// The host that serves the API of Docker Hub.
const DOCKER_HUB_HOST: &str = "registry-1.docker.io";

/// A repository in a registry.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    /// The registry, by the name under which credentials for it are stored.
    pub registry: String,
    pub repository: String,
    base: Url,
}

impl Endpoint {
    /// The repository of a reference, or of its mirror. For a registry on this machine a
    /// request determines whether it uses TLS.
    ///
    /// # Errors
    /// [`RegistryError`] if the host is not valid, or does not respond in time.
    pub(super) fn resolve(
        reference: &OciRef,
        settings: &RegistrySettings,
        http: &HttpClient,
        deadline: Deadline,
    ) -> Result<Self, RegistryError> {
        let (registry, repository) = apply_mirror(reference, settings);
        let host = if registry == DOCKER_HUB { DOCKER_HUB_HOST } else { &registry };
        let plain = base_url("http", host)?;
        let encrypted = base_url("https", host)?;
        // `2130706433` is 127.0.0.1 in disguise
        if let Some(Host::Ipv4(address)) = plain.host()
            && !host.starts_with(&address.to_string())
        {
            let reason = format!("it is a number that means the address {address}; use that");
            return Err(connect_error(host, ForeignText::new(reason)));
        }
        let is_plain =
            settings.plain_http.iter().any(|named| canonical_registry(named) == registry)
                || (is_loopback(&plain) && !requires_tls(http, &plain, &encrypted, deadline)?);
        Ok(Self { registry, repository, base: if is_plain { plain } else { encrypted } })
    }

    pub(super) fn manifest(&self, tag_or_digest: &str) -> Url {
        self.url(&["manifests", tag_or_digest])
    }

    pub(super) fn blob(&self, digest: &Sha256Digest) -> Url {
        self.url(&["blobs", &digest.to_string()])
    }

    pub(super) fn uploads(&self) -> Url {
        self.url(&["blobs", "uploads", ""])
    }

    pub(super) fn referrers(&self, manifest: &Sha256Digest) -> Url {
        self.url(&["referrers", &manifest.to_string()])
    }

    /// Whether a URL leads to the registry itself.
    pub(super) fn is_same_origin(&self, url: &Url) -> bool {
        self.base.origin() == url.origin()
    }

    /// Whether other machines could read requests to the registry.
    pub(super) fn is_exposed(&self) -> bool {
        is_exposed(&self.base)
    }

    pub(super) fn is_encrypted(&self) -> bool {
        self.base.scheme() == "https"
    }

    pub(super) fn host(&self) -> ForeignText {
        host_of(&self.base)
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        let segments = self.repository.split('/').chain(path.iter().copied());
        // the base ends in an empty segment; http and https URLs always have segments
        if let Ok(mut base) = url.path_segments_mut() {
            base.pop_if_empty().extend(segments);
        }
        url
    }
}

fn base_url(scheme: &str, host: &str) -> Result<Url, RegistryError> {
    format!("{scheme}://{host}/v2/")
        .parse()
        .map_err(|error: ParseError| connect_error(host, ForeignText::sentence(&error.to_string())))
}

fn connect_error(host: &str, reason: ForeignText) -> RegistryError {
    RegistryError::Transport {
        host: ForeignText::excerpt(host),
        fault: TransportError::Connect(reason),
    }
}

/// The registry and repository of a reference, replaced by the mirror if there is one.
fn apply_mirror(reference: &OciRef, settings: &RegistrySettings) -> (String, String) {
    let registry = canonical_registry(reference.registry());
    let repository = reference.repository();
    let Some(mirror) = settings.mirrors.iter().find(|mirror| mirror.registry == registry) else {
        return (registry, repository.to_owned());
    };
    match mirror.host.split_once('/') {
        None => (canonical_registry(&mirror.host), repository.to_owned()),
        Some((host, prefix)) => (canonical_registry(host), format!("{prefix}/{repository}")),
    }
}

/// Whether a registry on this machine requires TLS. The probe is a request without TLS and
/// without credentials.
fn requires_tls(
    http: &HttpClient,
    plain: &Url,
    encrypted: &Url,
    deadline: Deadline,
) -> Result<bool, RegistryError> {
    let probe = HttpRequest::get(plain.clone(), "its version");
    match http.send_once(&probe, deadline) {
        // some TLS servers respond like this to plain HTTP, others with bytes that are not HTTP
        Ok(response) if response.status == 400 => {}
        Err(RegistryError::Transport { fault: TransportError::Incomplete(_), .. }) => {}
        Ok(_) => return Ok(false),
        // the request itself may succeed after a retry
        Err(RegistryError::Transport { .. }) => return Ok(false),
        Err(error) => return Err(error),
    }
    match http.send_once(&HttpRequest::get(encrypted.clone(), "its version"), deadline) {
        Ok(_) | Err(RegistryError::Transport { fault: TransportError::Tls(_), .. }) => Ok(true),
        Err(RegistryError::Transport { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}
