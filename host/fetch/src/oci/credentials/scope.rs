//! The scope of a credential: a registry, or a part of one, as keys in credential files
//! name it.

use std::collections::BTreeMap;

/// The key of Docker Hub in the files of Docker and for its helpers.
const DOCKER_HUB_KEY: &str = "https://index.docker.io/v1/";
/// The names of Docker Hub, the canonical one first.
const DOCKER_HUB: [&str; 3] = ["docker.io", "index.docker.io", "registry-1.docker.io"];

/// The repository that a credential is looked up for.
#[derive(Debug)]
pub(super) struct CredentialScope {
    registry: String,
    /// Matching keys in normal form, from the most specific one to the registry:
    /// `quay.io/team/vault`, `quay.io/team`, `quay.io`.
    keys: Vec<String>,
}

impl CredentialScope {
    pub(super) fn new(registry: &str, repository: &str) -> Self {
        let host = canonical_host(registry);
        let segments: Vec<&str> =
            repository.split('/').filter(|segment| !segment.is_empty()).collect();
        let keys = (0..=segments.len())
            .rev()
            .map(|count| [&[host.as_str()], &segments[..count]].concat().join("/"))
            .collect();
        Self { registry: registry.to_owned(), keys }
    }

    /// The registry, as it was given.
    pub(super) fn registry(&self) -> &str {
        &self.registry
    }

    /// The name of the registry in a request to a credential helper.
    pub(super) fn server(&self) -> &str {
        if self.keys.last().is_some_and(|host| host == DOCKER_HUB[0]) {
            DOCKER_HUB_KEY
        } else {
            &self.registry
        }
    }

    /// Whether a key names the whole registry.
    pub(super) fn is_registry(&self, key: &str) -> bool {
        self.keys.last() == Some(&normalize(key))
    }

    /// The most specific entry. If several keys have the same normal form, the one that is
    /// written in it.
    pub(super) fn find<'a, V>(&self, entries: &'a BTreeMap<String, V>) -> Option<&'a V> {
        self.keys.iter().find_map(|wanted| {
            let matching = entries.iter().filter(|(key, _)| normalize(key) == *wanted);
            matching.max_by_key(|(key, _)| *key == wanted).map(|(_, entry)| entry)
        })
    }
}

/// The normal form of a key: without scheme and API version, the host in lower case and
/// canonical. A key with a scheme names the whole registry, whatever its path is.
fn normalize(key: &str) -> String {
    let address = ["https://", "http://"].iter().find_map(|scheme| key.strip_prefix(scheme));
    let name = address.unwrap_or(key);
    let (registry, path) = name.split_once('/').unwrap_or((name, ""));
    let path = path.trim_end_matches('/');
    let host = canonical_host(registry);
    if address.is_some() || ["", "v1", "v2"].contains(&path) {
        host
    } else {
        format!("{host}/{path}")
    }
}

fn canonical_host(registry: &str) -> String {
    let host = registry.to_ascii_lowercase();
    if DOCKER_HUB.contains(&host.as_str()) { DOCKER_HUB[0].to_owned() } else { host }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(key: &str, expected: &str) {
        assert_eq!(normalize(key), expected);
    }

    #[test]
    fn keys_have_one_normal_form() {
        check("ghcr.io", "ghcr.io");
        check("https://GHCR.io", "ghcr.io");
        check("https://ghcr.io/v1/", "ghcr.io");
        check("http://ghcr.io/v2", "ghcr.io");
        check("ghcr.io/v1/", "ghcr.io");
        check("https://index.docker.io/v1/", "docker.io");
        check("registry-1.docker.io", "docker.io");
        check("localhost:5000", "localhost:5000");
        check("quay.io/Team/vault/", "quay.io/Team/vault");
        check("https://quay.io/team", "quay.io");
        check("", "");
        check("https://", "");
        check("///", "");
    }

    #[test]
    fn the_most_specific_key_wins() {
        let keys = [
            "quay.io/team",
            "quay.io",
            "https://quay.io",
            "quay.io/team/vault",
            "quay.io/te",
            "other.io",
        ];
        let entries: BTreeMap<String, &str> =
            keys.iter().map(|key| ((*key).to_owned(), *key)).collect();
        let check = |registry, repository, key| {
            assert_eq!(
                CredentialScope::new(registry, repository).find(&entries).copied(),
                key,
                "{registry}/{repository}"
            );
        };
        check("quay.io", "team/vault", Some("quay.io/team/vault"));
        check("quay.io", "team/vault/deep", Some("quay.io/team/vault"));
        check("quay.io", "team/other", Some("quay.io/team"));
        check("quay.io", "teams", Some("quay.io"));
        check("QUAY.io", "", Some("quay.io"));
        check("quay.io:443", "team/vault", None);
        check("xquay.io", "team/vault", None);
    }
}
