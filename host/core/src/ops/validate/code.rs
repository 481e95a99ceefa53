//! The description of a code, and the macro that makes the table of all codes.

use std::fmt;

use serde::Serialize;

/// The severity of a finding, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingSeverity {
    /// For information; never counts against a pack.
    Note,
    /// The pack works, but should be changed; counts against a pack with `--strict`.
    Warning,
    /// The pack cannot be bound, or does not work as intended; counts against a pack.
    Error,
}

impl fmt::Display for FindingSeverity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// The documentation of a code.
#[derive(Clone, Copy, Debug)]
pub struct CodeDescription {
    /// The heading of its chapter in `docs/validate.md`.
    pub group: &'static str,
    /// The severity, unless the request raises it.
    pub severity: FindingSeverity,
    /// The problem, in one sentence.
    pub cause: &'static str,
    /// The change that the author should make, in one sentence.
    pub fix: &'static str,
}

/// Defines [`Code`](super::Code): each row is a variant, a name, a severity, the cause and
/// the fix.
macro_rules! codes {
    ($($group:literal { $($code:ident $name:literal $severity:ident $cause:literal $fix:literal;)+ })+) => {
        /// A problem that a pack can have. Names are stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $cause] $code),+),+
        }

        impl Code {
            /// All codes, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$($(Self::$code),+),+];

            /// The stable name, such as `zip-end-record`.
            pub fn name(self) -> &'static str {
                match self {
                    $($(Self::$code => $name),+),+
                }
            }

            /// The documentation of the code.
            pub fn description(self) -> CodeDescription {
                let (group, severity, cause, fix) = match self {
                    $($(Self::$code => ($group, FindingSeverity::$severity, $cause, $fix)),+),+
                };
                CodeDescription { group, severity, cause, fix }
            }
        }
    };
}

pub(super) use codes;
