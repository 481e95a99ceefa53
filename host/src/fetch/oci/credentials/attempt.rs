//! What came of one source, for whoever wonders why a registry says no.

use std::fmt;
use std::path::{Path, PathBuf};

use env_pack_domain::ForeignText;

use super::scope::CredentialScope;
use super::{Credential, Secret};

/// A source that was looked into, and what came of it; displayed as words for an error
/// message.
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
    /// By its name, without `docker-credential-`.
    Helper(String),
    Environment,
}

/// What came of a source.
#[derive(Debug)]
pub(super) enum AttemptOutcome {
    Credential(Credential),
    /// There is no such file.
    Absent,
    /// Nothing for the place.
    Nothing,
    /// It is for another registry only.
    Elsewhere,
    /// It could not be understood, or did not work.
    Fault(String),
}

impl AttemptOutcome {
    /// A user name and a password, if they can be sent together.
    pub fn basic(username: String, password: Secret) -> Self {
        match () {
            () if username.contains(':') => Self::Fault("its user name holds a colon".to_owned()),
            () if !is_text(&username) || !is_text(password.expose()) => {
                Self::Fault("its user name or password holds what is no text".to_owned())
            }
            () => Self::Credential(Credential::Basic { username, password }),
        }
    }

    /// A token, if it can stand in a header.
    pub fn bearer(token: Secret) -> Self {
        match token.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
            true => Self::Credential(Credential::Bearer(token)),
            false => Self::Fault("its token holds what no token holds".to_owned()),
        }
    }
}

/// Whether it has no control characters and nothing in the place of bytes that are no
/// text.
fn is_text(text: &str) -> bool {
    text.chars().all(|c| !c.is_control() && c != char::REPLACEMENT_CHARACTER)
}

impl Attempt {
    pub(super) fn new(
        source: CredentialSource,
        path: Option<&Path>,
        place: &CredentialScope,
        outcome: AttemptOutcome,
    ) -> (Self, Option<Credential>) {
        let registry = ForeignText::excerpt(place.registry());
        let (result, is_fault, credential) = match outcome {
            AttemptOutcome::Credential(credential) => {
                let what = match credential {
                    Credential::Anonymous => "nothing",
                    Credential::Basic { .. } => "a user name and password",
                    Credential::Refresh(_) => "an identity token",
                    Credential::Bearer(_) => "a token",
                };
                (format!("{what} for `{registry}`"), false, Some(credential))
            }
            AttemptOutcome::Absent => ("there is no such file".to_owned(), false, None),
            AttemptOutcome::Nothing => (format!("no entry for `{registry}`"), false, None),
            AttemptOutcome::Elsewhere => {
                (format!("`GTC_REGISTRY_HOST` is not `{registry}`"), false, None)
            }
            AttemptOutcome::Fault(fault) => (fault, true, None),
        };
        (Self { source, path: path.map(Path::to_owned), result, is_fault }, credential)
    }

    /// Whether something is wrong with the source, for which it was passed over.
    pub fn is_fault(&self) -> bool {
        self.is_fault
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
