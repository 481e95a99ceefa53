//! References to secrets, which the secrets pack of an environment keeps.

use std::fmt;
use std::str::FromStr;

use crate::EnvId;
use crate::grammar::Grammar;
use crate::serialize::{impl_deserialize_from_str, impl_serialize_as_display};

const SCHEME: &str = "secret://";
/// Maximum length of a reference, in bytes.
const MAX_BYTES: usize = 512;

/// A reference to a secret of an environment: `secret://<environment>/<path>`. The secret itself
/// is stored elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SecretRef {
    text: String,
    environment: EnvId,
}

impl SecretRef {
    /// Returns the reference as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the environment whose secret it is.
    pub fn environment(&self) -> &EnvId {
        &self.environment
    }
}

impl FromStr for SecretRef {
    type Err = InvalidSecretRef;

    fn from_str(text: &str) -> Result<Self, InvalidSecretRef> {
        if text.len() > MAX_BYTES {
            return Err(InvalidSecretRef::TooLong);
        }
        let rest = text.strip_prefix(SCHEME).ok_or(InvalidSecretRef::NotAReference)?;
        let (environment, path) = rest.split_once('/').ok_or(InvalidSecretRef::NoPath)?;
        let environment = environment.parse().map_err(|_| InvalidSecretRef::Environment)?;
        let is_legal = |c: char| c.is_ascii_graphic() && !"\"'`\\<>{}|^?#".contains(c);
        if !path.chars().all(is_legal) {
            return Err(InvalidSecretRef::Character);
        }
        if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(InvalidSecretRef::NoPath);
        }
        Ok(Self { text: text.to_owned(), environment })
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl_serialize_as_display!(SecretRef);
impl_deserialize_from_str!(SecretRef);

impl Grammar for SecretRef {
    const PATTERN: &'static str = "^secret://[A-Za-z0-9._-]{1,128}/[!-~]+$";
    const MAX_CHARS: Option<usize> = Some(MAX_BYTES);
}

/// The reason why a text is not a reference to a secret.
///
/// The message never shows the text, which may be the secret itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSecretRef {
    /// It does not begin with `secret://`, so it may be the secret.
    #[error(
        "it is not a reference; expected `secret://<environment>/<path>`, because secrets \
         themselves are never stored here (the value is not shown, as it may be one)"
    )]
    NotAReference,
    /// The environment is not a valid id.
    #[error("its environment is not valid; expected `secret://<environment>/<path>`")]
    Environment,
    /// There is no path, or one with an empty part, `.` or `..`.
    #[error(
        "it has no path, or one with an empty part, `.` or `..`; expected \
         `secret://<environment>/<path>`"
    )]
    NoPath,
    /// A character is not allowed in an address.
    #[error("its path has a character that is not allowed in an address")]
    Character,
    /// It is too long.
    #[error("it is longer than {MAX_BYTES} bytes")]
    TooLong,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_name_an_environment_and_a_path() {
        for good in ["secret://local/a", "secret://prod-eu.1/default/_/messaging-01m8/webhook:1"] {
            let reference: SecretRef = good.parse().expect(good);
            assert_eq!((reference.as_str(), reference.to_string().as_str()), (good, good));
        }
        let reference: SecretRef = "secret://prod/a/b".parse().expect("a reference");
        assert_eq!(reference.environment().as_str(), "prod");
    }

    #[test]
    fn a_value_is_refused_and_never_shown() {
        let long = format!("secret://local/{}", "x".repeat(MAX_BYTES));
        for (bad, reason) in [
            ("", InvalidSecretRef::NotAReference),
            ("hunter2", InvalidSecretRef::NotAReference),
            ("https://user:hunter2@local/a", InvalidSecretRef::NotAReference),
            ("SECRET://local/hunter2", InvalidSecretRef::NotAReference),
            ("secret://local", InvalidSecretRef::NoPath),
            ("secret://local/", InvalidSecretRef::NoPath),
            ("secret://local/a//hunter2", InvalidSecretRef::NoPath),
            ("secret://local/../hunter2", InvalidSecretRef::NoPath),
            ("secret:///hunter2", InvalidSecretRef::Environment),
            ("secret://a:hunter2@local/a", InvalidSecretRef::Environment),
            ("secret://../hunter2", InvalidSecretRef::Environment),
            ("secret://local/hunter2 x", InvalidSecretRef::Character),
            ("secret://local/hunter2\u{1b}[2J", InvalidSecretRef::Character),
            ("secret://local/a?hunter2", InvalidSecretRef::Character),
            (&long, InvalidSecretRef::TooLong),
        ] {
            let error = bad.parse::<SecretRef>().expect_err(bad);
            assert_eq!(error, reason, "{bad}");
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }
}
