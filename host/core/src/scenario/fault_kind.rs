//! The kind of fault that a scenario may expect, by name.

use std::fmt;
use std::str::FromStr;

use env_pack_domain::{ForeignText, HandlerFault};

/// The kind of a [`HandlerFault`], by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultKind(&'static str);

impl From<&HandlerFault> for FaultKind {
    fn from(fault: &HandlerFault) -> Self {
        Self(fault.kind())
    }
}

impl FaultKind {
    /// The values that a JSON Schema lists for an optional kind.
    pub(super) fn schema_values() -> Vec<Option<&'static str>> {
        HandlerFault::KINDS.into_iter().map(Some).chain([None]).collect()
    }
}

impl FromStr for FaultKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        HandlerFault::KINDS.into_iter().find(|kind| *kind == text).map(Self).ok_or_else(|| {
            let kinds = HandlerFault::KINDS.join(", ");
            let text = ForeignText::excerpt(text);
            format!("`{text}` is not a kind of fault, expected one of {kinds}")
        })
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
