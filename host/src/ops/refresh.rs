//! Taking what a reference stands for by now: a tag that moved, or a file that was
//! written anew. It is shown before it is taken.

use env_pack_domain::change::{BindingRequest, Refusal};
use env_pack_domain::{BindingKey, BindingPlace, EnvId, PackRef, Permissions, Sha256Digest};
use serde::Serialize;

use super::OpError;
use super::bind::{self, BindReport, BindRequest, BindVerb, GrantSelection, GrantsReport};
use super::check::{CheckedPack, check_pack};
use super::load_pack;
use crate::host::Host;
use crate::store::{PinnedPack, Stored};

/// A bound pack that may have moved.
#[derive(Clone, Debug)]
pub struct RefreshRequest {
    /// The environment.
    pub environment: EnvId,
    /// Where the pack is bound.
    pub key: BindingKey,
    /// What the operator allows the pack, beside what was allowed before.
    pub grants: GrantSelection,
    /// Whether what moved is only shown.
    pub dry_run: bool,
    /// The only archive or manifest that is taken: the one that was shown.
    pub expected: Option<Sha256Digest>,
    /// Idempotency key; written to the audit log and returned.
    pub idempotency_key: Option<String>,
}

/// What is different about a pack that moved.
#[derive(Clone, Debug, Serialize)]
pub struct PackDifference {
    /// What is bound.
    pub from: ComparedPack,
    /// What the reference stands for now.
    pub to: ComparedPack,
    /// What the pack wants to be allowed now, and did not before.
    pub permissions_added: GrantsReport,
    /// What it wants no longer.
    pub permissions_removed: GrantsReport,
    /// The archive that it is now.
    #[serde(skip)]
    pub archive: Sha256Digest,
}

/// One of two archives.
#[derive(Clone, Debug, Serialize)]
pub struct ComparedPack {
    /// The digest of its manifest, if it comes from a registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest_digest: Option<Sha256Digest>,
    /// The digest of the archive.
    pub sha256: String,
    /// The version of the pack, unless the archive is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The versions that its handlers support.
    pub supported_versions: Vec<String>,
}

/// Takes what the reference of a binding stands for now, wherever it is bound in the
/// environment; or only says what that is.
///
/// # Errors
/// [`OpError`]; nothing has been written then.
pub fn refresh(host: &Host, request: &RefreshRequest) -> Result<BindReport, OpError> {
    let snapshot = host.store.load(&request.environment)?;
    let asked = request.as_bind(&snapshot)?;
    let pack_ref = &asked.request.pack_ref;
    let current = asked.replaces.as_ref().expect("it was found");
    let unchanged = BindReport {
        unchanged: true,
        idempotency_key: request.idempotency_key.clone(),
        warnings: suggest_following_tag(&request.environment, pack_ref).into_iter().collect(),
        ..bind::report(&request.environment, current)
    };
    if host.fetcher.is_builtin(pack_ref) {
        return Ok(unchanged);
    }
    // without a pin nobody knows what it was: then whatever it is now is taken
    let pin = snapshot.pins.get(pack_ref);
    let checked = match check_pack(host, &snapshot, &asked) {
        Err(error) if !request.dry_run => {
            return bind::recorded_bind(host, BindVerb::Update, &asked, || Err(error));
        }
        checked => checked?,
    };
    let found = [Some(checked.fetched.digest), checked.pin.manifest];
    if let Some(expected) = request.expected.filter(|expected| !found.contains(&Some(*expected))) {
        let to = checked.pin.manifest.unwrap_or(checked.fetched.digest);
        return Err(OpError::ReferenceMoved {
            environment: request.environment.clone(),
            key: request.key.clone(),
            pack_ref: pack_ref.clone(),
            from: expected,
            to,
        });
    }
    let difference = pin.map(|pin| compare(host, pin, &checked));
    match difference {
        Some(None) => {
            // somebody may have signed it since
            if let Some(evidence) = checked.signed.envelope.as_ref().filter(|_| !request.dry_run) {
                host.fetcher.cache.signatures.insert(&checked.fetched.digest, evidence)?;
            }
            Ok(BindReport { signer: checked.signed.signature.signer(), ..unchanged })
        }
        Some(moved) if request.dry_run => Ok(BindReport { moved_from: moved, ..unchanged }),
        None if request.dry_run => Ok(unchanged),
        moved => {
            let report = bind::bind_checked(host, BindVerb::Update, &asked, Some(checked))?;
            Ok(BindReport { moved_from: moved.flatten(), ..report })
        }
    }
}

impl RefreshRequest {
    /// The request to bind again what is bound.
    fn as_bind(&self, stored: &Stored) -> Result<BindRequest, OpError> {
        let not_bound =
            || Refusal::NotBound { environment: self.environment.clone(), key: self.key.clone() };
        let bound = stored.environment.binding(&self.key).ok_or_else(not_bound)?.clone();
        Ok(BindRequest {
            environment: self.environment.clone(),
            request: BindingRequest {
                place: bound.place.clone(),
                kind: bound.kind.clone(),
                pack_ref: bound.pack_ref.clone(),
                answers_ref: bound.answers_ref.clone(),
            },
            replaces: Some(bound),
            // what it wants is shown before anybody grants it
            grants: GrantSelection {
                declared: self.grants.declared || self.dry_run,
                ..self.grants.clone()
            },
            fetch: true,
            refresh: true,
            all_instances: false,
            idempotency_key: self.idempotency_key.clone(),
        })
    }
}

/// How a reference that names a digest would follow its tag again.
fn suggest_following_tag(environment: &EnvId, pack_ref: &PackRef) -> Option<String> {
    let PackRef::Oci(reference) = pack_ref else { return None };
    let text = reference.to_string();
    let (tagged, _) = text.split_once('@')?;
    reference.tag()?;
    Some(format!(
        "it is bound by its digest, which never moves; to follow the tag again, bind `{tagged}` with `update --env {environment}`"
    ))
}

/// What is different, if anything is.
fn compare(host: &Host, pin: &PinnedPack, checked: &CheckedPack) -> Option<PackDifference> {
    if pin.archive == checked.pin.archive && pin.manifest == checked.pin.manifest {
        return None;
    }
    // what it wanted is what it was granted, or the archive itself says so
    let before = host
        .fetcher
        .cache
        .archives
        .get(&pin.archive)
        .and_then(|kept| load_pack::open_archive(host, &kept).ok());
    let declared = |pack: &crate::archive::Pack| {
        let all = pack.handlers.iter().filter_map(|handler| handler.declared.as_ref());
        all.fold(Permissions::default(), |all, declared| all.union(&declared.permissions))
    };
    let wanted = before.as_ref().map_or_else(|| pin.grants.clone(), declared);
    let after = load_pack::open_archive(host, &checked.fetched).ok();
    Some(PackDifference {
        from: compared(pin, before.map(|pack| pack.version)),
        to: compared(&checked.pin, after.map(|pack| pack.version)),
        permissions_added: GrantsReport::from(&checked.declared.without(&wanted)),
        permissions_removed: GrantsReport::from(&wanted.without(&checked.declared)),
        archive: checked.pin.archive,
    })
}

fn compared(pin: &PinnedPack, version: Option<String>) -> ComparedPack {
    let mut supported: Vec<_> =
        pin.handlers.iter().map(|handler| handler.supported_versions.to_string()).collect();
    supported.dedup();
    ComparedPack {
        manifest_digest: pin.manifest,
        sha256: pin.archive.hex(),
        version,
        supported_versions: supported,
    }
}

/// Whether a tag stands for what it stood for when it was bound: nobody is moved along
/// without a word.
pub(super) fn ensure_same_digest(
    stored: &Stored,
    asked: &BindRequest,
    found: Option<Sha256Digest>,
) -> Result<(), OpError> {
    let BindingRequest { place, kind, pack_ref, .. } = &asked.request;
    // what is bound nowhere is nobody's
    let bound = find_binding(stored, pack_ref);
    let pinned = stored.pins.get(pack_ref).filter(|_| bound.is_some()).and_then(|pin| pin.manifest);
    match (pinned, found) {
        (Some(from), Some(to)) if from != to && !asked.refresh => Err(OpError::ReferenceMoved {
            environment: asked.environment.clone(),
            key: bound.unwrap_or_else(|| binding_key(place, kind.path())),
            pack_ref: pack_ref.clone(),
            from,
            to,
        }),
        _ => Ok(()),
    }
}

/// Where a reference is bound.
fn find_binding(stored: &Stored, pack_ref: &PackRef) -> Option<BindingKey> {
    stored
        .environment
        .bindings()
        .find(|binding| binding.pack_ref == *pack_ref)
        .map(env_pack_domain::Binding::key)
}

fn binding_key(place: &BindingPlace, path: &env_pack_domain::DescriptorPath) -> BindingKey {
    match place {
        BindingPlace::Slot(slot) => BindingKey::Slot(*slot),
        BindingPlace::Extension(instance) => {
            BindingKey::Extension { path: path.clone(), instance: instance.clone() }
        }
    }
}

/// The reference of what was bound, exactly: what a rollback restores, wherever the tag
/// is by then.
pub(super) fn pinned_reference(pack_ref: &PackRef, pin: &PinnedPack) -> Option<PackRef> {
    let PackRef::Oci(reference) = pack_ref else { return None };
    Some(PackRef::Oci(reference.pinned(pin.manifest?)))
}
