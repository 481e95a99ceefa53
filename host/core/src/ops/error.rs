//! The errors of operations.

use std::fmt;

use env_pack_domain::change::Refusal;
use env_pack_domain::{
    BindingKey, DescriptorPath, ForeignText, InvalidDescriptor, KeyId, PackDescriptor, PackRef,
    Permissions, ResolveError, Sha256Digest, VersionReq,
};

use super::PackError;
use super::pack_test::TestError;
use crate::project::ProjectError;
use gtc_archive::ArchiveError;
use gtc_engine::LoadError;
use gtc_fetch::{BundleError, FetchError};
use gtc_signing::KeyError;
use gtc_store::{AnswersError, ChangeError, StoreError};

/// An operation failed.
#[derive(Debug, thiserror::Error)]
pub enum OpError {
    /// An environment could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The bindings of the environment do not allow the change.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The pack could not be fetched, verified or loaded.
    #[error("pack `{pack_ref}` was not bound: {source}")]
    Pack {
        /// The pack reference.
        pack_ref: PackRef,
        /// The cause.
        source: PackError,
    },
    /// The pack has no handler for the requested descriptor path.
    #[error("pack `{pack_ref}` was not bound: it provides {}, not `{requested}`", listed(.provided))]
    HandlesOtherPaths {
        /// The pack reference.
        pack_ref: PackRef,
        /// The descriptor paths of its handlers.
        provided: Vec<DescriptorPath>,
        /// The requested descriptor path.
        requested: DescriptorPath,
    },
    /// The handler serves another slot, or does not support the version.
    #[error("pack `{pack_ref}` was not bound: {source}")]
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
    /// Other instances of the extension use another archive.
    #[error(
        "pack `{pack_ref}` was not bound: {sibling} comes from another archive, and all instances share one handler"
    )]
    InstancesDiffer {
        /// The pack reference.
        pack_ref: PackRef,
        /// One of the other instances.
        sibling: BindingKey,
    },
    /// A reference leads to another digest than when it was bound.
    #[error("pack `{pack_ref}` was not bound: its digest changed from {from} to {to}")]
    ReferenceMoved {
        /// The environment.
        environment: env_pack_domain::EnvId,
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
        environment: env_pack_domain::EnvId,
        /// The binding.
        key: BindingKey,
    },
    /// The pack requires more permissions than the operator granted.
    #[error("pack `{pack_ref}` was not bound: it requires permissions that are not granted: {}", describe_permissions(.missing))]
    NotGranted {
        /// The pack reference.
        pack_ref: PackRef,
        /// The permissions that are not granted.
        missing: Permissions,
    },
    /// The permissions to grant are not declared by the pack.
    #[error("pack `{pack_ref}` does not declare the permission {}", describe_permissions(.undeclared))]
    NotDeclared {
        /// The pack reference.
        pack_ref: PackRef,
        /// The undeclared permissions.
        undeclared: Permissions,
    },
    /// The permissions to revoke were not granted.
    #[error("pack `{pack_ref}` was not granted the permission {}", describe_permissions(.absent))]
    NeverGranted {
        /// The environment.
        environment: env_pack_domain::EnvId,
        /// The pack reference.
        pack_ref: PackRef,
        /// The permissions that were not granted.
        absent: Permissions,
    },
    /// No pinned pack provides this descriptor path.
    #[error("no pack that provides `{kind}` is bound and pinned in environment `{environment}`")]
    NotPinned {
        /// The descriptor path.
        kind: DescriptorPath,
        /// The environment.
        environment: env_pack_domain::EnvId,
    },
    /// A pinned pack could not be read.
    #[error("pack `{pack_ref}` cannot be read: {source}")]
    PinnedPackUnreadable {
        /// The pack reference.
        pack_ref: PackRef,
        /// The cause.
        source: PackError,
    },
    /// A benchmark of a pack failed.
    #[error("cannot measure pack `{pack_ref}`: {source}")]
    BenchFailed {
        /// The pack reference.
        pack_ref: PackRef,
        /// The cause.
        source: PackError,
    },
    /// The extension is not bound.
    #[error("{key} is not bound in environment `{environment}`")]
    NotBound {
        /// The extension.
        key: BindingKey,
        /// The environment.
        environment: env_pack_domain::EnvId,
    },
    /// The answers of a binding could not be read.
    #[error("cannot read the answers of {key}: {source}")]
    Answers {
        /// The binding.
        key: BindingKey,
        /// The cause.
        source: AnswersError,
    },
    /// A change was saved, but its audit record was not written.
    #[error("the change was saved, but could not be written to the audit log")]
    AuditFailed {
        /// The cause.
        source: StoreError,
    },
    /// After the rollback, instances of one extension would use different archives.
    #[error(
        "{key} was not rolled back: {sibling} would then come from another archive, and all instances share one handler"
    )]
    InstancesWouldDiverge {
        /// The binding to roll back.
        key: BindingKey,
        /// An instance that would keep another archive.
        sibling: BindingKey,
        /// Whether the request was to roll back all instances.
        all: bool,
    },
    /// The pins of an environment could not be read, so the files in use are unknown.
    #[error("nothing was removed: could not determine which files are in use: {source}")]
    PinsUnreadable {
        /// The cause.
        source: StoreError,
    },
    /// The path of a store root could not be read, so the files in use are unknown.
    #[error("nothing was removed: could not determine which files are in use: {source}")]
    StoreRootUnreadable {
        /// The cause.
        source: FetchError,
    },
    /// The cache of compiled code could not be read.
    #[error(transparent)]
    Compiled {
        /// The cause.
        source: gtc_engine::CompiledCodeError,
    },
    /// A pack could not be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// A file that the request names could not be read.
    #[error(transparent)]
    Input {
        /// The cause.
        source: FetchError,
    },
    /// An archive is refused, or could not be built.
    #[error("pack `{pack}`: {source}")]
    Archive {
        /// The pack.
        pack: ForeignText,
        /// The cause.
        source: ArchiveError,
    },
    /// A component does not load as a handler.
    #[error("component `{}`: {source}", display_path(.path))]
    Component {
        /// The file.
        path: std::path::PathBuf,
        /// The cause.
        source: LoadError,
    },
    /// The permissions section of a component is not well-formed.
    #[error("component `{}`: its section `{}` is malformed: {reason}", display_path(.path), env_pack_domain::abi::PERMISSIONS_SECTION)]
    PermissionsSection {
        /// The file.
        path: std::path::PathBuf,
        /// The parser's message.
        reason: ForeignText,
    },
    /// A project could not be created, read or built.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// The handler does not support the version of its own pack.
    #[error(
        "the handler supports versions `{supported}`, so its pack cannot have version `{version}`"
    )]
    VersionNotSupported {
        /// The requested version of the pack.
        version: env_pack_domain::Version,
        /// The versions that the handler supports.
        supported: VersionReq,
    },
    /// A file could not be written.
    #[error("cannot write `{}`", display_path(.path))]
    Write {
        /// The file.
        path: std::path::PathBuf,
        /// The error that the system reported.
        #[source]
        source: std::io::Error,
    },
    /// A file with other content would be overwritten.
    #[error("`{}` already exists with different content", display_path(.path))]
    FileExists {
        /// The file.
        path: std::path::PathBuf,
    },
    /// The output is one of the inputs.
    #[error("`{}` is an input of this command, and is never overwritten", display_path(.path))]
    OutputIsInput {
        /// The file.
        path: std::path::PathBuf,
    },
    /// A file does not contain a key.
    #[error("`{}` is not a key: {source}", display_path(.path))]
    Key {
        /// The file.
        path: std::path::PathBuf,
        /// The cause.
        source: KeyError,
    },
    /// A key would be overwritten.
    #[error("`{}` already exists, and a key is never overwritten", display_path(.path))]
    KeyExists {
        /// The file.
        path: std::path::PathBuf,
    },
    /// The existing signature file cannot take another signature.
    #[error("cannot add a signature to the existing file `{}`: {source}", display_path(.path))]
    SignatureNotAdded {
        /// The file.
        path: std::path::PathBuf,
        /// The cause.
        source: PackError,
    },
    /// A pack has no valid signature of a trusted key.
    #[error("no trusted signature for pack `{pack_ref}`: {source}")]
    SignatureNotTrusted {
        /// The pack reference.
        pack_ref: PackRef,
        /// The cause.
        source: PackError,
    },
    /// An environment has no trust root.
    #[error("environment `{environment}` has no trust root, so no signature can be verified")]
    NoTrustRoot {
        /// The environment.
        environment: env_pack_domain::EnvId,
    },
    /// A key is not in a trust root.
    #[error("key `{key_id}` is not trusted in environment `{environment}`")]
    NotTrusted {
        /// The key.
        key_id: KeyId,
        /// The environment.
        environment: env_pack_domain::EnvId,
    },
    /// A pack could not be saved into a bundle.
    #[error("pack `{pack_ref}` was not saved: {source}")]
    NotSaved {
        /// The pack reference.
        pack_ref: PackRef,
        /// The cause.
        source: PackError,
    },
    /// An environment has no pinned pack.
    #[error("environment `{environment}` has no pinned pack, so there is nothing to save")]
    NothingToSave {
        /// The environment.
        environment: env_pack_domain::EnvId,
    },
    /// A bundle could not be read or written.
    #[error("`{}`: {source}", display_path(.path))]
    Bundle {
        /// The file.
        path: std::path::PathBuf,
        /// The cause.
        source: BundleError,
    },
    /// A bundle contains a signature that is malformed or for another archive.
    #[error("a signature of pack `{pack}` is invalid: {source}")]
    InvalidBundledSignature {
        /// The pack.
        pack: ForeignText,
        /// The cause.
        source: PackError,
    },
    /// A bundle contains no trust root.
    #[error("`{}` contains no trust root", display_path(.path))]
    NoBundledTrustRoot {
        /// The file.
        path: std::path::PathBuf,
    },
    /// The sandbox of the worker could not be checked.
    #[error(transparent)]
    Worker {
        /// The cause.
        source: LoadError,
    },
    /// A name is not a descriptor.
    #[error(transparent)]
    Descriptor(#[from] InvalidDescriptor),
    /// Scenarios could not be run or recorded.
    #[error(transparent)]
    Test(#[from] TestError),
    /// A built-in pack does not load, which is a bug in this program.
    #[error("the built-in pack `{pack}` does not load: {source}")]
    Builtin {
        /// The pack.
        pack: PackDescriptor,
        /// The cause.
        source: PackError,
    },
}

impl From<ChangeError> for OpError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Store(source) => Self::Store(source),
            ChangeError::NotAudited { source } => Self::AuditFailed { source },
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

fn listed(paths: &[DescriptorPath]) -> String {
    paths.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ")
}

/// Describes permissions in words, such as "to run `git`, to reach `example.com:443`".
pub(super) fn describe_permissions(permissions: &Permissions) -> String {
    let tools = permissions.tools.iter().map(|tool| format!("to run `{tool}`"));
    let network = permissions.network.iter().map(|address| format!("to reach `{address}`"));
    tools.chain(network).collect::<Vec<_>>().join(", ")
}

pub(super) fn display_path(path: &std::path::Path) -> ForeignText {
    ForeignText::new(path.to_string_lossy())
}
