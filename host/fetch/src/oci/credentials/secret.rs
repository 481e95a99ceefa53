//! Secrets that are never displayed and are overwritten in memory.

use std::fmt;

use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// A password or a token.
///
/// It has no [`Display`](fmt::Display), its [`Debug`](fmt::Debug) output is constant, and
/// its memory is overwritten on drop.
///
/// ```
/// use gtc_fetch::oci::credentials::Secret;
/// assert_eq!(format!("{:?}", Secret::new("hunter2".to_owned())), "Secret");
/// ```
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes ownership of a text.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text, for the request that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}
