//! The stable kind and the exit outcome of each error.

use env_pack_domain::ResolveError;
use env_pack_domain::change::Refusal;

use super::{OpError, PackError};
use gtc_store::StoreError;

/// Whether a failed operation was refused, or could not be carried out. The exit codes
/// differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitOutcome {
    /// The operation was refused: exit code 1.
    Refused,
    /// The operation could not be carried out: exit code 2.
    Failed,
}

impl OpError {
    /// Returns a stable name of the error for programs. It is the existing tools' name
    /// where they have one.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Store(StoreError::NoEnvironment { .. })
            | Self::NotBound { .. }
            | Self::NotPinned { .. } => "not-found",
            Self::NeverGranted { .. } | Self::NotTrusted { .. } | Self::NoTrustRoot { .. } => {
                "not-found"
            }
            Self::NothingToSave { .. } | Self::NoBundledTrustRoot { .. } => "not-found",
            Self::Bundle { source, .. } => source.kind(),
            Self::Refused(Refusal::NotBound { .. } | Refusal::NothingToUpdate { .. }) => {
                "not-found"
            }
            Self::Refused(_) | Self::Store(StoreError::Exists { .. }) => "conflict",
            Self::PathTaken { .. }
            | Self::InstancesDiffer { .. }
            | Self::InstancesWouldDiverge { .. }
            | Self::OutputIsInput { .. }
            | Self::FileExists { .. }
            | Self::SignatureNotAdded { .. }
            | Self::KeyExists { .. } => "conflict",
            Self::ReferenceMoved { .. } => "digest-drift",
            Self::BindingChanged { .. } => "conflict",
            Self::AuditFailed { .. } => "audit",
            Self::Store(StoreError::Io { .. }) | Self::Write { .. } => "io",
            Self::Store(_) | Self::PinsUnreadable { .. } => "store",
            Self::Compiled { source } => source.kind(),
            Self::Answers { .. } => "answers-parse",
            Self::NotGranted { .. } | Self::NotDeclared { .. } => "unauthorized",
            Self::Descriptor(_) | Self::VersionNotSupported { .. } => "invalid-argument",
            Self::Project(source) => source.kind(),
            Self::Fetch(error)
            | Self::Input { source: error }
            | Self::StoreRootUnreadable { source: error } => error.kind(),
            Self::Test(error) => error.kind(),
            Self::Key { .. } => "invalid-key",
            Self::Pack { source, .. }
            | Self::Builtin { source, .. }
            | Self::PinnedPackUnreadable { source, .. }
            | Self::BenchFailed { source, .. }
            | Self::NotSaved { source, .. }
            | Self::InvalidBundledSignature { source, .. }
            | Self::SignatureNotTrusted { source, .. } => source.kind(),
            Self::Archive { source, .. } => source.rule(),
            Self::Component { source, .. } | Self::Worker { source } => source.kind(),
            Self::PermissionsSection { .. } => "permissions-malformed",
            Self::HandlesOtherPaths { .. } => "unknown-kind",
            Self::Mismatch { source: ResolveError::SlotMismatch { .. }, .. } => "slot-mismatch",
            Self::Mismatch { .. } => "version-skew",
        }
    }

    /// Returns whether the operation was refused or could not be carried out.
    pub fn exit_outcome(&self) -> ExitOutcome {
        match self {
            Self::Store(StoreError::NoEnvironment { .. } | StoreError::Exists { .. }) => {
                ExitOutcome::Refused
            }
            Self::Test(error) => error.exit_outcome(),
            Self::Input { .. } | Self::Key { .. } => ExitOutcome::Failed,
            Self::Store(_) | Self::Write { .. } | Self::Builtin { .. } | Self::Descriptor(_) => {
                ExitOutcome::Failed
            }
            Self::Project(source) if source.is_refusal() => ExitOutcome::Refused,
            Self::Project(_) => ExitOutcome::Failed,
            Self::Worker { .. } | Self::AuditFailed { .. } => ExitOutcome::Failed,
            Self::Bundle { source, .. } if !source.is_definitive() => ExitOutcome::Failed,
            Self::Component { source, .. } if super::pack_error::is_host_fault(source) => {
                ExitOutcome::Failed
            }
            Self::Pack { source: PackError::Handler { source, .. }, .. }
            | Self::BenchFailed { source: PackError::Handler { source, .. }, .. }
                if super::pack_error::is_host_fault(source) =>
            {
                ExitOutcome::Failed
            }
            Self::PinsUnreadable { .. }
            | Self::StoreRootUnreadable { .. }
            | Self::Compiled { .. } => ExitOutcome::Failed,
            Self::Pack { source: PackError::SignatureFile { source }, .. }
            | Self::SignatureNotTrusted { source: PackError::SignatureFile { source }, .. }
                if !source.is_definitive() =>
            {
                ExitOutcome::Failed
            }
            Self::Fetch(source)
            | Self::Pack { source: PackError::Fetch(source), .. }
            | Self::PinnedPackUnreadable { source: PackError::Fetch(source), .. }
            | Self::NotSaved {
                source: PackError::Fetch(source) | PackError::SignatureFile { source },
                ..
            } if !source.is_definitive() => ExitOutcome::Failed,
            _ => ExitOutcome::Refused,
        }
    }
}
