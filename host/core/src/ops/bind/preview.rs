//! Shows what a removal or a rollback would change. Nothing is written, and the audit log
//! records nothing.

use env_pack_domain::change::{self, BindingChange};
use env_pack_domain::{Binding, BindingPlace, EnvId, PackDescriptor, PackRef};
use serde::Serialize;

use super::error::UnbindError;
use super::report::GrantsReport;
use super::request::{RemoveRequest, RollbackRequest};
use super::unbind::{
    ensure_restored_paths_free, fetch_restored, rollback_changes, warnings_about_pins,
};
use crate::Host;

/// The changes that a removal or a rollback would make.
#[derive(Debug, Serialize)]
pub struct UnbindPreview {
    /// The environment.
    pub environment_id: EnvId,
    /// Always true: this is a preview.
    pub dry_run: bool,
    /// The changes of the binding, and of the instances that would change along with it.
    pub changes: Vec<PreviewedChange>,
    /// The warnings that the change itself would report.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

impl UnbindPreview {
    /// Returns the current generation of the binding.
    pub fn generation(&self) -> Option<u64> {
        self.changes.first().map(|change| change.before.generation)
    }
}

/// The change of one binding.
#[derive(Debug, Serialize)]
pub struct PreviewedChange {
    /// The place of the binding.
    #[serde(skip)]
    pub place: BindingPlace,
    /// The slot, for packs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slot: Option<String>,
    /// The instance, for extensions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// The binding as it is.
    pub before: PreviewedBinding,
    /// The binding as it would be; none if it would be removed.
    pub after: Option<PreviewedBinding>,
}

/// A binding before or after a change.
#[derive(Debug, Serialize)]
pub struct PreviewedBinding {
    /// The descriptor.
    pub kind: PackDescriptor,
    /// The pack reference.
    pub pack_ref: PackRef,
    /// The SHA-256 digest of the archive, if it is pinned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive_sha256: Option<String>,
    /// The path of the answers file, relative to the environment's folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers_ref: Option<String>,
    /// The generation: the number of changes since the binding was added.
    pub generation: u64,
    /// Whether a rollback of it is possible.
    pub has_previous: bool,
    /// The granted permissions, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grants: Option<GrantsReport>,
}

/// Reports what [`remove`](super::remove) would change.
///
/// # Errors
/// As for [`remove`](super::remove); nothing is recorded in the audit log.
pub fn preview_remove(host: &Host, request: &RemoveRequest) -> Result<UnbindPreview, UnbindError> {
    let stored = host.store.load(&request.environment)?;
    change::ensure_generation(&stored.environment, &request.key, request.if_generation)?;
    let removed = change::remove(stored.environment, &request.key)?;
    Ok(preview(&request.environment, &[removed.change], Vec::new()))
}

/// Reports what [`rollback`](super::rollback) would change. The archives are fetched and checked
/// as for a rollback.
///
/// # Errors
/// As for [`rollback`](super::rollback); nothing is recorded in the audit log.
pub fn preview_rollback(
    host: &Host,
    request: &RollbackRequest,
) -> Result<UnbindPreview, UnbindError> {
    let stored = host.store.load(&request.environment)?;
    let changes = rollback_changes(host, &stored.environment, request)?.changes;
    fetch_restored(host, &stored, &changes)?;
    ensure_restored_paths_free(host, &stored.environment, &changes)?;
    let warnings = warnings_about_pins(host, request, &changes);
    Ok(preview(&request.environment, &changes, warnings))
}

fn preview(environment: &EnvId, changes: &[BindingChange], warnings: Vec<String>) -> UnbindPreview {
    let changes = changes.iter().filter_map(|change| {
        let before = change.before.as_ref()?;
        Some(PreviewedChange {
            place: before.place.clone(),
            slot: before.place.core_slot().map(|slot| slot.to_string()),
            instance_id: before.place.instance().map(ToString::to_string),
            before: PreviewedBinding::from(before),
            after: change.after.as_ref().map(PreviewedBinding::from),
        })
    });
    UnbindPreview {
        environment_id: environment.clone(),
        dry_run: true,
        changes: changes.collect(),
        warnings,
    }
}

impl From<&Binding> for PreviewedBinding {
    fn from(binding: &Binding) -> Self {
        let pin = binding.pin.as_ref();
        let grants = pin.map(|pin| &pin.grants).filter(|grants| !grants.is_empty());
        Self {
            kind: binding.kind.clone(),
            pack_ref: binding.pack_ref.clone(),
            archive_sha256: pin.map(|pin| pin.archive.hex()),
            answers_ref: binding.answers_ref.as_ref().map(|answers| answers.as_str().to_owned()),
            generation: binding.generation,
            has_previous: binding.previous.is_some(),
            grants: grants.map(GrantsReport::from),
        }
    }
}
