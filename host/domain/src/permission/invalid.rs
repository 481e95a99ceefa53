//! The error for a malformed permission.

use crate::ForeignText;

/// The error for a malformed permission.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a valid permission: {reason}")]
pub struct InvalidPermission {
    pub(super) text: ForeignText,
    pub(super) reason: &'static str,
}

impl InvalidPermission {
    pub(super) fn new(text: &str, reason: &'static str) -> Self {
        Self { text: ForeignText::excerpt(text), reason }
    }
}
