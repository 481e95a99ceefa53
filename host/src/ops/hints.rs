//! What the person does next whose operation ended without its result.

use env_pack_domain::ResolveError;
use env_pack_domain::change::Refusal;

use super::pack_error::{fetch_hint, load_hint};
use super::suggested_commands::{flags, inspect_command, refresh_command};
use super::{OpError, PathOwner};
use crate::archive::ArchiveError;
use crate::engine::LoadError;
use crate::fetch::layout::LayoutError;
use crate::fetch::{BundleError, FetchError};
use crate::store::StoreError;

impl OpError {
    /// What to do next, as one sentence.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Store(error) | Self::PinsUnreadable { source: error } => Some(store_hint(error)),
            Self::StoreRootUnreadable { .. } => Some(
                "remove the file; what folders of environments still need, they note when a pack is bound there".into(),
            ),
            Self::Compiled { .. } => Some("check the permissions of the cache; see `gtc cache path`".into()),
            Self::Refused(refusal) => refusal_hint(refusal),
            Self::HandlesOtherPaths { .. }
            | Self::Mismatch { .. }
            | Self::PathTaken { .. }
            | Self::InstancesDiffer { .. }
            | Self::InstancesWouldDiverge { .. } => Some(self.fitting_hint()),
            Self::BindingChanged { environment, .. } => {
                Some(format!("see what is bound now with `gtc op env-packs list {environment}`, and ask again"))
            }
            Self::ReferenceMoved { environment, key, .. } => {
                Some(format!("see what changed, and take it, with `{}`", refresh_command(environment, key)))
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
                Some("do not trust this file; have it saved again with `gtc pack save`".into())
            }
            Self::NoBundledTrustRoot { .. } => {
                Some("load it without `--trust-in`, or have it saved with `--trust-root-of <env>`".into())
            }
            Self::SignatureNotTrusted { source, .. } => Some(source.hint().into()),
            Self::Key { .. } => Some("make a key with `gtc pack keygen`, or convert yours to PEM".into()),
            Self::SignatureNotAdded { .. } => {
                Some("name another file with `--output`, or have it overwritten with `--replace`".into())
            }
            Self::KeyExists { .. } => Some("name another file".into()),
            Self::NoTrustRoot { environment } => {
                Some(format!("trust a key with `gtc op trust-root add --env {environment} --key <file>`"))
            }
            Self::NotTrusted { environment, .. } => {
                Some(format!("see who is trusted with `gtc op trust-root list {environment}`"))
            }
            Self::Fetch(error) => Some(fetch_hint(error).into()),
            Self::Write { .. } => Some("check the path and its permissions".into()),
            Self::Input { source: source @ FetchError::NotFound { path } } if path.starts_with("oci:") => {
                Some(fetch_hint(source).into())
            }
            Self::Input { .. } => Some("check the path of the file, and its permissions".into()),
            Self::AuditFailed { .. } => {
                Some("do not ask for it again; mend the audit log, and note there what was done".into())
            }
            Self::NotBound { environment, .. } => {
                Some(format!("see what is bound with `gtc op extensions list {environment}`"))
            }
            Self::Answers { .. } => Some("write the answers file, or bind without `--answers-ref`".into()),
            Self::PermissionsSection { .. } => Some(
                "export one handler, with the same version of the SDK throughout; or have it write no such section, and declare \
                 permissions with `--allow-tool` and `--allow-network`"
                    .into(),
            ),
            Self::VersionNotSupported { supported, .. } => Some(format!("choose a version that matches `{supported}`")),
            // who builds it is its author
            Self::Component { source: LoadError::Fault(_), .. } => Some("mend the handler, and build it again".into()),
            Self::Component { source, .. } => Some(load_hint(source).into()),
            Self::FileExists { .. } => Some("name another file with `--output`, or overwrite it with `--force`".into()),
            Self::OutputIsInput { .. } => Some("name another file with `--output`".into()),
            Self::Archive { source: ArchiveError::BareComponent, .. } => {
                Some("pack it: `gtc pack build --component <file> --version <version>`".into())
            }
            Self::Archive { source: ArchiveError::Profile { rule, .. }, .. } if rule.is_repackable() => {
                Some(
                    "get the pack again, or make it canonical with `gtc pack repack`, which says what it changes"
                        .into(),
                )
            }
            Self::Archive { source: ArchiveError::Application, .. } => {
                Some("use a pack that was built with `gtc pack build`".into())
            }
            Self::Archive { .. } => Some("get the pack again, or rebuild it with `gtc pack build`".into()),
            Self::Project(source) => Some(source.hint().into()),
            Self::Test(error) => Some(error.hint()),
            Self::Worker { .. } | Self::Descriptor(_) => None,
        }
    }

    /// When a pack does not fit where it was to be bound.
    fn fitting_hint(&self) -> String {
        match self {
            Self::HandlesOtherPaths { answered, .. } => match answered.as_slice() {
                [only] => format!("bind it with `--kind {only}@<version>`"),
                _ => "name one of these paths with `--kind <path>@<version>`".into(),
            },
            Self::Mismatch { source: ResolveError::SlotMismatch { actual, .. }, .. } => {
                format!("bind it to slot `{actual}`")
            }
            Self::Mismatch { source: ResolveError::VersionUnsupported { supported, .. }, .. } => {
                format!("ask for a version that matches `{supported}` with `--kind`")
            }
            Self::PathTaken { owner: PathOwner::Builtin(_), .. } => {
                "no pack can stand in for a built-in one; use a pack with a path of its own".into()
            }
            Self::InstancesDiffer { .. } => "add `--all-instances`, so that the other instances move along".into(),
            Self::InstancesWouldDiverge { all: false, .. } => {
                "add `--all-instances`, so that they are rolled back together".into()
            }
            Self::InstancesWouldDiverge { all: true, .. } => "bring them together with `update --all-instances` instead".into(),
            _ => "a path belongs to one pack; unbind the other one first, or use a pack with a path of its own".into(),
        }
    }

    /// When a pack may do less than it wants, or wants less than it was to be allowed.
    fn granting_hint(&self) -> String {
        match self {
            Self::NotGranted { missing, .. } => format!(
                "grant it with `{}`, or everything the pack declares with `--grant declared`",
                flags(missing, "--grant-")
            ),
            Self::NotDeclared { pack_ref, .. } => {
                format!("see what it declares with `{}`", inspect_command(pack_ref))
            }
            Self::NotPinned { environment, .. } | Self::NeverGranted { environment, .. } => {
                format!("see what was granted to whom with `gtc op grants list {environment}`")
            }
            _ => "see what was granted to whom with `gtc op grants list`".into(),
        }
    }
}

fn bundle_hint(error: &BundleError) -> &'static str {
    match error {
        BundleError::Layout(LayoutError::File(error)) => fetch_hint(error),
        BundleError::Layout(LayoutError::Ambiguous { .. }) => {
            "packs of one name cannot go into one file; save one of them by itself"
        }
        BundleError::Layout(
            LayoutError::Read(_) | LayoutError::Write(_) | LayoutError::Source { .. },
        ) => "check the path and its permissions",
        BundleError::NotAPack { .. } => {
            "load a file that `gtc pack save` wrote, or one that holds packs only"
        }
        _ => {
            "get the file again, or have it saved again with `gtc pack save`; nothing of it was kept"
        }
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
            "mend the file, or put a backup in its place; nothing was changed".into()
        }
        StoreError::Busy { .. } => "try again when the other process has finished".into(),
        StoreError::Exists { environment, .. } => format!(
            "see it with `gtc op env show {environment}`, or heal its defaults with `gtc op env init --env {environment}`"
        ),
        _ => "check the path and its permissions".into(),
    }
}

fn refusal_hint(refusal: &Refusal) -> Option<String> {
    match refusal {
        Refusal::UnreadablePrevious { .. } => {
            Some("bind what you want to have there with `update`".into())
        }
        Refusal::NotBound { environment, .. } | Refusal::NothingToUpdate { environment, .. } => {
            Some(format!(
                "see what is bound with `gtc op env-packs list {environment}` and `gtc op extensions list {environment}`"
            ))
        }
        // the sentence itself says what to use, or there is nothing to be done
        Refusal::AlreadyBound { .. } | Refusal::NothingToRollBack { .. } => None,
    }
}
