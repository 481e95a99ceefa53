//! Finds the addresses that a pack leaves to the operator's answers.

use std::fmt;

use super::network::{AnswerPath, NetworkAddress};

/// The value of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// There is none.
    Missing,
    /// A text.
    Text(String),
    /// A value of another type.
    Other,
}

/// An address that the answers do not name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnresolvedAddress {
    /// The place in the answers.
    pub path: AnswerPath,
    /// The reason.
    pub reason: UnresolvedReason,
}

/// The reason why answers do not name an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnresolvedReason {
    /// They have no such member.
    Missing,
    /// The member is not an address. It is not repeated, because it may be secret.
    Invalid,
}

impl fmt::Display for UnresolvedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, reason } = self;
        match reason {
            UnresolvedReason::Missing => write!(f, "`{path}` is not answered"),
            UnresolvedReason::Invalid => {
                write!(f, "`{path}` is not answered with `<host>:<port>` or an `http` URL")
            }
        }
    }
}

/// Returns the address in an answer.
pub(super) fn address_in(
    path: &AnswerPath,
    answer: Answer,
) -> Result<NetworkAddress, UnresolvedAddress> {
    let reason = match answer {
        Answer::Missing => UnresolvedReason::Missing,
        Answer::Other => UnresolvedReason::Invalid,
        Answer::Text(text) => match NetworkAddress::from_answer(text.trim()) {
            Ok(address) => return Ok(address),
            Err(_) => UnresolvedReason::Invalid,
        },
    };
    Err(UnresolvedAddress { path: path.clone(), reason })
}
