//! Lists bindings and resolves the answers of extensions. These operations read stored
//! files and load no component.

use env_pack_domain::{
    AnswersRef, Binding, BindingKey, BindingPlace, EnvId, ExtRef, ForeignText, PackDescriptor,
    PackRef,
};
use serde::Serialize;
use serde_json::value::RawValue;

use super::answers::{RedactedValues, hide_credentials};
use crate::Host;
use crate::operation_error::{Explanation, OperationError};
use gtc_store::{AnswersError, StoreError, Stored};

/// The packs bound to core slots.
#[derive(Debug, Serialize)]
pub struct EnvPacksReport {
    /// The environment.
    pub environment_id: EnvId,
    /// The bindings.
    pub bindings: Vec<ListedBinding>,
    /// The entries whose slots this version of the program does not know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown_slots: Vec<ForeignText>,
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
    /// The pack reference.
    pub pack_ref: PackRef,
    /// The path of the answers file, relative to the environment's folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers_ref: Option<String>,
    /// The generation: the number of changes since the binding was added.
    pub generation: u64,
    /// Whether a previous binding exists for a rollback.
    pub has_previous: bool,
    /// The version that the manifest of the pack had when it was bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pack_version: Option<String>,
    /// The SHA-256 digest that was pinned when the pack was bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive_sha256: Option<String>,
    /// Whether the pack has no handler, so that it only gives its answers to workloads.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub without_handler: bool,
    /// Whether the pack should have a pin, and has none.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unpinned: bool,
    /// The binding that a rollback restores, if it is readable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<ListedPrevious>,
}

/// The binding that a rollback restores.
#[derive(Debug, Serialize)]
pub struct ListedPrevious {
    /// The descriptor.
    pub kind: PackDescriptor,
    /// The pack reference.
    pub pack_ref: PackRef,
    /// The SHA-256 digest that was pinned when the pack was bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive_sha256: Option<String>,
}

/// The answers of a bound extension.
#[derive(Debug, Serialize)]
pub struct ResolveReport {
    /// The environment.
    pub environment_id: EnvId,
    /// The extension.
    pub reference: ExtRef,
    /// The answers as JSON, with the exact text of the answers file.
    pub answers: Box<RawValue>,
    /// The values that are replaced, because they are or look like credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redacted: Option<RedactedValues>,
}

/// Lists the packs bound to core slots.
///
/// # Errors
/// [`StoreError`] when the environment cannot be read.
pub fn list_env_packs(host: &Host, id: &EnvId) -> Result<EnvPacksReport, StoreError> {
    let stored = host.store.load(id)?;
    let bindings = list(host, &stored, |place| matches!(place, BindingPlace::Slot(_)));
    let unknown_slots = stored.faults.into_iter().filter_map(|fault| fault.unknown_slot).collect();
    Ok(EnvPacksReport { environment_id: id.clone(), bindings, unknown_slots })
}

/// Lists the bound extensions.
///
/// # Errors
/// [`StoreError`] when the environment cannot be read.
pub fn list_extensions(host: &Host, id: &EnvId) -> Result<ExtensionsReport, StoreError> {
    let stored = host.store.load(id)?;
    let extensions = list(host, &stored, |place| matches!(place, BindingPlace::Extension(_)));
    Ok(ExtensionsReport { environment_id: id.clone(), extensions })
}

/// Returns the answers of the extension that a reference names, for a workload: with credentials.
///
/// # Errors
/// [`ResolveExtensionError`] when the extension is not bound, or its answers cannot be read.
pub fn resolve_extension(
    host: &Host,
    id: &EnvId,
    reference: &ExtRef,
) -> Result<ResolveReport, ResolveExtensionError> {
    let stored = host.store.load(id)?;
    let (answers, _) = read_answers(host, &stored, reference)?;
    let answers = RawValue::from_string(answers).expect("the store gives out JSON only");
    let redacted = None;
    Ok(ResolveReport {
        environment_id: id.clone(),
        reference: reference.clone(),
        answers,
        redacted,
    })
}

/// Returns the answers of the extension that a reference names, to show them: values that are or
/// look like credentials are replaced.
///
/// # Errors
/// As for [`resolve_extension`].
pub fn show_extension(
    host: &Host,
    id: &EnvId,
    reference: &ExtRef,
) -> Result<ResolveReport, ResolveExtensionError> {
    let stored = host.store.load(id)?;
    let (answers, answers_ref) = read_answers(host, &stored, reference)?;
    let safe = hide_credentials(host, &stored.environment, answers_ref.as_ref(), &answers);
    Ok(ResolveReport {
        environment_id: id.clone(),
        reference: reference.clone(),
        answers: safe.json,
        redacted: safe.redacted,
    })
}

/// Reads the answers of an extension, and returns their place too.
fn read_answers(
    host: &Host,
    stored: &Stored,
    reference: &ExtRef,
) -> Result<(String, Option<AnswersRef>), ResolveExtensionError> {
    let id = stored.environment.id();
    let key = reference.key();
    let binding = stored.environment.binding(&key).ok_or_else(|| {
        ResolveExtensionError::NotBound { key: key.clone(), environment: id.clone() }
    })?;
    let answers = host.store.answers(id, binding.answers_ref.as_ref());
    let answers =
        answers.map_err(|source| ResolveExtensionError::Answers { key: key.clone(), source })?;
    Ok((answers, binding.answers_ref.clone()))
}

fn list(
    host: &Host,
    stored: &Stored,
    wanted: impl Fn(&BindingPlace) -> bool,
) -> Vec<ListedBinding> {
    let environment = &stored.environment;
    let bindings = environment.bindings().filter(|binding| wanted(&binding.place));
    bindings.map(|binding| listed_binding(host, environment.id(), binding)).collect()
}

/// Returns the entry of a binding in a list.
pub(super) fn listed_binding(host: &Host, environment: &EnvId, binding: &Binding) -> ListedBinding {
    let pin = binding.pin.as_ref();
    ListedBinding {
        environment_id: environment.clone(),
        slot: binding.place.core_slot().map(|slot| slot.to_string()),
        instance_id: binding.place.instance().map(ToString::to_string),
        kind: binding.kind.clone(),
        pack_ref: binding.pack_ref.clone(),
        answers_ref: binding.answers_ref.as_ref().map(|answers| answers.as_str().to_owned()),
        generation: binding.generation,
        has_previous: binding.previous.is_some(),
        pack_version: pin.and_then(|pin| pin.pack.as_ref()).map(|pack| pack.version.clone()),
        archive_sha256: pin.map(|pin| pin.archive.hex()),
        without_handler: pin.is_some_and(|pin| !pin.has_handler()),
        unpinned: host.is_unpinned(binding),
        previous: binding.readable_previous().map(|previous| ListedPrevious {
            kind: previous.kind.clone(),
            pack_ref: previous.pack_ref.clone(),
            archive_sha256: previous.pin.as_ref().map(|pin| pin.archive.hex()),
        }),
    }
}

/// The answers of an extension could not be found.
#[derive(Debug, thiserror::Error)]
pub enum ResolveExtensionError {
    /// The environment could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The extension is not bound.
    #[error("{key} is not bound in environment `{environment}`")]
    NotBound {
        /// The extension.
        key: BindingKey,
        /// The environment.
        environment: EnvId,
    },
    /// The answers could not be read.
    #[error("cannot read the answers of {key}")]
    Answers {
        /// The binding.
        key: BindingKey,
        /// The cause.
        source: AnswersError,
    },
}

impl OperationError for ResolveExtensionError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Store(error) => error.explain(),
            Self::NotBound { environment, .. } => Explanation::refused(
                "not-found",
                format!("see what is bound with `gtc op extensions list {environment}`"),
            ),
            Self::Answers { source, .. } => source.explain(),
        }
    }
}
