//! References from workloads to extensions: `ext://<path>[/<instance>]`.

use std::fmt;
use std::str::FromStr;

use crate::serialize::impl_serialize_as_display;
use crate::{BindingKey, DescriptorPath, ForeignText, InstanceId, InvalidDescriptor, InvalidName};

/// A reference to an extension binding. It has no environment and no version; the
/// instance follows the first `/`.
///
/// ```
/// use env_pack_domain::ExtRef;
/// let auth: ExtRef = "ext://acme.oauth.auth0/primary".parse()?;
/// assert_eq!(auth.path().as_str(), "acme.oauth.auth0");
/// # Ok::<(), env_pack_domain::InvalidExtRef>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ExtRef {
    path: DescriptorPath,
    instance: Option<InstanceId>,
}

impl ExtRef {
    /// Returns the descriptor path of the extension.
    pub fn path(&self) -> &DescriptorPath {
        &self.path
    }

    /// Returns the key of the binding that it refers to.
    pub fn key(&self) -> BindingKey {
        BindingKey::Extension { path: self.path.clone(), instance: self.instance.clone() }
    }
}

impl FromStr for ExtRef {
    type Err = InvalidExtRef;

    fn from_str(text: &str) -> Result<Self, InvalidExtRef> {
        let rest = text
            .strip_prefix("ext://")
            .ok_or_else(|| InvalidExtRef::NoScheme(ForeignText::excerpt(text)))?;
        let (path, instance) = match rest.split_once('/') {
            Some((path, instance)) => {
                (path, Some(instance.parse().map_err(InvalidExtRef::Instance)?))
            }
            None => (rest, None),
        };
        Ok(Self { path: path.parse().map_err(InvalidExtRef::Path)?, instance })
    }
}

impl fmt::Display for ExtRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ext://{}", self.path)?;
        if let Some(instance) = &self.instance {
            write!(f, "/{instance}")?;
        }
        Ok(())
    }
}

impl_serialize_as_display!(ExtRef);

/// The error for a text that is not an extension reference.
#[derive(Debug, thiserror::Error)]
pub enum InvalidExtRef {
    /// The text does not begin with `ext://`.
    #[error("`{0}` is not an extension reference; expected `ext://<path>[/<instance>]`")]
    NoScheme(ForeignText),
    /// The path is malformed. A version is not allowed either.
    #[error("the path of the extension reference is invalid: {0}")]
    Path(InvalidDescriptor),
    /// The instance id is malformed.
    #[error("the instance of the extension reference is invalid: {0}")]
    Instance(InvalidName),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_round_trip() {
        for text in ["ext://acme.oauth.auth0", "ext://acme.oauth.auth0/primary"] {
            assert_eq!(text.parse::<ExtRef>().expect(text).to_string(), text);
        }
    }

    #[test]
    fn errors_name_the_malformed_part() {
        for (text, part) in [
            ("acme.oauth.auth0", "expected `ext://"),
            ("EXT://acme.oauth.auth0", "expected `ext://"),
            ("ext://", "the path"),
            ("ext:///primary", "the path"),
            ("ext://acme.oauth.auth0@1.0.0", "the path"),
            ("ext://acme.oauth.auth0/", "the instance"),
            ("ext://acme.oauth.auth0/a/b", "the instance"),
            ("ext://acme.oauth.auth0/../x", "the instance"),
        ] {
            let error = text.parse::<ExtRef>().expect_err(text).to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
