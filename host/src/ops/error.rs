//! Why an operation did not do what it was asked, and what the person does next.

use std::fmt;

use env_pack_domain::change::Refusal;
use env_pack_domain::{
    BindingKey, DescriptorPath, ForeignText, InvalidDescriptor, KeyId, PackDescriptor, PackRef,
    Permissions, ResolveError, Sha256Digest, VersionReq,
};

use super::PackError;
use super::pack_test::TestError;
use crate::archive::ArchiveError;
use crate::engine::LoadError;
use crate::fetch::{BundleError, FetchError};
use crate::project::ProjectError;
use crate::signing::KeyError;
use crate::store::{AnswersError, StoreError};

/// Why an operation ended without its result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpError {
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The bindings do not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The pack cannot be used.
    #[error("pack `{pack_ref}` was not bound: {source}")]
    Pack {
        /// Where the pack is.
        pack_ref: PackRef,
        /// Why.
        source: PackError,
    },
    /// The pack holds another handler than the one asked for.
    #[error("pack `{pack_ref}` was not bound: it answers for {}, not for `{asked}`", listed(.answered))]
    HandlesOtherPaths {
        /// Where the pack is.
        pack_ref: PackRef,
        /// The paths it answers for.
        answered: Vec<DescriptorPath>,
        /// The path asked for.
        asked: DescriptorPath,
    },
    /// The handler does not fit the binding.
    #[error("pack `{pack_ref}` was not bound: {source}")]
    Mismatch {
        /// Where the pack is.
        pack_ref: PackRef,
        /// What does not fit.
        source: ResolveError,
    },
    /// The path is taken by another pack.
    #[error(
        "pack `{pack_ref}` was not bound: descriptor path `{path}` is already answered for by {owner}"
    )]
    PathTaken {
        /// Where the pack is.
        pack_ref: PackRef,
        /// The path.
        path: DescriptorPath,
        /// By whom.
        owner: PathOwner,
    },
    /// Other instances of the extension come from another archive.
    #[error(
        "pack `{pack_ref}` was not bound: {sibling} comes from another archive, and all instances share one handler"
    )]
    InstancesDiffer {
        /// Where the pack is.
        pack_ref: PackRef,
        /// One of the other instances.
        sibling: BindingKey,
    },
    /// A tag stands for something else than when it was bound.
    #[error("pack `{pack_ref}` was not bound: it moved from {from} to {to}")]
    ReferenceMoved {
        /// The environment.
        environment: env_pack_domain::EnvId,
        /// Where it is bound.
        key: BindingKey,
        /// Where the pack is.
        pack_ref: PackRef,
        /// What it was.
        from: Sha256Digest,
        /// What it is.
        to: Sha256Digest,
    },
    /// Somebody else changed a binding that was about to be replaced.
    #[error("{key} in environment `{environment}` was changed by somebody else meanwhile")]
    BindingChanged {
        /// The environment.
        environment: env_pack_domain::EnvId,
        /// The binding.
        key: BindingKey,
    },
    /// The pack asks for more than the operator granted.
    #[error("pack `{pack_ref}` was not bound: it asks for what nobody granted: {}", describe_permissions(.missing))]
    NotGranted {
        /// Where the pack is.
        pack_ref: PackRef,
        /// What it asks for.
        missing: Permissions,
    },
    /// Somebody wants to grant what the pack does not ask for.
    #[error("pack `{pack_ref}` does not declare that it wants {}", describe_permissions(.undeclared))]
    NotDeclared {
        /// Where the pack is.
        pack_ref: PackRef,
        /// What it does not ask for.
        undeclared: Permissions,
    },
    /// Somebody wants to take away what the pack does not have.
    #[error("pack `{pack_ref}` was not granted {}", describe_permissions(.absent))]
    NeverGranted {
        /// The environment.
        environment: env_pack_domain::EnvId,
        /// Where the pack is.
        pack_ref: PackRef,
        /// What it does not have.
        absent: Permissions,
    },
    /// No pinned pack answers for this path.
    #[error("no pack that answers for `{kind}` is bound and pinned in environment `{environment}`")]
    NotPinned {
        /// The path.
        kind: DescriptorPath,
        /// The environment.
        environment: env_pack_domain::EnvId,
    },
    /// A pinned pack cannot be read.
    #[error("pack `{pack_ref}` cannot be read: {source}")]
    PinnedPackUnreadable {
        /// Where the pack is.
        pack_ref: PackRef,
        /// Why.
        source: PackError,
    },
    /// A pack cannot be measured.
    #[error("pack `{pack_ref}` cannot be measured: {source}")]
    BenchFailed {
        /// Where the pack is.
        pack_ref: PackRef,
        /// Why.
        source: PackError,
    },
    /// No extension of this name is bound.
    #[error("{key} is not bound in environment `{environment}`")]
    NotBound {
        /// The extension.
        key: BindingKey,
        /// The environment.
        environment: env_pack_domain::EnvId,
    },
    /// The answers of a binding cannot be had.
    #[error("{key} has no readable answers: {source}")]
    Answers {
        /// The binding.
        key: BindingKey,
        /// Why.
        source: AnswersError,
    },
    /// A change was made, but the audit log does not know of it.
    #[error("the change was made, but the audit log does not hold it")]
    AuditFailed {
        /// Why.
        source: StoreError,
    },
    /// Instances of one extension would come from different archives.
    #[error(
        "{key} was not rolled back: {sibling} would then come from another archive, and all instances share one handler"
    )]
    InstancesWouldDiverge {
        /// What was to be rolled back.
        key: BindingKey,
        /// An instance that would stay behind.
        sibling: BindingKey,
        /// Whether all of them were to be rolled back.
        all: bool,
    },
    /// Nobody knows what an environment needs of the cache.
    #[error("nothing was taken away, because nobody knows what is needed: {source}")]
    PinsUnreadable {
        /// Why.
        source: StoreError,
    },
    /// Nobody knows which folder of environments needs something of the cache.
    #[error("nothing was taken away, because nobody knows what is needed: {source}")]
    StoreRootUnreadable {
        /// Why.
        source: FetchError,
    },
    /// The store of compiled code cannot be read.
    #[error(transparent)]
    Compiled {
        /// Why.
        source: crate::engine::CompiledCodeError,
    },
    /// A file cannot be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// A file that an argument names cannot be read.
    #[error(transparent)]
    Input {
        /// Why.
        source: FetchError,
    },
    /// A pack cannot be read or written.
    #[error("pack `{pack}`: {source}")]
    Archive {
        /// The pack.
        pack: ForeignText,
        /// Why.
        source: ArchiveError,
    },
    /// A component cannot be packed.
    #[error("component `{}`: {source}", display_path(.path))]
    Component {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        source: LoadError,
    },
    /// What a component says of the permissions it needs is not well-formed.
    #[error("component `{}`: its section `{}` is malformed: {reason}", display_path(.path), env_pack_domain::abi::PERMISSIONS_SECTION)]
    PermissionsSection {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong.
        reason: ForeignText,
    },
    /// A project cannot be made, read or built.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// A pack would not be accepted by its own handler.
    #[error(
        "the handler supports versions `{supported}`, so its pack cannot have version `{version}`"
    )]
    VersionNotSupported {
        /// The version asked for.
        version: env_pack_domain::Version,
        /// What the handler supports.
        supported: VersionReq,
    },
    /// A file cannot be written.
    #[error("cannot write `{}`", display_path(.path))]
    Write {
        /// The file.
        path: std::path::PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file that somebody may need would be overwritten.
    #[error("`{}` is there already, with other content", display_path(.path))]
    FileExists {
        /// The file.
        path: std::path::PathBuf,
    },
    /// A pack would be written over what it is made from.
    #[error("`{}` is the archive itself, which is never overwritten", display_path(.path))]
    OutputIsInput {
        /// The file.
        path: std::path::PathBuf,
    },
    /// A file holds no key.
    #[error("`{}` is no key: {source}", display_path(.path))]
    Key {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        source: KeyError,
    },
    /// A key would be overwritten.
    #[error("`{}` is there already, and a key is never overwritten", display_path(.path))]
    KeyExists {
        /// The file.
        path: std::path::PathBuf,
    },
    /// A signature cannot be added to what is in its place.
    #[error("`{}` is there already, and is nothing that a signature can be added to: {source}", display_path(.path))]
    SignatureNotAdded {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        source: PackError,
    },
    /// Nobody who is trusted has signed a pack.
    #[error("nobody vouches for pack `{pack_ref}`: {source}")]
    SignatureNotTrusted {
        /// Where the pack is.
        pack_ref: PackRef,
        /// Why.
        source: PackError,
    },
    /// An environment trusts nobody.
    #[error(
        "environment `{environment}` has no trust root, so there is nobody to vouch for a pack"
    )]
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
    /// A pack is not saved.
    #[error("pack `{pack_ref}` was not saved: {source}")]
    NotSaved {
        /// Where the pack is.
        pack_ref: PackRef,
        /// Why.
        source: PackError,
    },
    /// An environment has nothing that could be saved.
    #[error("environment `{environment}` has no pinned pack, so there is nothing to save")]
    NothingToSave {
        /// The environment.
        environment: env_pack_domain::EnvId,
    },
    /// Packs cannot be written into an image layout, or read out of one.
    #[error("`{}`: {source}", display_path(.path))]
    Bundle {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        source: BundleError,
    },
    /// A signature that was to be loaded is about something else, or is none.
    #[error("a signature of pack `{pack}` is refused: {source}")]
    InvalidBundledSignature {
        /// The pack.
        pack: ForeignText,
        /// Why.
        source: PackError,
    },
    /// Somebody wants to trust what is not there.
    #[error("`{}` holds no trust root", display_path(.path))]
    NoBundledTrustRoot {
        /// The file.
        path: std::path::PathBuf,
    },
    /// The worker cannot be examined.
    #[error(transparent)]
    Worker {
        /// Why.
        source: LoadError,
    },
    /// A name is no descriptor.
    #[error(transparent)]
    Descriptor(#[from] InvalidDescriptor),
    /// Scenarios were not run, or not recorded.
    #[error(transparent)]
    Test(#[from] TestError),
    /// A default binding has no handler, which is a bug of this program.
    #[error("the built-in pack `{pack}` does not load: {source}")]
    Builtin {
        /// The pack.
        pack: PackDescriptor,
        /// Why.
        source: PackError,
    },
}

/// Who answers for a path already.
#[derive(Clone, Debug)]
pub enum PathOwner {
    /// A pack of this program, which is always there.
    Builtin(PackDescriptor),
    /// A pack that is bound elsewhere in the environment.
    Bound {
        /// Where the pack is.
        pack_ref: PackRef,
        /// Where it is bound.
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

/// What these permissions are for, in words.
pub(super) fn describe_permissions(permissions: &Permissions) -> String {
    let tools = permissions.tools.iter().map(|tool| format!("to run `{tool}`"));
    let network = permissions.network.iter().map(|address| format!("to reach `{address}`"));
    tools.chain(network).collect::<Vec<_>>().join(", ")
}

pub(super) fn display_path(path: &std::path::Path) -> ForeignText {
    ForeignText::new(path.to_string_lossy())
}
