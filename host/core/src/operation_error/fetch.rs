//! Explains the errors of fetching packs and of bundles.

use gtc_fetch::layout::LayoutError;
use gtc_fetch::{BundleError, FetchError};
use gtc_fs::shortage::is_shortage;

use super::{ExitOutcome, Explanation, OperationError, RESOURCES, resources_hint};

impl OperationError for FetchError {
    fn explain(&self) -> Explanation {
        let hint = match self {
            Self::Write { source, .. } if is_shortage(source) => resources_hint(source),
            _ if self.is_shortage() => RESOURCES,
            Self::Registry { source, .. } | Self::Push { source, .. } => source.hint(),
            Self::Reference(_) => "write it as `oci://<registry>/<repository>:<tag>`",
            Self::Read { .. } | Self::Write { .. } | Self::Lock { .. } => {
                "check the permissions of the file"
            }
            Self::CacheLocked { .. } => "try again when the other process has finished",
            Self::MissingVersion { .. } => "name the built-in pack with its version",
            Self::NotFound { .. } if self.names_registry() => {
                "name a local file; `gtc pack pull` downloads a pack from a registry into one"
            }
            Self::UnknownScheme | Self::NoSuchBuiltin { .. } => "name a pack file",
            Self::NotFound { .. }
            | Self::NotAFile { .. }
            | Self::TooLarge { .. }
            | Self::Damaged { .. } => "check the path, or name another pack file",
        };
        if self.is_definitive() {
            Explanation::refused(self.kind(), hint)
        } else {
            Explanation::failed(self.kind(), hint)
        }
    }
}

impl OperationError for BundleError {
    fn explain(&self) -> Explanation {
        let kind = self.kind();
        match self {
            Self::Layout(error) => error.explain(),
            Self::NotAPack { .. } => Explanation::refused(
                kind,
                "load a file that `gtc pack save` wrote, or one that contains only packs",
            ),
            Self::Manifest { .. }
            | Self::SubjectMissing { .. }
            | Self::TooManySignatures { .. }
            | Self::TrustRoot { .. }
            | Self::Empty
            | Self::TwoTrustRoots => Explanation::refused(
                kind,
                "nothing was imported; copy the file again, or save it again with `gtc pack save`",
            ),
        }
    }
}

impl OperationError for LayoutError {
    fn explain(&self) -> Explanation {
        let kind = self.kind();
        match self {
            // even a file that certainly is not there is not a fault of the bundle
            Self::File(error) => {
                Explanation { kind, exit_outcome: ExitOutcome::Failed, hint: error.hint() }
            }
            Self::Read(_) | Self::Write(_) | Self::Source { .. } => {
                Explanation::failed(kind, "check the path and its permissions")
            }
            Self::Ambiguous { .. } => {
                Explanation::refused(kind, "save packs with the same name into separate files")
            }
            Self::Header { .. }
            | Self::FileType { .. }
            | Self::Name { .. }
            | Self::Duplicate { .. }
            | Self::TooMany { .. }
            | Self::TooLarge { .. }
            | Self::AllTooLarge { .. }
            | Self::Truncated { .. }
            | Self::NoEnd
            | Self::TrailingData { .. }
            | Self::Missing { .. }
            | Self::Document { .. }
            | Self::Version { .. }
            | Self::Size { .. }
            | Self::Damaged { .. } => Explanation::refused(
                kind,
                "nothing was imported; copy the file again, or save it again with `gtc pack save`",
            ),
        }
    }
}
