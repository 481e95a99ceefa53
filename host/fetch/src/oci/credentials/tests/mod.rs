//! Credentials in files and variables. Helpers have their own tests.

mod helpers;

use std::ffi::OsString;
use std::path::PathBuf;

use super::*;

/// A home folder with credential files.
pub(super) struct Home {
    folder: tempfile::TempDir,
    variables: Vec<(OsString, OsString)>,
    limits: CredentialLimits,
}

impl Home {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { folder, variables: Vec::new(), limits: CredentialLimits::default() }
    }

    pub(super) fn with_docker(config: &str) -> Self {
        let home = Self::new();
        home.write(".docker/config.json", config);
        home
    }

    pub(super) fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, content).expect("a file");
        path
    }

    pub(super) fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.variables.push((name.into(), value.into()));
    }

    pub(super) fn find(&self, registry: &str, repository: &str) -> FoundCredential {
        let sources = CredentialSources::from_env(
            Some(self.folder.path().to_owned()),
            self.variables.clone(),
        );
        CredentialResolver::new(sources, self.limits.clone()).find(registry, repository)
    }

    /// A summary of the credential for a registry.
    pub(super) fn summary(&self, registry: &str) -> String {
        summarize(&self.find(registry, "team/vault").credential)
    }

    /// The attempts for `ghcr.io` as text, with `~` for the path of the home.
    pub(super) fn attempts(&self) -> Vec<String> {
        let found = self.find("ghcr.io", "team/vault");
        let home = self.folder.path().display().to_string();
        found.attempts.iter().map(|attempt| attempt.to_string().replace(&home, "~")).collect()
    }
}

fn summarize(credential: &Credential) -> String {
    match credential {
        Credential::Anonymous => "anonymous".to_owned(),
        Credential::Basic { username, password } => format!("{username}:{}", password.expose()),
        Credential::Refresh(token) => format!("refresh {}", token.expose()),
        Credential::Bearer(token) => format!("bearer {}", token.expose()),
    }
}

#[test]
fn without_sources_there_is_no_credential() {
    let found = CredentialResolver::new(CredentialSources::default(), CredentialLimits::default())
        .find("ghcr.io", "team/vault");
    assert!(matches!(found.credential, Credential::Anonymous));
    assert!(found.attempts.is_empty());
}

#[test]
fn credentials_of_docker_are_found() {
    // `u:p:q`, and `v:w` with the padding of the first versions of docker
    let home = Home::with_docker(
        r#"{"auths": {
            "ghcr.io": {"auth": "dTpwOnE="},
            "https://quay.io/v1/": {"auth": "djp3AAA"},
            "https://index.docker.io/v1/": {"username": "hub", "password": "pass"},
            "azure.example": {"auth": "MDA6", "identitytoken": "idt"},
            "token.example:5000": {"registrytoken": "rt", "identitytoken": "idt"},
            "empty.example": {}
        }, "HttpHeaders": {"a": "b"}, "credsStore": ""}"#,
    );
    for (registry, credential) in [
        ("ghcr.io", "u:p:q"),
        ("GHCR.IO", "u:p:q"),
        ("ghcr.io:443", "anonymous"),
        ("quay.io", "v:w"),
        ("docker.io", "hub:pass"),
        ("registry-1.docker.io", "hub:pass"),
        ("azure.example", "refresh idt"),
        ("token.example:5000", "bearer rt"),
        ("token.example", "anonymous"),
        ("empty.example", "anonymous"),
    ] {
        assert_eq!(home.summary(registry), credential, "{registry}");
    }
}

#[test]
fn sources_are_tried_in_order() {
    let mut home = Home::new();
    home.set("GTC_REGISTRY_TOKEN", "variable");
    let entry =
        |token: &str| format!(r#"{{"auths": {{"ghcr.io": {{"registrytoken": "{token}"}}}}}}"#);
    let mut sources = Vec::new();
    let mut step = |home: &Home, credential: &str| {
        assert_eq!(home.summary("ghcr.io"), format!("bearer {credential}"));
        sources.push(home.attempts().len());
    };
    step(&home, "variable");
    home.write(".config/containers/auth.json", &entry("config"));
    step(&home, "config");
    home.set("XDG_RUNTIME_DIR", home.folder.path().join("run"));
    home.write("run/containers/auth.json", &entry("run"));
    step(&home, "run");
    home.set("REGISTRY_AUTH_FILE", home.write("named.json", &entry("named")));
    step(&home, "named");
    home.write(".docker/config.json", &entry("docker"));
    step(&home, "docker");
    home.set("DOCKER_CONFIG", home.folder.path().join("elsewhere"));
    step(&home, "named");
    home.write("elsewhere/config.json", &entry("elsewhere"));
    step(&home, "elsewhere");
    assert_eq!(sources, [3, 2, 2, 2, 1, 2, 1]);
}

#[test]
fn credentials_for_a_part_of_a_registry_are_found() {
    let home = Home::new();
    home.write(
        ".config/containers/auth.json",
        r#"{"auths": {"ghcr.io": {"auth": "YTph"}, "ghcr.io/team": {"auth": "Yjpi"}, "ghcr.io/other": {"auth": "Yzpj"}}}"#,
    );
    let check = |repository, credential| {
        assert_eq!(summarize(&home.find("ghcr.io", repository).credential), credential)
    };
    check("team/vault", "b:b");
    check("team", "b:b");
    check("teams/vault", "a:a");
    check("other/x", "c:c");
    check("", "a:a");
}

#[test]
fn variables_can_be_limited_to_a_registry() {
    let mut home = Home::new();
    home.set("GTC_REGISTRY_USERNAME", "me");
    assert_eq!(home.summary("ghcr.io"), "anonymous");
    let variables = |home: &Home| home.attempts().pop().expect("words");
    assert_eq!(
        variables(&home),
        "the variables `GTC_REGISTRY_…` (`GTC_REGISTRY_USERNAME` is set, but not `GTC_REGISTRY_PASSWORD`)"
    );
    home.set("GTC_REGISTRY_PASSWORD", "secret");
    assert_eq!(home.summary("ghcr.io"), "me:secret");
    home.set("GTC_REGISTRY_HOST", "https://quay.io");
    assert_eq!(home.summary("quay.io"), "me:secret");
    assert_eq!(home.summary("ghcr.io"), "anonymous");
    assert_eq!(
        variables(&home),
        "the variables `GTC_REGISTRY_…` (`GTC_REGISTRY_HOST` is not `ghcr.io`)"
    );
    home.set("GTC_REGISTRY_TOKEN", "token");
    assert_eq!(home.summary("quay.io"), "anonymous");
}

#[test]
fn attempts_are_described() {
    let mut home = Home::with_docker(r#"{"auths": {"quay.io": {"auth": "YTph"}}}"#);
    home.set(
        "REGISTRY_AUTH_FILE",
        home.write("odd\u{1b}[2J.json", r#"{"auths": {"ghcr.io": {"auth": "YTph"}}}"#),
    );
    assert_eq!(
        home.attempts(),
        [
            r"docker's `~/.docker/config.json` (no entry for `ghcr.io`)",
            r"`REGISTRY_AUTH_FILE` `~/odd\u{1b}[2J.json` (a user name and password for `ghcr.io`)",
        ]
    );
    let none = Home::new();
    assert_eq!(
        none.attempts(),
        [
            "docker's `~/.docker/config.json` (there is no such file)",
            "podman's `~/.config/containers/auth.json` (there is no such file)",
        ]
    );
}

/// The fault of a file is reported without its content, and the next source is tried.
#[test]
fn invalid_files_are_reported_and_skipped() {
    let check = |config: &str, fault: &str| {
        let mut home = Home::with_docker(config);
        home.set("GTC_REGISTRY_TOKEN", "variable");
        assert_eq!(home.summary("ghcr.io"), "bearer variable", "{config}");
        let attempts = home.attempts();
        let begin = format!("docker's `~/.docker/config.json` ({fault}");
        assert!(
            attempts[0].starts_with(&begin) && attempts[0].ends_with(')'),
            "{config:.99}: {attempts:?}"
        );
        assert!(!format!("{:?}", home.find("ghcr.io", "")).contains("hunter2"), "{config}");
    };
    let format = "it is not JSON of the expected form: line 1, column ";
    for bad in
        ["", "hunter2", "[]x", r#"{"auths": "hunter2"}"#, r#"{"auths": {"ghcr.io": "hunter2"}}"#]
    {
        check(bad, format);
    }
    check(r#"{"auths": {"ghcr.io": {"auth": ["hunter2"]}}}"#, format);
    check(&"[".repeat(100_000), format);
    let auth = "its `auth` is not a user name and password in Base64";
    for bad in ["hunter2!", "aHVudGVyMg==", "//86", "="] {
        check(&format!(r#"{{"auths": {{"ghcr.io": {{"auth": "{bad}"}}}}}}"#), auth);
    }
    let header = r#"{"auths": {"ghcr.io": {"registrytoken": "hunter2\r\nHost: evil"}}}"#;
    check(header, "its token contains characters that no token has");
    let name = r#"{"auths": {"ghcr.io": {"username": "a:b", "password": "hunter2"}}}"#;
    check(name, "its user name contains a colon");
    let lines = r#"{"auths": {"ghcr.io": {"username": "a", "password": "hunter2\n"}}}"#;
    check(lines, "its user name or password is not valid text");
    check(&format!("{{}}{}", " ".repeat(1 << 20)), "it has more than 1048576 bytes");
}

#[test]
fn only_regular_files_are_read() {
    let home = Home::new();
    std::fs::create_dir_all(home.folder.path().join(".docker/config.json")).expect("a folder");
    let fifo = home.write(".config/containers/auth.json", "");
    std::fs::remove_file(&fifo).expect("a file");
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::from_raw_mode(0o600))
        .expect("a FIFO");
    assert_eq!(
        home.attempts(),
        [
            "docker's `~/.docker/config.json` (it is a folder, not a regular file)",
            "podman's `~/.config/containers/auth.json` (it is a FIFO, not a regular file)",
        ]
    );
}

#[test]
fn secrets_are_not_displayed() {
    let mut home = Home::with_docker(r#"{"auths": {"ghcr.io": {"auth": "dXNlcjpodW50ZXIy"}}}"#);
    home.set("GTC_REGISTRY_TOKEN", "hunter2");
    home.set("AWS_SECRET", "hunter2");
    let sources =
        CredentialSources::from_env(Some(home.folder.path().to_owned()), home.variables.clone());
    let credentials = CredentialResolver::new(sources, CredentialLimits::default());
    let found = credentials.find("ghcr.io", "team/vault");
    assert_eq!(summarize(&found.credential), "user:hunter2");
    let displayed = format!("{credentials:?} {found:?} {}", found.attempts[0]);
    assert!(!displayed.contains("hunter2") && !displayed.contains("aHVudGVy"), "{displayed}");
}
