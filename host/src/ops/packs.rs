//! Loading a pack: reference to bytes to archive to handlers that have said who they are,
//! and say what the pack says of them.

use env_pack_domain::{
    CapabilitySlot, DescriptorPath, EnvPackHandler, ForeignText, KeyId, PackDescriptor, PackRef,
    Permissions, Sha256Digest, VersionReq,
};

use crate::archive::{self, ArchiveError, Pack, PackedHandler};
use crate::engine::{Engine, LoadError, Loaded, Rehearse, Trust};
use crate::fetch::{FetchError, FetchedPack, PackFormat};
use crate::host::Host;
use crate::signing::SignatureError;
use crate::store::{LockedHandler, LockedPack};

/// The interface through which a handler runs programs.
pub(super) const TOOLS: &str = "greentic:env-pack/tools";
/// The interface through which a handler opens connections.
pub(super) const NETWORK: &str = "greentic:env-pack/network";

/// What a component is called that has no archive around it to name it.
const BARE_COMPONENT: &str = "component";

/// A pack whose handlers run.
#[derive(Debug)]
pub struct LoadedPack {
    /// The digest of the archive.
    pub digest: Sha256Digest,
    /// The digest of the manifest, if it comes from a registry.
    pub manifest: Option<Sha256Digest>,
    /// The size of the archive, in bytes.
    pub size: u64,
    /// Its handlers; at least one.
    pub handlers: Vec<LoadedHandler>,
}

/// A handler of a loaded pack.
#[derive(Debug)]
pub struct LoadedHandler {
    /// The id of its component.
    pub component: ForeignText,
    /// The digest of its component.
    pub digest: Sha256Digest,
    /// The handler.
    pub handler: Box<dyn Rehearse>,
    /// What the pack wants it to be allowed.
    pub permissions: Permissions,
    /// What its component imports: all it can ever ask for.
    pub imports: Vec<ForeignText>,
    /// Whether somebody said what it wants: a component without an archive cannot.
    pub is_declared: bool,
}

/// How many handlers of a pack are run to be tested, measured or validated: honest packs
/// have one, or a few.
pub(super) const HANDLERS_AT_ONCE: usize = 32;

/// Why a pack cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// Its archive cannot be had.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// Its archive is refused.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// Nobody vouches for it, where somebody trusted must.
    #[error("it is unsigned")]
    Unsigned,
    /// Its signature cannot be had.
    #[error("its signature cannot be read: {source}")]
    SignatureFile {
        /// Why.
        source: FetchError,
    },
    /// Nobody who is trusted vouches for it.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// It is an honest pack of another kind.
    #[error("the pack holds no env-pack handler")]
    NoHandler,
    /// It has more handlers than anybody waits for: each is compiled, and may take its
    /// time to answer.
    #[error(
        "it has {found} handlers, and no pack with more than {HANDLERS_AT_ONCE} is run at once"
    )]
    TooManyHandlers {
        /// How many there are.
        found: usize,
    },
    /// One of its handlers does not load.
    #[error("component `{component}`: {source}")]
    Handler {
        /// The id of the component.
        component: ForeignText,
        /// Why.
        source: LoadError,
    },
    /// One of its handlers is not what the pack says.
    #[error(
        "component `{component}` answers {what} `{answered}`, but the pack declares `{declared}`"
    )]
    Differs {
        /// The id of the component.
        component: ForeignText,
        /// The question.
        what: &'static str,
        /// What the pack says.
        declared: String,
        /// What the component says.
        answered: String,
    },
    /// One of its handlers is not what it was when the pack was bound, though the archive
    /// is the same.
    #[error(
        "component `{component}` answers {what} `{answered}`, but `{pinned}` when it was bound"
    )]
    Fickle {
        /// The id of the component.
        component: ForeignText,
        /// The question.
        what: &'static str,
        /// What it answered when it was bound.
        pinned: String,
        /// What it answers now.
        answered: String,
    },
    /// It changed after it was bound, and what was bound is gone.
    #[error(
        "the archive is not the one that was bound ({found} instead of {locked}), and that one is no longer kept"
    )]
    Replaced {
        /// The digest it was bound with.
        locked: Sha256Digest,
        /// The digest it has.
        found: Sha256Digest,
    },
}

impl PackError {
    /// A stable name of the kind of error, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Fetch(error) => error.kind(),
            Self::Archive(error) => error.rule(),
            Self::Unsigned => "unsigned",
            Self::SignatureFile { .. } => "signature-unreadable",
            Self::Signature(error) => error.kind(),
            Self::NoHandler => "no-handler",
            Self::TooManyHandlers { .. } => "too-many-handlers",
            Self::Handler { source, .. } => source.kind(),
            Self::Differs { .. } => "declaration-differs",
            Self::Fickle { .. } => "pin-differs",
            Self::Replaced { .. } => "archive-replaced",
        }
    }

    /// What the operator does next, as one sentence.
    pub fn next(&self) -> &'static str {
        match self {
            Self::Fetch(error) => fetch_next(error),
            Self::Archive(_) => {
                "get the pack again, or ask its author to rebuild it with `gtc pack build`"
            }
            Self::Unsigned => {
                "get its signature: beside a file as `<pack>.sig`, in a registry with `gtc pack sign` and `update --refresh`; or bind a pack that is signed"
            }
            Self::SignatureFile { source: source @ FetchError::Registry { .. } } => {
                fetch_next(source)
            }
            Self::SignatureFile { .. } => "check the path of the signature, and its permissions",
            Self::Signature(error) => signature_next(error),
            Self::NoHandler => "use a pack that was built with `gtc pack build`",
            Self::TooManyHandlers { .. } => "take its components one by one",
            Self::Handler { source, .. } => load_next(source),
            Self::Differs { .. } => {
                "ask the author of the pack to build it again with `gtc pack build`"
            }
            Self::Fickle { .. } => {
                "do not trust a handler that changes its answers; if it was `packs.lock.json` that changed, bind the pack again with `update`"
            }
            Self::Replaced { .. } => {
                "look at the archive with `gtc pack inspect`, then bind it with `update`"
            }
        }
    }
}

/// What somebody does next whose component does not load.
pub(super) fn load_next(error: &LoadError) -> &'static str {
    match error {
        LoadError::Fault(_) => "tell the author of the handler; until then bind another version",
        LoadError::NoWorker => {
            "have the program call `gtc::engine::worker::hook` first thing in its `main`, or name `gtc` as its worker"
        }
        LoadError::Worker { .. } => "see what `gtc doctor self` says of the worker",
        LoadError::TooComplex { .. }
        | LoadError::CompileTime { .. }
        | LoadError::CompileMemory { .. }
        | LoadError::CompileCode { .. }
        | LoadError::UnusableCode { .. }
        | LoadError::CompilerEnded { .. } => {
            "do not trust this component; no toolchain makes one like it from an ordinary handler"
        }
        _ => {
            "build the component again against the interface in `wit/env-pack/0.1.0`, and pack it with `gtc pack build`"
        }
    }
}

/// What somebody does next where nobody trusted vouches for a pack.
fn signature_next(error: &SignatureError) -> &'static str {
    match error {
        SignatureError::NotTrusted { .. } => {
            "ask who signed it; if you trust them, have their public key trusted with `gtc op trust-root add`"
        }
        SignatureError::NoTrustedKey => {
            "get the public key of who signed it; if you trust them, have it trusted with `gtc op trust-root add`"
        }
        SignatureError::WrongArchive { .. }
        | SignatureError::ArchiveNotInManifest { .. }
        | SignatureError::WrongManifest { .. }
        | SignatureError::Invalid { .. } => {
            "do not trust this pack; get it and its signature again, from who signed it"
        }
        _ => {
            "get the signature again, or ask the author of the pack to sign it with `gtc pack sign`"
        }
    }
}

/// Whether it is this machine that failed, and not the component.
pub(super) fn is_our_fault(error: &LoadError) -> bool {
    matches!(error, LoadError::NoWorker | LoadError::Worker { .. })
}

/// What the operator does next when an archive cannot be had.
pub(super) fn fetch_next(error: &FetchError) -> &'static str {
    match error {
        FetchError::Registry { source, .. } | FetchError::Push { source, .. } => source.hint(),
        FetchError::Reference(_) => "write it as `oci://<registry>/<repository>:<tag>`",
        FetchError::Read { .. } | FetchError::Write { .. } | FetchError::Lock { .. } => {
            "check the permissions of the file"
        }
        FetchError::CacheLocked { .. } => "try again when the other process has finished",
        FetchError::MissingVersion { .. } => "name the built-in pack with its version",
        FetchError::NotFound { path } if path.starts_with("oci:") => {
            "name a file here; `gtc pack pull` brings a pack out of a registry into one"
        }
        FetchError::UnknownScheme | FetchError::NoSuchBuiltin { .. } => "name a pack file",
        _ => "check the path, or name another pack file",
    }
}

/// Fetches a pack and loads it.
pub(super) fn load(
    host: &Host,
    pack_ref: &PackRef,
) -> Result<(FetchedPack, LoadedPack), PackError> {
    let fetched = host.fetcher.fetch(pack_ref)?;
    let pack = load_bytes(host, &fetched, Engine::load)?;
    Ok((fetched, pack))
}

/// The archive that was pinned: as it is kept, or else from where it was bound, if it is
/// still the same.
pub(super) fn pinned(
    host: &Host,
    pack_ref: &PackRef,
    pin: &LockedPack,
) -> Result<FetchedPack, PackError> {
    if let Some(kept) = host.fetcher.cached_archive(&pin.archive) {
        return Ok(kept);
    }
    let fetched = host.fetcher.fetch_pinned(pack_ref, pin.manifest)?;
    match fetched.digest == pin.archive {
        // what was kept is gone or damaged; that it cannot be kept again is no reason not to use it
        true => {
            let _ = host.fetcher.cache_archive(&fetched, host.store.root());
            Ok(fetched)
        }
        false => Err(PackError::Replaced { locked: pin.archive, found: fetched.digest }),
    }
}

/// How a component becomes a handler: [`Engine::load`], or [`Engine::load_apart`] where
/// nobody decided to trust it yet.
pub(super) type Load = fn(&Engine, &[u8], &Sha256Digest, Trust) -> Result<Loaded, LoadError>;

/// Loads a pack out of its archive, or a component that is one by itself.
pub(super) fn load_bytes(
    host: &Host,
    fetched: &FetchedPack,
    load: Load,
) -> Result<LoadedPack, PackError> {
    let packed = open(host, fetched)?.handlers;
    if packed.is_empty() {
        return Err(PackError::NoHandler);
    }
    let trust = if fetched.is_builtin { Trust::Builtin } else { Trust::Foreign };
    let handlers = packed
        .into_iter()
        .map(|packed| load_handler(host, packed, trust, load))
        .collect::<Result<_, _>>()?;
    Ok(LoadedPack {
        digest: fetched.digest,
        manifest: fetched.manifest(),
        size: fetched.bytes.len() as u64,
        handlers,
    })
}

/// Opens an archive, or wraps a component that came without one: nobody says anything of
/// that but itself.
pub(super) fn open(host: &Host, fetched: &FetchedPack) -> Result<Pack, ArchiveError> {
    match fetched.format {
        PackFormat::Archive => archive::open(&fetched.bytes, &host.limits.archive),
        PackFormat::Component => Ok(Pack {
            id: ForeignText::new(BARE_COMPONENT),
            version: String::new(),
            publisher: ForeignText::new(""),
            entries: Vec::new(),
            handlers: vec![PackedHandler {
                component: ForeignText::new(BARE_COMPONENT),
                entry: ForeignText::new(BARE_COMPONENT),
                world: ForeignText::new(archive::HANDLER_WORLD),
                bytes: fetched.bytes.to_vec(),
                digest: fetched.digest,
                declared: None,
            }],
        }),
    }
}

fn load_handler(
    host: &Host,
    packed: PackedHandler,
    trust: Trust,
    load: Load,
) -> Result<LoadedHandler, PackError> {
    let PackedHandler { component, bytes, digest, declared, .. } = packed;
    let loaded = load(&host.engine, &bytes, &digest, trust);
    let Loaded { handler, imports } =
        loaded.map_err(|source| PackError::Handler { component: component.clone(), source })?;
    let mut permissions = Permissions::default();
    let is_declared = declared.is_some();
    if let Some(declared) = declared {
        let said = (declared.slot, &declared.descriptor_path, &declared.supported_versions);
        if let Some((what, declared, answered)) = difference(said, handler.as_ref()) {
            return Err(PackError::Differs { component, what, declared, answered });
        }
        permissions = declared.permissions;
    }
    Ok(LoadedHandler { component, digest, handler, permissions, imports, is_declared })
}

/// The first of the three constants that a handler does not answer as somebody said:
/// which, what was said, what it answers.
fn difference(
    (slot, path, versions): (CapabilitySlot, &DescriptorPath, &VersionReq),
    handler: &dyn EnvPackHandler,
) -> Option<(&'static str, String, String)> {
    let questions = [
        ("slot", slot.to_string(), handler.slot().to_string()),
        ("descriptor path", path.to_string(), handler.descriptor_path().to_string()),
        ("supported versions", versions.to_string(), handler.supported_versions().to_string()),
    ];
    questions.into_iter().find(|(_, said, answered)| said != answered)
}

impl LoadedHandler {
    /// Where what its component imports and what its pack declares do not go together.
    pub fn permission_faults(&self) -> Vec<String> {
        permission_faults(&self.component, &self.imports, &self.permissions)
    }
}

/// Where what a component imports and what its pack declares do not go together.
pub(super) fn permission_faults(
    component: &ForeignText,
    imports: &[ForeignText],
    permissions: &Permissions,
) -> Vec<String> {
    let interfaces = [
        (TOOLS, "run programs", permissions.tools.is_empty()),
        (NETWORK, "open connections", permissions.network.is_empty()),
    ];
    let fault = |(interface, deed, declares_none): (&str, &str, bool)| {
        let is_imported = imports.iter().any(|import| import.as_exact().starts_with(interface));
        match (is_imported, declares_none) {
            (true, true) => Some(format!(
                "component `{component}` imports `{interface}`, but the pack does not declare that it wants to {deed}"
            )),
            (false, false) => Some(format!(
                "the pack declares that it wants to {deed}, but component `{component}` does not import `{interface}`"
            )),
            _ => None,
        }
    };
    interfaces.into_iter().filter_map(fault).collect()
}

impl LoadedPack {
    /// The pack, if its handlers answer what they answered when it was pinned.
    pub(super) fn held_to(self, pin: &LockedPack) -> Result<Self, PackError> {
        for pinned in &pin.handlers {
            let Some(loaded) =
                self.handlers.iter().find(|loaded| loaded.component == pinned.component)
            else {
                continue;
            };
            let said = (pinned.slot, &pinned.descriptor_path, &pinned.supported_versions);
            if let Some((what, pinned, answered)) = difference(said, loaded.handler.as_ref()) {
                return Err(PackError::Fickle {
                    component: loaded.component.clone(),
                    what,
                    pinned,
                    answered,
                });
            }
        }
        Ok(self)
    }

    /// The handler that answers for a descriptor's path.
    pub fn handler_for(&self, kind: &PackDescriptor) -> Option<&LoadedHandler> {
        self.handlers.iter().find(|handler| handler.handler.descriptor_path() == kind.path())
    }

    /// The paths its handlers answer for.
    pub fn paths(&self) -> impl Iterator<Item = &DescriptorPath> {
        self.handlers.iter().map(|handler| handler.handler.descriptor_path())
    }

    /// Everything its handlers want to be allowed.
    pub fn permissions(&self) -> Permissions {
        let none = Permissions::default();
        self.handlers.iter().fold(none, |all, handler| all.union(&handler.permissions))
    }

    /// Where what its components import and what it declares do not go together.
    pub fn permission_faults(&self) -> Vec<String> {
        self.handlers.iter().flat_map(LoadedHandler::permission_faults).collect()
    }

    /// The pin of the pack, with these grants, and whose signature was verified.
    pub(super) fn pin(
        &self,
        grants: Permissions,
        signer: Option<KeyId>,
        locked_at: String,
    ) -> LockedPack {
        let handler = |handler: &LoadedHandler| LockedHandler {
            component: handler.component.clone(),
            digest: handler.digest,
            slot: handler.handler.slot(),
            descriptor_path: handler.handler.descriptor_path().clone(),
            supported_versions: handler.handler.supported_versions().clone(),
        };
        let handlers = self.handlers.iter().map(handler).collect();
        let signer = signer.map(|signer| ForeignText::new(signer.to_string()));
        let (archive, manifest) = (self.digest, self.manifest);
        LockedPack { manifest, archive, size: self.size, handlers, grants, signer, locked_at }
    }
}
