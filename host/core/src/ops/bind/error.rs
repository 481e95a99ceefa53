//! Errors of changing bindings.

use std::fmt;

use env_pack_domain::change::Refusal;
use env_pack_domain::{
    BindingKey, CoreSlot, DescriptorPath, EnvId, ForeignText, PackDescriptor, PackRef, Permissions,
    ResolveError, Sha256Digest,
};

use crate::operation_error::{Explanation, OperationError};
use crate::ops::answers::UnsuitableAnswers;
use crate::ops::pack_error::PackError;
use crate::ops::phrases::{describe_permissions, list_paths};
use crate::ops::suggested_commands::{
    add_extension_command, flags, history_command, inspect_command, list_command, refresh_command,
};
use crate::shell::quoted;
use gtc_fetch::FetchError;
use gtc_store::{ChangeError, StoreError};

/// A pack was not bound.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// An environment could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The change was not saved, or not recorded.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The bindings of the environment do not allow the change.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The pack could not be stored in the cache.
    #[error(transparent)]
    Cache(#[from] FetchError),
    /// The pack could not be fetched, verified or loaded.
    #[error("pack `{pack_ref}` was not bound")]
    Pack {
        /// The pack reference.
        pack_ref: PackRef,
        /// The cause.
        source: PackError,
    },
    /// The pack does not fit its binding.
    #[error(transparent)]
    Unsuitable(#[from] UnsuitablePack),
    /// The stored answers do not match the schema of the pack.
    #[error("pack `{pack_ref}` was not bound: answers `{answers_ref}` of {key} do not suit it")]
    Answers {
        /// The environment.
        environment: EnvId,
        /// The binding.
        key: BindingKey,
        /// The pack reference.
        pack_ref: PackRef,
        /// The reference to the answers.
        answers_ref: ForeignText,
        /// The cause.
        source: UnsuitableAnswers,
    },
    /// A reference leads to another digest than when it was bound.
    #[error("pack `{pack_ref}` was not bound: its digest changed from {from} to {to}")]
    ReferenceMoved {
        /// The environment.
        environment: EnvId,
        /// The binding.
        key: BindingKey,
        /// The pack reference.
        pack_ref: PackRef,
        /// The pinned digest.
        from: Sha256Digest,
        /// The current digest.
        to: Sha256Digest,
    },
    /// The binding to be replaced changed after it was read.
    #[error("{key} in environment `{environment}` was changed by another process in the meantime")]
    BindingChanged {
        /// The environment.
        environment: EnvId,
        /// The binding.
        key: BindingKey,
    },
    /// The operator granted permissions that the pack does not declare.
    #[error(
        "pack `{pack_ref}` was not bound: it does not declare the permission {}",
        describe_permissions(.undeclared)
    )]
    NotDeclared {
        /// The pack reference.
        pack_ref: PackRef,
        /// The undeclared permissions.
        undeclared: Permissions,
    },
    /// The pack requires more permissions than the operator granted.
    #[error("pack `{pack_ref}` was not bound: it requires permissions that are not granted: {}", describe_permissions(.missing))]
    NotGranted {
        /// The pack reference.
        pack_ref: PackRef,
        /// The permissions that are not granted.
        missing: Permissions,
    },
}

impl OperationError for BindError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Store(error) => error.explain(),
            Self::Change(error) => error.explain(),
            Self::Refused(error) => error.explain(),
            Self::Cache(error) => error.explain(),
            Self::Pack { source, .. } => source.explain(),
            Self::Unsuitable(error) => error.explain(),
            Self::Answers { environment, pack_ref, answers_ref, source, .. } => match source {
                UnsuitableAnswers::Schema(_) => source.explain(),
                UnsuitableAnswers::Mismatch { .. } => Explanation::refused(
                    source.code(),
                    format!(
                        "see the schema with `{}`, and write the answers with `gtc op answers put \
                         --env {environment} --answers-ref {} --file <file>`",
                        inspect_command(pack_ref),
                        quoted(answers_ref.as_exact())
                    ),
                ),
            },
            Self::ReferenceMoved { environment, key, .. } => Explanation::refused(
                "digest-drift",
                format!(
                    "review and accept the change with `{}`",
                    refresh_command(environment, key)
                ),
            ),
            Self::BindingChanged { environment, key } => binding_changed(environment, key),
            Self::NotDeclared { pack_ref, .. } => Explanation::refused(
                "unauthorized",
                format!("see its declared permissions with `{}`", inspect_command(pack_ref)),
            ),
            Self::NotGranted { missing, .. } => Explanation::refused(
                "unauthorized",
                format!(
                    "grant them with `{}`, or all declared permissions with `--declared`",
                    flags(missing)
                ),
            ),
        }
    }
}

/// A valid pack that does not fit its binding, or the other bindings of the environment.
#[derive(Debug, thiserror::Error)]
pub enum UnsuitablePack {
    /// The pack has no handler for the requested descriptor path.
    #[error("pack `{pack_ref}` was not bound: it provides {}, not `{requested}`", list_paths(.provided))]
    HandlesOtherPaths {
        /// The pack reference.
        pack_ref: PackRef,
        /// The descriptor paths of its handlers.
        provided: Vec<DescriptorPath>,
        /// The requested descriptor path.
        requested: DescriptorPath,
    },
    /// The pack has no handler, and a slot needs one.
    #[error(
        "pack `{pack_ref}` was not bound: it holds no env-pack handler, and slot `{slot}` needs one"
    )]
    NoHandler {
        /// The environment.
        environment: EnvId,
        /// The pack reference.
        pack_ref: PackRef,
        /// The slot.
        slot: CoreSlot,
        /// The extension that the pack can be bound as.
        extension: Option<PackDescriptor>,
    },
    /// The handler serves another slot, or does not support the version.
    #[error("pack `{pack_ref}` was not bound")]
    Mismatch {
        /// The pack reference.
        pack_ref: PackRef,
        /// The mismatch.
        source: ResolveError,
    },
    /// Another pack already provides the descriptor path.
    #[error(
        "pack `{pack_ref}` was not bound: descriptor path `{path}` is already provided by {owner}"
    )]
    PathTaken {
        /// The pack reference.
        pack_ref: PackRef,
        /// The descriptor path.
        path: DescriptorPath,
        /// The pack that provides it.
        owner: PathOwner,
    },
}

impl OperationError for UnsuitablePack {
    fn explain(&self) -> Explanation {
        match self {
            Self::HandlesOtherPaths { provided, .. } => Explanation::refused(
                "unknown-kind",
                match provided.as_slice() {
                    [only] => format!("bind it with `--kind {only}@<version>`"),
                    _ => "name one of these paths with `--kind <path>@<version>`".to_owned(),
                },
            ),
            Self::NoHandler { environment, pack_ref, slot, extension } => Explanation::refused(
                "no-handler",
                match extension {
                    Some(kind) => format!(
                        "bind it as an extension with `{}`, and a pack with a handler to slot `{slot}`",
                        add_extension_command(environment, kind, pack_ref)
                    ),
                    None => format!("bind a pack with a handler to slot `{slot}`"),
                },
            ),
            Self::Mismatch { source, .. } => source.explain(),
            Self::PathTaken { owner: PathOwner::Builtin(_), .. } => Explanation::refused(
                "conflict",
                "a pack cannot replace a built-in pack; use a pack with another descriptor path",
            ),
            Self::PathTaken { owner: PathOwner::Bound { .. }, .. } => Explanation::refused(
                "conflict",
                "only versions of one pack may share a descriptor path; remove the other binding \
                 first, or use a pack with another path",
            ),
        }
    }
}

/// The pack that provides a descriptor path.
#[derive(Clone, Debug)]
pub enum PathOwner {
    /// A built-in pack.
    Builtin(PackDescriptor),
    /// A pack that is bound elsewhere in the environment.
    Bound {
        /// The pack reference.
        pack_ref: PackRef,
        /// The binding.
        key: BindingKey,
    },
}

impl fmt::Display for PathOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Builtin(builtin) => write!(f, "the built-in pack `{builtin}`"),
            Self::Bound { pack_ref, key } => write!(f, "pack `{pack_ref}`, bound to {key}"),
        }
    }
}

/// A binding was not removed or rolled back.
#[derive(Debug, thiserror::Error)]
pub enum UnbindError {
    /// An environment could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The change was not saved, or not recorded.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The bindings of the environment do not allow the change.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The pack of the previous binding cannot be used.
    #[error("{key} was not rolled back to `{kind}`, archive {archive}")]
    NotRestorable {
        /// The binding.
        key: BindingKey,
        /// The descriptor of the previous binding.
        kind: PackDescriptor,
        /// The digest of its archive.
        archive: Sha256Digest,
        /// The cause.
        source: PackError,
    },
    /// The generation to restore is not kept.
    #[error("generation {generation} of {key} in environment `{environment}` is not kept")]
    GenerationNotKept {
        /// The environment.
        environment: EnvId,
        /// The binding.
        key: BindingKey,
        /// The generation.
        generation: u64,
    },
    /// The binding has the generation to restore.
    #[error("{key} in environment `{environment}` has generation {generation} now")]
    GenerationBound {
        /// The environment.
        environment: EnvId,
        /// The binding.
        key: BindingKey,
        /// The generation.
        generation: u64,
    },
    /// Another pack provides a descriptor path of the previous one.
    #[error(transparent)]
    Unsuitable(#[from] UnsuitablePack),
    /// The pack could not be stored in the cache.
    #[error(transparent)]
    Cache(#[from] FetchError),
    /// The binding changed after it was read.
    #[error("{key} in environment `{environment}` was changed by another process in the meantime")]
    BindingChanged {
        /// The environment.
        environment: EnvId,
        /// The binding.
        key: BindingKey,
    },
}

impl OperationError for UnbindError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Store(error) => error.explain(),
            Self::Change(error) => error.explain(),
            Self::Refused(error) => error.explain(),
            Self::NotRestorable { source, .. } => source.explain(),
            Self::GenerationNotKept { environment, key, .. } => Explanation::refused(
                "not-found",
                format!(
                    "see which generations can be restored with `{}`",
                    history_command(environment, key)
                ),
            ),
            Self::GenerationBound { environment, key, .. } => Explanation::refused(
                "conflict",
                format!("see earlier generations with `{}`", history_command(environment, key)),
            ),
            Self::Unsuitable(error) => error.explain(),
            Self::Cache(error) => error.explain(),
            Self::BindingChanged { environment, key } => binding_changed(environment, key),
        }
    }
}

fn binding_changed(environment: &EnvId, key: &BindingKey) -> Explanation {
    let list = list_command(environment, key);
    Explanation::refused(
        "conflict",
        format!("see what is bound with `{list}`, then run the command again"),
    )
}
