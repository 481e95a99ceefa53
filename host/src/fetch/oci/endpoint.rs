//! Where a repository is: which host, with or without encryption, and which addresses
//! there.

use env_pack_domain::{ForeignText, OciRef, Sha256Digest};
use url::Url;

use super::error::{RegistryError, TransportError};
use super::http::{Deadline, HttpClient, HttpRequest};
use super::settings::{RegistrySettings, canonical, is_loopback};

/// The registry that images without one come from, and the host that serves it.
const DOCKER_HUB: (&str, &str) = ("docker.io", "registry-1.docker.io");

/// A repository in a registry.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    /// The registry, as credentials for it are named.
    pub registry: String,
    /// The repository in it.
    pub repository: String,
    base: Url,
}

impl Endpoint {
    /// Where the repository of a reference is, or of what stands in for it.
    ///
    /// # Errors
    /// [`RegistryError`] when the registry is on this machine and does not answer.
    pub fn of(
        reference: &OciRef,
        settings: &RegistrySettings,
        http: &HttpClient,
        deadline: Deadline,
    ) -> Result<Self, RegistryError> {
        let (registry, repository) = stand_in(reference, settings);
        let host = if registry == DOCKER_HUB.0 { DOCKER_HUB.1 } else { &registry };
        let at = |scheme: &str| {
            let malformed = |error: url::ParseError| RegistryError::TransportError {
                host: ForeignText::excerpt(host),
                fault: TransportError::Connect(ForeignText::sentence(&error.to_string())),
            };
            format!("{scheme}://{host}/v2/").parse::<Url>().map_err(malformed)
        };
        let (plain, encrypted) = (at("http")?, at("https")?);
        // some numbers are addresses in disguise
        let is_disguised = matches!(plain.host(), Some(url::Host::Ipv4(address)) if !host.starts_with(&address.to_string()));
        if is_disguised {
            let reason =
                ForeignText::new("it is a number that stands for an address; write the address");
            return Err(RegistryError::TransportError {
                host: ForeignText::excerpt(host),
                fault: TransportError::Connect(reason),
            });
        }
        let is_plain = settings.plain_http.iter().any(|named| canonical(named) == registry)
            || (is_loopback(&plain) && !speaks_tls(http, &plain, &encrypted, deadline)?);
        Ok(Self { registry, repository, base: if is_plain { plain } else { encrypted } })
    }

    pub fn manifest(&self, tag_or_digest: &str) -> Url {
        self.at(&["manifests", tag_or_digest])
    }

    pub fn blob(&self, digest: &Sha256Digest) -> Url {
        self.at(&["blobs", &digest.to_string()])
    }

    pub fn uploads(&self) -> Url {
        self.at(&["blobs", "uploads", ""])
    }

    pub fn referrers(&self, manifest: &Sha256Digest) -> Url {
        self.at(&["referrers", &manifest.to_string()])
    }

    /// Whether a request to this address goes to the registry itself.
    pub fn is_same_origin(&self, url: &Url) -> bool {
        self.base.origin() == url.origin()
    }

    /// Whether what is sent there can be read on its way by others than this machine.
    pub fn is_readable_by_others(&self) -> bool {
        is_readable_by_others(&self.base)
    }

    pub fn is_encrypted(&self) -> bool {
        self.base.scheme() == "https"
    }

    pub fn host(&self) -> ForeignText {
        super::http::host_of(&self.base)
    }

    fn at(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        let names = self.repository.split('/').chain(path.iter().copied());
        // the base ends in an empty segment; http and https addresses always have segments
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(names);
        }
        url
    }
}

pub(super) fn is_readable_by_others(url: &Url) -> bool {
    url.scheme() != "https" && !is_loopback(url)
}

/// The registry and repository that requests about a reference go to.
fn stand_in(reference: &OciRef, settings: &RegistrySettings) -> (String, String) {
    let (registry, repository) = (canonical(reference.registry()), reference.repository());
    match settings.mirrors.iter().find(|mirror| mirror.registry == registry) {
        None => (registry, repository.to_owned()),
        Some(mirror) => match mirror.host.split_once('/') {
            None => (canonical(&mirror.host), repository.to_owned()),
            Some((host, prefix)) => (canonical(host), format!("{prefix}/{repository}")),
        },
    }
}

/// Whether a registry on this machine wants encryption. It is asked without, and without
/// anything worth hiding.
fn speaks_tls(
    http: &HttpClient,
    plain: &Url,
    encrypted: &Url,
    deadline: Deadline,
) -> Result<bool, RegistryError> {
    let probe = HttpRequest::get(plain.clone(), "its version");
    match http.once(&probe, deadline) {
        // what some servers say to those who forgot to encrypt
        Ok(response) if response.status == 400 => {}
        Ok(_) => return Ok(false),
        // what others say is no HTTP
        Err(RegistryError::TransportError { fault: TransportError::Broken(_), .. }) => {}
        // who does not answer now may do so at the next attempt
        Err(RegistryError::TransportError { .. }) => return Ok(false),
        Err(error) => return Err(error),
    }
    match http.once(&HttpRequest::get(encrypted.clone(), "its version"), deadline) {
        Ok(_) | Err(RegistryError::TransportError { fault: TransportError::Tls(_), .. }) => {
            Ok(true)
        }
        Err(RegistryError::TransportError { .. }) => Ok(false),
        // what the operator set cannot be used, or the time is up
        Err(error) => Err(error),
    }
}
