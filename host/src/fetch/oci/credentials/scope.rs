//! What a credential is for: a registry, or a part of one, however its key in a file is
//! written.

use std::collections::BTreeMap;

/// How docker names its own registry in its files, and to its helpers.
const DOCKER_HUB_KEY: &str = "https://index.docker.io/v1/";
/// The names docker's own registry has.
const DOCKER_HUB: [&str; 3] = ["docker.io", "index.docker.io", "registry-1.docker.io"];

/// A repository of a registry.
#[derive(Debug)]
pub(super) struct CredentialScope {
    registry: String,
    /// As keys are written in normal form: the whole path first, then one segment less
    /// each, and at last the registry.
    keys: Vec<String>,
}

impl CredentialScope {
    pub fn new(registry: &str, repository: &str) -> Self {
        let host = host(registry);
        let segments: Vec<&str> =
            repository.split('/').filter(|segment| !segment.is_empty()).collect();
        let path = |count| [&[host.as_str()], &segments[..count]].concat().join("/");
        Self { registry: registry.to_owned(), keys: (0..=segments.len()).rev().map(path).collect() }
    }

    /// The registry, as it was given.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The registry as helpers are asked for it.
    pub fn server(&self) -> &str {
        if self.keys.last().is_some_and(|host| host == DOCKER_HUB[0]) {
            DOCKER_HUB_KEY
        } else {
            &self.registry
        }
    }

    /// Whether a key stands for this registry as a whole.
    pub fn is_registry(&self, key: &str) -> bool {
        self.keys.last() == Some(&normal(key))
    }

    /// The entry that says most exactly that it is for this place. Of two that say the
    /// same, the one spelt in normal form.
    pub fn find<'a, V>(&self, entries: &'a BTreeMap<String, V>) -> Option<&'a V> {
        self.keys.iter().find_map(|wanted| {
            let same = entries.iter().filter(|(key, _)| normal(key) == *wanted);
            same.max_by_key(|(key, _)| *key == wanted).map(|(_, entry)| entry)
        })
    }
}

/// A key without what may be written or left out: `https://` and the version of the interface, capitals of the host, the other
/// names of docker's registry. A key that is an address stands for the whole registry,
/// whatever its path is.
fn normal(key: &str) -> String {
    let address = ["https://", "http://"].iter().find_map(|scheme| key.strip_prefix(scheme));
    let (registry, path) =
        address.unwrap_or(key).split_once('/').unwrap_or((address.unwrap_or(key), ""));
    let path = path.trim_end_matches('/');
    match address.is_some() || ["", "v1", "v2"].contains(&path) {
        true => host(registry),
        false => format!("{}/{path}", host(registry)),
    }
}

fn host(registry: &str) -> String {
    let host = registry.to_ascii_lowercase();
    if DOCKER_HUB.contains(&host.as_str()) { DOCKER_HUB[0].to_owned() } else { host }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(key: &str, is: &str) {
        assert_eq!(normal(key), is);
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
    fn the_longest_key_wins() {
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
