//! How registries are reached, as the operator has it.

use std::path::PathBuf;

use env_pack_domain::OciRef;
use url::Url;

use super::credentials::CredentialSources;

/// How registries are reached. By default: encrypted, directly, with the certificate
/// authorities of the system, anonymously.
#[derive(Debug, Default)]
pub struct RegistrySettings {
    /// Whether no socket is opened.
    pub offline: bool,
    /// Registries that are reached without encryption. Those on this machine may always
    /// be.
    pub plain_http: Vec<String>,
    /// Which other host a registry may send a login to.
    pub token_realms: Vec<RegistryOption>,
    /// What stands in for a registry: another one, and perhaps the beginning of a
    /// repository in it.
    pub mirrors: Vec<RegistryOption>,
    /// A file with the certificates of further authorities, in PEM.
    pub ca_file: Option<PathBuf>,
    /// Who passes requests on.
    pub proxies: Proxies,
    /// Where credentials are looked for.
    pub credentials: CredentialSources,
}

/// Something that the operator said about a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryOption {
    /// The registry, as references name it.
    pub registry: String,
    /// The other host.
    pub host: String,
}

impl std::str::FromStr for RegistryOption {
    type Err = &'static str;

    /// Reads `<registry>=<host>`, where a path may follow the host.
    fn from_str(text: &str) -> Result<Self, &'static str> {
        let (registry, host) = text.split_once('=').ok_or("expected `<registry>=<host>`")?;
        match is_registry(registry) && format!("oci://{host}/x").parse::<OciRef>().is_ok() {
            true => Ok(Self { registry: canonical(registry), host: host.to_owned() }),
            false => Err("expected host names, each perhaps with `:<port>`, on both sides of `=`"),
        }
    }
}

/// The one spelling of a registry that has several: a host is the same in capitals and
/// with the usual port, and the hub of docker has three names.
pub(super) fn canonical(registry: &str) -> String {
    let lower = registry.to_ascii_lowercase();
    let usual = lower.strip_suffix(":443").unwrap_or(&lower);
    match usual {
        "index.docker.io" | "registry-1.docker.io" => "docker.io".to_owned(),
        usual => usual.to_owned(),
    }
}

/// Whether a text names a registry: a host, and perhaps a port.
pub fn is_registry(text: &str) -> bool {
    !text.contains('/') && format!("oci://{text}/x").parse::<OciRef>().is_ok()
}

/// Who passes requests on, as the usual variables have it.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    /// For requests without encryption: `HTTP_PROXY`.
    pub http: Option<String>,
    /// For encrypted ones: `HTTPS_PROXY`.
    pub https: Option<String>,
    /// Hosts that are reached directly, as `NO_PROXY` lists them.
    pub none: String,
}

impl Proxies {
    /// The proxy for a request. What is on this machine is reached directly.
    pub(super) fn of(&self, url: &Url) -> Option<&str> {
        let proxy = if url.scheme() == "https" { &self.https } else { &self.http };
        let proxy = proxy.as_deref().filter(|proxy| !proxy.is_empty())?;
        let is_direct =
            is_loopback(url) || self.none.split(',').any(|entry| covers(entry.trim(), url));
        (!is_direct).then_some(proxy)
    }
}

/// Whether an entry of `NO_PROXY` means the host of an address: it names the host, or a
/// domain that the host is in.
fn covers(entry: &str, url: &Url) -> bool {
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

/// Whether an address is on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => is_here(address),
        Some(url::Host::Ipv6(address)) => {
            address.is_loopback()
                || address.is_unspecified()
                || address.to_ipv4_mapped().is_some_and(is_here)
        }
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

fn is_here(address: std::net::Ipv4Addr) -> bool {
    address.is_loopback() || address.is_unspecified()
}

/// Whether an address is where machines in a cloud learn their secrets, or otherwise of
/// no network at all.
pub(super) fn is_link_local(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_link_local(),
        Some(url::Host::Ipv6(address)) => {
            address.is_unicast_link_local()
                || address.to_ipv4_mapped().is_some_and(|mapped| mapped.is_link_local())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_hosts_are_reached_directly() {
        let proxy = Some("http://proxy.example:3128".to_owned());
        let none = "ghcr.io, .internal.example,10.0.0.1:5000, *.lan".to_owned();
        let proxies = Proxies { https: proxy, http: None, none };
        let is_direct = |url: &str| proxies.of(&url.parse().expect(url)).is_none();
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
        assert!(
            Proxies { none: "*".to_owned(), ..proxies }
                .of(&"https://a.example/".parse().expect("a URL"))
                .is_none()
        );
    }
}
