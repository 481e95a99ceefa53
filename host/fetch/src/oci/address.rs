//! URLs: where they lead (this machine, the local link, or another host), and their text
//! without secrets.

use std::net::Ipv4Addr;

use env_pack_domain::ForeignText;
use url::{Host, Url};

/// The host of a URL, with the port unless it is the default of the scheme.
pub(super) fn host_of(url: &Url) -> ForeignText {
    let host = url.host_str().unwrap_or_default();
    ForeignText::excerpt(
        &url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")),
    )
}

/// A URL for log lines, without user name, password, query and fragment, which can hold
/// secrets.
pub(super) fn without_secrets(url: &Url) -> ForeignText {
    ForeignText::sentence(&format!("{}://{}{}", url.scheme(), host_of(url), url.path()))
}

/// A URL without user name and password. A registry that redirects, or names a token service,
/// must not choose a login that is sent to another host.
pub(super) fn without_user_info(mut url: Url) -> Url {
    // fails for URLs that cannot have any
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

/// The text of a URL that a registry sent, for messages: without user name and password, which
/// could also pass for the host.
pub(super) fn quote_url(text: &str) -> ForeignText {
    match text.parse::<Url>() {
        Ok(url) if url.has_authority() => ForeignText::excerpt(without_user_info(url).as_str()),
        _ => ForeignText::excerpt(text),
    }
}

/// Whether a URL leads to this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => is_local_ipv4(address),
        Some(Host::Ipv6(address)) => {
            address.is_loopback()
                || address.is_unspecified()
                || address.to_ipv4_mapped().is_some_and(is_local_ipv4)
        }
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

fn is_local_ipv4(address: Ipv4Addr) -> bool {
    address.is_loopback() || address.is_unspecified()
}

/// Whether a URL has a link-local address, such as that of a cloud metadata service.
pub(super) fn is_link_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_link_local(),
        Some(Host::Ipv6(address)) => {
            address.is_unicast_link_local()
                || address.to_ipv4_mapped().is_some_and(|mapped| mapped.is_link_local())
        }
        _ => false,
    }
}

/// Whether other machines could read a request to this URL on its way.
pub(super) fn is_exposed(url: &Url) -> bool {
    url.scheme() != "https" && !is_loopback(url)
}
