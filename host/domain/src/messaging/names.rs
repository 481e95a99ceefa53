//! The names of messaging endpoints, and of what they refer to.

use std::fmt;
use std::str::FromStr;

use crate::ForeignText;
use crate::grammar::Grammar;
use crate::names::{InvalidName, check_line};
use crate::serialize::{impl_deserialize_from_str, impl_serialize_as_display};

/// Length of an id, in characters.
const ID_CHARS: usize = 26;
/// The digits of Crockford's Base32.
const DIGITS: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The id of a messaging endpoint: a [ULID](https://github.com/ulid/spec).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EndpointId(String);

impl EndpointId {
    /// Returns the id as text, with uppercase letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EndpointId {
    type Err = InvalidEndpointId;

    /// Parses an id. Lowercase letters are accepted, as the existing tools accept them.
    fn from_str(text: &str) -> Result<Self, InvalidEndpointId> {
        let id = text.to_ascii_uppercase();
        // 26 digits have 130 bits, of which an id uses 128
        let is_id = id.len() == ID_CHARS
            && id.starts_with(|first| first <= '7')
            && id.chars().all(|digit| DIGITS.contains(digit));
        if is_id {
            Ok(Self(id))
        } else {
            Err(InvalidEndpointId { text: ForeignText::excerpt(text) })
        }
    }
}

impl fmt::Display for EndpointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Grammar for EndpointId {
    const PATTERN: &'static str = "^[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}$";
}

/// The error for a text that is not the id of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an endpoint id; expected a ULID, such as `01M83W7WAY4Y7WM2ZJ8JZ66T2W`")]
pub struct InvalidEndpointId {
    text: ForeignText,
}

/// Defines names that the existing tools restrict no further: one line that is not blank.
macro_rules! line_names {
    ($($(#[$doc:meta])* $type:ident = $what:literal;)*) => { $(
        $(#[$doc])*
        ///
        /// One line of at most 128 characters, not blank.
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $type(String);

        impl $type {
            /// Returns the name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                check_line($what, text)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl fmt::Display for $type {
            /// Escapes characters that a terminal would interpret.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                ForeignText::new(&self.0).fmt(f)
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl Grammar for $type {
            const PATTERN: &'static str = r"^[^\u0000-\u001f\u007f-\u009f]{1,128}$";
        }

        impl_deserialize_from_str!($type);
    )* };
}

line_names! {
    /// The id of an instance of a messaging provider, such as `legal`. It is unique among the
    /// instances of its provider type.
    ProviderId = "provider id";
    /// The class of a messaging provider, such as `messaging.teams.bot`.
    ProviderType = "provider type";
    /// The id of a bundle.
    BundleId = "bundle id";
    /// The id of a flow in a pack.
    FlowId = "flow id";
}

impl_serialize_as_display!(EndpointId);
impl_deserialize_from_str!(EndpointId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoint_ids_are_ulids() {
        let id: EndpointId = "01m83w7way4y7wm2zj8jz66t2w".parse().expect("lowercase");
        assert_eq!(id.as_str(), "01M83W7WAY4Y7WM2ZJ8JZ66T2W");
        for good in ["00000000000000000000000000", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ"] {
            assert_eq!(good.parse::<EndpointId>().expect(good).to_string(), good);
        }
        for bad in [
            "",
            "legal",
            "01M83W7WAY4Y7WM2ZJ8JZ66T2",
            "01M83W7WAY4Y7WM2ZJ8JZ66T2WW",
            "8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
            "01M83W7WAY4Y7WM2ZJ8JZ66T2U",
            "01M83W7WAY4Y7WM2ZJ8JZ66T2\u{e9}",
            "01M83W7WAY4Y7WM2ZJ8JZ66T2\n",
        ] {
            bad.parse::<EndpointId>().expect_err(bad);
        }
    }

    #[test]
    fn names_are_lines() {
        for good in ["legal", "Teams (EU)", "日本", &"x".repeat(128)] {
            assert_eq!(good.parse::<BundleId>().expect(good).as_str(), good);
        }
        for bad in ["", " ", "a\nb", "a\u{1b}[2J", &"x".repeat(129)] {
            let error = bad.parse::<BundleId>().expect_err(bad);
            assert!(error.to_string().contains("bundle id"), "{error}");
        }
    }
}
