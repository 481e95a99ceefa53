//! The reading verbs: what is bound, and what an extension's answers are. They read files
//! and load no component.

use env_pack_domain::{BindingPlace, EnvId, ExtRef, PackDescriptor, PackRef};
use serde::Serialize;
use serde_json::value::RawValue;

use super::OpError;
use crate::host::Host;
use crate::store::Stored;

/// The packs bound to core slots.
#[derive(Debug, Serialize)]
pub struct EnvPacksReport {
    /// The environment.
    pub environment_id: EnvId,
    /// The bindings.
    pub bindings: Vec<ListedBinding>,
}

/// The bound extensions.
#[derive(Debug, Serialize)]
pub struct ExtensionsReport {
    /// The environment.
    pub environment_id: EnvId,
    /// The bindings.
    pub extensions: Vec<ListedBinding>,
}

/// A binding in a list.
#[derive(Debug, Serialize)]
pub struct ListedBinding {
    /// The environment.
    pub environment_id: EnvId,
    /// The slot, for packs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slot: Option<String>,
    /// The instance, for extensions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// The descriptor.
    pub kind: PackDescriptor,
    /// Where the pack is.
    pub pack_ref: PackRef,
    /// Where the answers are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers_ref: Option<String>,
    /// How often the binding has changed.
    pub generation: u64,
    /// Whether a rollback has something to restore.
    pub has_previous: bool,
    /// The digest the pack was bound with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive_sha256: Option<String>,
}

/// The answers of an extension.
#[derive(Debug, Serialize)]
pub struct ResolveReport {
    /// The environment.
    pub environment_id: EnvId,
    /// The extension.
    pub reference: ExtRef,
    /// Its answers, exactly as they were written.
    pub answers: Box<RawValue>,
}

/// Lists the packs bound to core slots.
///
/// # Errors
/// [`OpError`] when the environment cannot be read.
pub fn list_env_packs(host: &Host, id: &EnvId) -> Result<EnvPacksReport, OpError> {
    let stored = host.store.load(id)?;
    let bindings = list(&stored, |place| matches!(place, BindingPlace::Slot(_)));
    Ok(EnvPacksReport { environment_id: id.clone(), bindings })
}

/// Lists the bound extensions.
///
/// # Errors
/// [`OpError`] when the environment cannot be read.
pub fn list_extensions(host: &Host, id: &EnvId) -> Result<ExtensionsReport, OpError> {
    let stored = host.store.load(id)?;
    let extensions = list(&stored, |place| matches!(place, BindingPlace::Extension(_)));
    Ok(ExtensionsReport { environment_id: id.clone(), extensions })
}

/// The answers that an extension reference stands for.
///
/// # Errors
/// [`OpError::NotBound`] for an extension that is not bound, [`OpError::Answers`] for
/// answers that cannot be read.
pub fn resolve_extension(
    host: &Host,
    id: &EnvId,
    reference: &ExtRef,
) -> Result<ResolveReport, OpError> {
    let stored = host.store.load(id)?;
    let key = reference.key();
    let not_bound = || OpError::NotBound { key: key.clone(), environment: id.clone() };
    let binding = stored.environment.binding(&key).ok_or_else(not_bound)?;
    let answers = host.store.answers(id, binding.answers_ref.as_ref());
    let answers = answers.map_err(|source| OpError::Answers { key: key.clone(), source })?;
    let answers = RawValue::from_string(answers).expect("the store gives out JSON only");
    Ok(ResolveReport { environment_id: id.clone(), reference: reference.clone(), answers })
}

fn list(stored: &Stored, wanted: impl Fn(&BindingPlace) -> bool) -> Vec<ListedBinding> {
    let environment = &stored.environment;
    let bindings = environment.bindings().filter(|binding| wanted(&binding.place));
    let entry = |binding: &env_pack_domain::Binding| {
        let (slot, instance_id) = match &binding.place {
            BindingPlace::Slot(slot) => (Some(slot.to_string()), None),
            BindingPlace::Extension(instance) => (None, instance.as_ref().map(ToString::to_string)),
        };
        ListedBinding {
            environment_id: environment.id().clone(),
            slot,
            instance_id,
            kind: binding.kind.clone(),
            pack_ref: binding.pack_ref.clone(),
            answers_ref: binding.answers_ref.as_ref().map(|answers| answers.as_str().to_owned()),
            generation: binding.generation,
            has_previous: binding.previous.is_some(),
            archive_sha256: stored.pins.get(&binding.pack_ref).map(|pin| pin.archive.hex()),
        }
    };
    bindings.map(entry).collect()
}
