//! A record of each source that was tried, for the message when a registry denies access.

use std::fmt;
use std::path::{Path, PathBuf};

use env_pack_domain::ForeignText;

use super::credential::Credential;
use super::scope::CredentialScope;
use super::secret::Secret;

/// A source that was tried, with its result. [`Display`](fmt::Display) gives the words for
/// an error message.
#[derive(Clone, Debug)]
pub struct Attempt {
    source: CredentialSource,
    path: Option<PathBuf>,
    result: String,
    is_fault: bool,
}

/// A kind of source.
#[derive(Clone, Debug)]
pub(super) enum CredentialSource {
    Docker,
    RegistryAuthFile,
    Containers,
    /// The name of a helper, without `docker-credential-`.
    Helper(String),
    Environment,
}

/// The result of trying a source.
#[derive(Debug)]
pub(super) enum AttemptOutcome {
    Credential(Credential),
    /// The file does not exist.
    FileMissing,
    /// There is no entry for the scope.
    NoEntry,
    /// The variables are for another registry.
    OtherRegistry,
    /// The source is invalid, or failed.
    Fault(String),
}

impl AttemptOutcome {
    /// A user name and a password, if they are valid in an `Authorization` header.
    pub(super) fn basic(username: String, password: Secret) -> Self {
        if username.contains(':') {
            return Self::Fault("its user name contains a colon".to_owned());
        }
        if !is_text(&username) || !is_text(password.expose()) {
            return Self::Fault("its user name or password is not valid text".to_owned());
        }
        Self::Credential(Credential::Basic { username, password })
    }

    /// A token, if it is valid in an `Authorization` header.
    pub(super) fn bearer(token: Secret) -> Self {
        if token.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
            Self::Credential(Credential::Bearer(token))
        } else {
            Self::Fault("its token contains characters that no token has".to_owned())
        }
    }
}

/// Whether a text has no control characters and no replacement for invalid UTF-8.
fn is_text(text: &str) -> bool {
    text.chars().all(|c| !c.is_control() && c != char::REPLACEMENT_CHARACTER)
}

impl Attempt {
    pub(super) fn new(
        source: CredentialSource,
        path: Option<&Path>,
        scope: &CredentialScope,
        outcome: AttemptOutcome,
    ) -> (Self, Option<Credential>) {
        let registry = ForeignText::excerpt(scope.registry());
        let is_fault = matches!(outcome, AttemptOutcome::Fault(_));
        let mut found = None;
        let result = match outcome {
            AttemptOutcome::Credential(credential) => {
                let what = describe(&credential);
                found = Some(credential);
                format!("{what} for `{registry}`")
            }
            AttemptOutcome::FileMissing => "there is no such file".to_owned(),
            AttemptOutcome::NoEntry => format!("no entry for `{registry}`"),
            AttemptOutcome::OtherRegistry => format!("`GTC_REGISTRY_HOST` is not `{registry}`"),
            AttemptOutcome::Fault(fault) => fault,
        };
        (Self { source, path: path.map(Path::to_owned), result, is_fault }, found)
    }

    /// Whether the source was skipped because it is invalid or failed.
    pub fn is_fault(&self) -> bool {
        self.is_fault
    }
}

fn describe(credential: &Credential) -> &'static str {
    match credential {
        Credential::Anonymous => "nothing",
        Credential::Basic { .. } => "a user name and password",
        Credential::Refresh(_) => "an identity token",
        Credential::Bearer(_) => "a token",
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            CredentialSource::Docker => f.write_str("docker's")?,
            CredentialSource::RegistryAuthFile => f.write_str("`REGISTRY_AUTH_FILE`")?,
            CredentialSource::Containers => f.write_str("podman's")?,
            CredentialSource::Helper(name) => {
                write!(f, "credential helper `docker-credential-{}`", ForeignText::excerpt(name))?
            }
            CredentialSource::Environment => f.write_str("the variables `GTC_REGISTRY_…`")?,
        }
        if let Some(path) = &self.path {
            write!(f, " `{}`", ForeignText::new(path.to_string_lossy()))?;
        }
        write!(f, " ({})", self.result)
    }
}
