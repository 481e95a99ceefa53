//! Explains the errors of archives, to the author of the pack.

use gtc_archive::ArchiveError;

use super::{Explanation, OperationError};

impl OperationError for ArchiveError {
    fn explain(&self) -> Explanation {
        let hint = match self {
            Self::BareComponent => {
                "pack it: `gtc pack build --component <file> --version <version>`"
            }
            Self::Profile { rule, .. } if rule.is_repackable() => {
                "download the pack again, or rewrite it in canonical form with `gtc pack repack`, which lists its changes"
            }
            Self::TooManyHandlers { .. } => {
                "use packs with fewer handlers; if you trust its author, allow more with \
                 `--limit archive.handlers=<number>`"
            }
            Self::Application => "use a pack that was built with `gtc pack build`",
            Self::Profile { .. }
            | Self::TooLarge { .. }
            | Self::NotRepackable { .. }
            | Self::Unreadable { .. }
            | Self::MissingEntry { .. }
            | Self::DocumentTooLarge { .. }
            | Self::InvalidDocument { .. }
            | Self::ListedButAbsent { .. }
            | Self::PresentButUnlisted { .. }
            | Self::ListedTwice { .. }
            | Self::SbomMismatch { .. }
            | Self::TwoSboms
            | Self::MissingComponent { .. }
            | Self::ComponentTwice { .. }
            | Self::UnlistedComponent { .. }
            | Self::InvalidDeclaration { .. }
            | Self::Unwritable { .. } => {
                "download the pack again, or rebuild it with `gtc pack build`"
            }
        };
        Explanation::refused(self.rule(), hint)
    }
}
