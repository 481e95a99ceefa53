//! The operator's settings for registries.

use std::path::PathBuf;
use std::str::FromStr;

use env_pack_domain::OciRef;
use url::Url;

use super::address::is_loopback;
use super::credentials::sources::CredentialSources;

/// Settings for the access to registries. The default is TLS with the certificate authorities of the
/// system, without proxy, mirror or credentials.
#[derive(Debug, Default)]
pub struct RegistrySettings {
    /// Offline mode: no socket is opened.
    pub offline: bool,
    /// Registries that are used without TLS. Those on this machine may always be.
    pub plain_http: Vec<String>,
    /// Hosts other than the registry to which its credentials may be sent.
    pub token_realms: Vec<RegistryOption>,
    /// Replacements for registries: a host, which a repository prefix may follow.
    pub mirrors: Vec<RegistryOption>,
    /// A PEM file (RFC 7468) with certificate authorities that are trusted in addition to
    /// those of the system.
    pub ca_file: Option<PathBuf>,
    /// Proxies for requests.
    pub proxies: Proxies,
    /// Where credentials are looked up.
    pub credentials: CredentialSources,
}

/// A setting for one registry, written as `<registry>=<host>`.
///
/// ```
/// use gtc_fetch::RegistryOption;
/// let mirror: RegistryOption = "docker.io=mirror.example:5000/hub".parse()?;
/// assert_eq!(mirror.registry, "docker.io");
/// assert_eq!(mirror.host, "mirror.example:5000/hub");
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryOption {
    /// The registry, in its canonical spelling.
    pub registry: String,
    /// The other host. For a mirror, a repository prefix may follow.
    pub host: String,
}

impl FromStr for RegistryOption {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let (registry, host) = text.split_once('=').ok_or("expected `<registry>=<host>`")?;
        if !is_registry(registry) || format!("oci://{host}/x").parse::<OciRef>().is_err() {
            return Err("expected a host name, or `<host>:<port>`, on both sides of `=`");
        }
        Ok(Self { registry: canonical_registry(registry), host: host.to_owned() })
    }
}

/// The canonical spelling of a registry: lower case, without the default port, and
/// `docker.io` for all names of Docker Hub.
pub(super) fn canonical_registry(registry: &str) -> String {
    let lower = registry.to_ascii_lowercase();
    let name = lower.strip_suffix(":443").unwrap_or(&lower);
    match name {
        "index.docker.io" | "registry-1.docker.io" => "docker.io".to_owned(),
        _ => name.to_owned(),
    }
}

/// Whether a text names a registry: a host, and optionally a port.
pub fn is_registry(text: &str) -> bool {
    !text.contains('/') && format!("oci://{text}/x").parse::<OciRef>().is_ok()
}

/// The proxies of the environment. An empty value means no proxy.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    /// `HTTP_PROXY`: for requests without TLS.
    pub http: Option<String>,
    /// `HTTPS_PROXY`: for requests with TLS.
    pub https: Option<String>,
    /// `NO_PROXY`: hosts and domains without proxy, separated by commas. `*` means all.
    pub no_proxy: String,
}

impl Proxies {
    /// The proxy for a request. This machine is always reached directly.
    pub(super) fn proxy_for(&self, url: &Url) -> Option<&str> {
        let proxy = if url.scheme() == "https" { &self.https } else { &self.http };
        let proxy = proxy.as_deref().filter(|proxy| !proxy.is_empty())?;
        let is_excluded = self.no_proxy.split(',').any(|entry| matches_host(entry.trim(), url));
        (!is_loopback(url) && !is_excluded).then_some(proxy)
    }
}

/// Whether an entry of `NO_PROXY` names the host of a URL, or a domain that contains it.
fn matches_host(entry: &str, url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let entry = match entry.rsplit_once(':') {
        Some((name, port)) if port.parse().ok() == url.port_or_known_default() => name,
        _ => entry,
    };
    let domain = entry.trim_start_matches('*').trim_start_matches('.').to_ascii_lowercase();
    let is_inside =
        host.strip_suffix(&domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    entry == "*" || (!domain.is_empty() && is_inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proxy_excludes_hosts_and_domains() {
        let proxies = Proxies {
            https: Some("http://proxy.example:3128".to_owned()),
            http: None,
            no_proxy: "ghcr.io, .internal.example,10.0.0.1:5000, *.lan".to_owned(),
        };
        let is_direct = |url: &str| proxies.proxy_for(&url.parse().expect(url)).is_none();
        for url in [
            "https://ghcr.io/v2/",
            "https://a.ghcr.io/v2/",
            "https://r.internal.example/",
            "https://10.0.0.1:5000/",
            "https://r.lan/",
            "https://localhost:5000/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "http://other.example/",
        ] {
            assert!(is_direct(url), "{url}");
        }
        for url in [
            "https://notghcr.io/",
            "https://10.0.0.1/",
            "https://internal.example.org/",
            "https://lan.example/",
        ] {
            assert!(!is_direct(url), "{url}");
        }
        let all = Proxies { no_proxy: "*".to_owned(), ..proxies };
        assert!(all.proxy_for(&"https://a.example/".parse().expect("a URL")).is_none());
    }
}
