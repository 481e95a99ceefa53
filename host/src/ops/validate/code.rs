//! What a code is, and the macro that makes the one table of all codes.

use std::fmt;

use serde::Serialize;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingSeverity {
    /// Worth knowing; nobody has to do anything.
    Note,
    /// The pack works, and something about it is not as it should be.
    Warning,
    /// The pack is not bound, or not as its author meant it.
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

/// What the documentation says of a code.
#[derive(Clone, Copy, Debug)]
pub struct CodeDescription {
    /// The chapter that it stands in.
    pub group: &'static str,
    /// How much it matters, unless somebody asked for more.
    pub severity: FindingSeverity,
    /// What is the case, in one sentence.
    pub cause: &'static str,
    /// What to do about it, in one sentence.
    pub fix: &'static str,
}

/// Makes the table: each row a variant, a name, a severity, the cause and the fix.
macro_rules! codes {
    ($($group:literal { $($code:ident $name:literal $severity:ident $cause:literal $fix:literal;)+ })+) => {
        /// The name of something that can be wrong with a pack. Names are stable.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $cause] $code),+),+
        }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$($(Self::$code),+),+];

            /// The name.
            pub fn name(self) -> &'static str {
                match self {
                    $($(Self::$code => $name),+),+
                }
            }

            /// What the documentation says of it.
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
