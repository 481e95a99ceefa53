//! The identity of a pack, which its versions share.

use crate::ForeignText;

/// The pack that an archive is a version of, as its manifest says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackIdentity {
    /// The id of the pack.
    pub id: ForeignText,
    /// The version of the pack.
    pub version: String,
    /// The publisher of the pack.
    pub publisher: ForeignText,
}

/// Returns true if two archives, each with its verified signer, are versions of one pack: they
/// have the same pack id, and the same publisher or signer. Versions of one pack may be bound
/// side by side; unrelated packs with the same descriptor path may not.
pub(crate) fn is_same_pack(
    (ours, our_signer): (Option<&PackIdentity>, Option<&ForeignText>),
    (theirs, their_signer): (Option<&PackIdentity>, Option<&ForeignText>),
) -> bool {
    let is_same_signer = our_signer.is_some() && our_signer == their_signer;
    ours.zip(theirs).is_some_and(|(ours, theirs)| {
        ours.id == theirs.id && (ours.publisher == theirs.publisher || is_same_signer)
    })
}
