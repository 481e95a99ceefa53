//! The next step that the user can take after each error.

use env_pack_domain::ResolveError;
use env_pack_domain::change::Refusal;

use super::pack_error::{fetch_hint, load_hint};
use super::suggested_commands::{flags, inspect_command, refresh_command};
use super::{OpError, PathOwner};
use gtc_archive::ArchiveError;
use gtc_engine::LoadError;
use gtc_fetch::layout::LayoutError;
use gtc_fetch::{BundleError, FetchError};
use gtc_store::StoreError;

impl OpError {
    /// Returns the next step for the user, as one sentence.
    #[expect(clippy::too_many_lines, reason = "one arm for each error")]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Store(error) | Self::PinsUnreadable { source: error } => Some(store_hint(error)),
            Self::StoreRootUnreadable { .. } => Some(
                "remove the file; it is written again when a pack is bound in that store root".into(),
            ),
            Self::Compiled { .. } => Some("check the permissions of the cache; see `gtc cache path`".into()),
            Self::Refused(refusal) => refusal_hint(refusal),
            Self::HandlesOtherPaths { .. }
            | Self::Mismatch { .. }
            | Self::PathTaken { .. }
            | Self::InstancesDiffer { .. }
            | Self::InstancesWouldDiverge { .. } => Some(self.fitting_hint()),
            Self::BindingChanged { environment, .. } => {
                Some(format!("see what is bound with `gtc op env-packs list {environment}`, then run the command again"))
            }
            Self::ReferenceMoved { environment, key, .. } => {
                Some(format!("review and accept the change with `{}`", refresh_command(environment, key)))
            }
            Self::NotGranted { .. } | Self::NotDeclared { .. } | Self::NeverGranted { .. } | Self::NotPinned { .. } => {
                Some(self.granting_hint())
            }
            Self::Pack { source, .. }
            | Self::Builtin { source, .. }
            | Self::PinnedPackUnreadable { source, .. }
            | Self::BenchFailed { source, .. }
            | Self::NotSaved { source, .. } => Some(source.hint().into()),
            Self::NothingToSave { environment } => {
                Some(format!("see what is bound with `gtc op env-packs list {environment}`, or name a pack"))
            }
            Self::Bundle { source, .. } => Some(bundle_hint(source).into()),
            Self::InvalidBundledSignature { .. } => {
                Some("do not trust this file; save the packs again with `gtc pack save`".into())
            }
            Self::NoBundledTrustRoot { .. } => {
                Some("load it without `--trust-in`, or save it again with `--trust-root-of <env>`".into())
            }
            Self::SignatureNotTrusted { source, .. } => Some(source.hint().into()),
            Self::Key { .. } => Some("create a key with `gtc pack keygen`, or convert yours to PEM".into()),
            Self::SignatureNotAdded { .. } => {
                Some("name another file with `--output`, or replace the file with `--replace`".into())
            }
            Self::KeyExists { .. } => Some("name another file".into()),
            Self::NoTrustRoot { environment } => {
                Some(format!("trust a key with `gtc op trust-root add --env {environment} --key <file>`"))
            }
            Self::NotTrusted { environment, .. } => {
                Some(format!("see the trusted keys with `gtc op trust-root list {environment}`"))
            }
            Self::Fetch(error) => Some(fetch_hint(error).into()),
            Self::Write { .. } => Some("check the path and its permissions".into()),
            Self::Input { source: source @ FetchError::NotFound { path } } if path.starts_with("oci:") => {
                Some(fetch_hint(source).into())
            }
            Self::Input { .. } => Some("check the path of the file, and its permissions".into()),
            Self::AuditFailed { .. } => {
                Some("do not repeat the command; repair the audit log and record the change there".into())
            }
            Self::NotBound { environment, .. } => {
                Some(format!("see what is bound with `gtc op extensions list {environment}`"))
            }
            Self::Answers { .. } => Some("write the answers file, or bind without `--answers-ref`".into()),
            Self::PermissionsSection { .. } => Some(
                "export one handler and use one version of the SDK; or build without this section, and declare \
                 permissions with `--allow-tool` and `--allow-network`"
                    .into(),
            ),
            Self::VersionNotSupported { supported, .. } => Some(format!("choose a version that matches `{supported}`")),
            // the user who builds the component is its author
            Self::Component { source: LoadError::Fault(_), .. } => Some("fix the handler and build it again".into()),
            Self::Component { source, .. } => Some(load_hint(source).into()),
            Self::FileExists { .. } => Some("name another file with `--output`, or overwrite it with `--force`".into()),
            Self::OutputIsInput { .. } => Some("name another file with `--output`".into()),
            Self::Archive { source: ArchiveError::BareComponent, .. } => {
                Some("pack it: `gtc pack build --component <file> --version <version>`".into())
            }
            Self::Archive { source: ArchiveError::Profile { rule, .. }, .. } if rule.is_repackable() => {
                Some(
                    "download the pack again, or rewrite it in canonical form with `gtc pack repack`, which lists its changes"
                        .into(),
                )
            }
            Self::Archive { source: ArchiveError::Application, .. } => {
                Some("use a pack that was built with `gtc pack build`".into())
            }
            Self::Archive { .. } => Some("download the pack again, or rebuild it with `gtc pack build`".into()),
            Self::Project(source) => Some(source.hint().into()),
            Self::Test(error) => Some(error.hint()),
            Self::Worker { .. } | Self::Descriptor(_) => None,
        }
    }

    /// Returns the hint for a pack that does not fit its binding.
    fn fitting_hint(&self) -> String {
        match self {
            Self::HandlesOtherPaths { provided, .. } => match provided.as_slice() {
                [only] => format!("bind it with `--kind {only}@<version>`"),
                _ => "name one of these paths with `--kind <path>@<version>`".into(),
            },
            Self::Mismatch { source: ResolveError::SlotMismatch { actual, .. }, .. } => {
                format!("bind it to slot `{actual}`")
            }
            Self::Mismatch {
                source: ResolveError::VersionUnsupported { supported, .. }, ..
            } => {
                format!("ask for a version that matches `{supported}` with `--kind`")
            }
            Self::PathTaken { owner: PathOwner::Builtin(_), .. } => {
                "a pack cannot replace a built-in pack; use a pack with another descriptor path"
                    .into()
            }
            Self::InstancesDiffer { .. } => {
                "add `--all-instances` to update the other instances too".into()
            }
            Self::InstancesWouldDiverge { all: false, .. } => {
                "add `--all-instances` to roll back all instances together".into()
            }
            Self::InstancesWouldDiverge { all: true, .. } => {
                "bind one archive to all instances with `update --all-instances` instead".into()
            }
            _ => {
                "remove the other binding first, or use a pack with another descriptor path".into()
            }
        }
    }

    /// Returns the hint for permissions that are not granted, declared or pinned.
    fn granting_hint(&self) -> String {
        match self {
            Self::NotGranted { missing, .. } => format!(
                "grant them with `{}`, or all declared permissions with `--grant declared`",
                flags(missing, "--grant-")
            ),
            Self::NotDeclared { pack_ref, .. } => {
                format!("see its declared permissions with `{}`", inspect_command(pack_ref))
            }
            Self::NotPinned { environment, .. } | Self::NeverGranted { environment, .. } => {
                format!("see all grants with `gtc op grants list {environment}`")
            }
            _ => "see all grants with `gtc op grants list`".into(),
        }
    }
}

fn bundle_hint(error: &BundleError) -> &'static str {
    match error {
        BundleError::Layout(LayoutError::File(error)) => fetch_hint(error),
        BundleError::Layout(LayoutError::Ambiguous { .. }) => {
            "save packs with the same name into separate files"
        }
        BundleError::Layout(
            LayoutError::Read(_) | LayoutError::Write(_) | LayoutError::Source { .. },
        ) => "check the path and its permissions",
        BundleError::NotAPack { .. } => {
            "load a file that `gtc pack save` wrote, or one that contains only packs"
        }
        _ => "nothing was imported; copy the file again, or save it again with `gtc pack save`",
    }
}

fn store_hint(error: &StoreError) -> String {
    match error {
        StoreError::NoEnvironment { environment, .. } => {
            format!(
                "create it with `gtc op env create --env {environment}`, or see `gtc op env list`"
            )
        }
        StoreError::Malformed { .. } => {
            "nothing was changed; repair the file, or restore it from a backup".into()
        }
        StoreError::Busy { .. } => "try again when the other process has finished".into(),
        StoreError::Exists { environment, .. } => format!(
            "see it with `gtc op env show {environment}`, or bind missing defaults with `gtc op env init --env {environment}`"
        ),
        _ => "check the path and its permissions".into(),
    }
}

fn refusal_hint(refusal: &Refusal) -> Option<String> {
    match refusal {
        Refusal::UnreadablePrevious { .. } => Some("bind the pack you want with `update`".into()),
        Refusal::NotBound { environment, .. } | Refusal::NothingToUpdate { environment, .. } => {
            Some(format!(
                "see what is bound with `gtc op env-packs list {environment}` and `gtc op extensions list {environment}`"
            ))
        }
        // the message itself names the command, or there is no next step
        Refusal::AlreadyBound { .. } | Refusal::NothingToRollBack { .. } => None,
    }
}
