//! Reads and writes the bindings in `environment.json`. A binding carries its one previous
//! version as an `inline://` reference, from which that version's own previous one is removed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use env_pack_domain::{
    AnswersRef, Binding, BindingPlace, CapabilitySlot, CoreSlot, ForeignText, PreviousBinding,
};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::error::StoreError;
use super::object::{JsonObject, raw};

const INLINE: &str = "inline://";
/// The members of both kinds of bindings, in the order in which they are written.
const ORDER: [&str; 7] = [
    "slot",
    "kind",
    "pack_ref",
    "instance_id",
    "answers_ref",
    "generation",
    "previous_binding_ref",
];

/// The two lists of an environment that hold bindings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Packs,
    Extensions,
}

/// A binding, and the JSON object it was read from.
#[derive(Clone, Debug)]
pub(super) struct BindingElement {
    pub binding: Binding,
    object: JsonObject,
}

/// A member of a binding that is not well-formed. The name is empty when the binding is
/// not a JSON object.
pub(super) struct MemberError {
    pub member: &'static str,
    pub reason: String,
    /// The slot, if this version of the program does not know it.
    pub unknown_slot: Option<String>,
}

impl MemberError {
    fn new(member: &'static str, reason: String) -> Self {
        Self { member, reason, unknown_slot: None }
    }
}

impl Section {
    pub(crate) const ALL: [Self; 2] = [Self::Packs, Self::Extensions];

    /// The name of the list in the file.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Packs => "packs",
            Self::Extensions => "extensions",
        }
    }
}

impl BindingElement {
    /// Reads one element of a section.
    pub(crate) fn parse(section: Section, text: &RawValue) -> Result<Self, MemberError> {
        let object: JsonObject = serde_json::from_str(text.get())
            .map_err(|error| MemberError::new("", StoreError::reason(&error)))?;
        let binding = parse(section, &object)?;
        Ok(Self { binding, object })
    }
}

fn parse(section: Section, object: &JsonObject) -> Result<Binding, MemberError> {
    let place = match section {
        Section::Packs => BindingPlace::Slot(parse_slot(object)?),
        Section::Extensions => {
            let instance: Option<String> = optional_member(object, "instance_id")?;
            let instance =
                instance.map(|_| parse_member(object, "instance_id", from_str)).transpose()?;
            BindingPlace::Extension(instance)
        }
    };
    let previous: Option<String> = optional_member(object, "previous_binding_ref")?;
    Ok(Binding {
        place,
        kind: parse_member(object, "kind", from_str)?,
        pack_ref: parse_member(object, "pack_ref", from_str)?,
        answers_ref: optional_member::<String>(object, "answers_ref")?.map(AnswersRef::new),
        generation: optional_member(object, "generation")?.unwrap_or_default(),
        pin: None,
        previous: previous.map(|reference| decode_previous(section, &reference)),
    })
}

fn parse_slot(object: &JsonObject) -> Result<CoreSlot, MemberError> {
    let text = parse_member(object, "slot", |text| Ok(text.to_owned()))?;
    let slot = text.parse::<CapabilitySlot>().map_err(|error| MemberError {
        unknown_slot: Some(text.clone()),
        ..MemberError::new("slot", error.to_string())
    })?;
    CoreSlot::try_from(slot).map_err(|error| MemberError::new("slot", error.to_string()))
}

fn from_str<T: std::str::FromStr<Err: ToString>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

fn optional_member<T: DeserializeOwned>(
    object: &JsonObject,
    name: &'static str,
) -> Result<Option<T>, MemberError> {
    let Some(value) = object.get(name) else { return Ok(None) };
    serde_json::from_str(value.get())
        .map_err(|error| MemberError::new(name, StoreError::reason(&error)))
}

fn parse_member<T>(
    object: &JsonObject,
    name: &'static str,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, MemberError> {
    let fault = |reason| MemberError::new(name, reason);
    let text: String =
        optional_member(object, name)?.ok_or_else(|| fault("it is missing".to_owned()))?;
    parse(&text).map_err(fault)
}

/// Reads the binding that a rollback would restore. An unreadable reference is kept
/// unchanged: another tool may understand it.
fn decode_previous(section: Section, reference: &str) -> PreviousBinding {
    match previous_object(reference).and_then(|object| parse(section, &object).ok()) {
        Some(binding) => PreviousBinding::Known(Box::new(binding)),
        None => PreviousBinding::Opaque(ForeignText::new(reference)),
    }
}

fn previous_object(reference: &str) -> Option<JsonObject> {
    let json = URL_SAFE_NO_PAD.decode(reference.strip_prefix(INLINE)?).ok()?;
    serde_json::from_slice(&json).ok()
}

/// Returns the JSON object of a changed binding. Members that other tools wrote are taken
/// from the binding it replaces or, after a rollback, from the binding it restores.
pub(super) fn merge(binding: &Binding, old: Option<&BindingElement>) -> JsonObject {
    let mut object = old.map(|old| base(binding, old)).unwrap_or_default();
    fill(&mut object, binding);
    // the reference of the previous binding keeps its text if it is still the same
    if old.is_none_or(|old| old.binding.previous != binding.previous) {
        let previous = binding.previous.as_ref().map(|previous| match previous {
            PreviousBinding::Opaque(reference) => reference.as_exact().to_owned(),
            PreviousBinding::Known(previous) => encode_previous(previous, old),
        });
        object.put("previous_binding_ref", previous.map(|previous| raw(previous, 0)));
    }
    object.order(&ORDER);
    object
}

/// Returns the JSON object that the members of other tools are taken from.
fn base(binding: &Binding, old: &BindingElement) -> JsonObject {
    let is_rollback = old.binding.readable_previous().is_some_and(|previous| {
        let generation = binding.generation;
        *binding == Binding { generation, previous: None, ..previous.clone() }
    });
    if !is_rollback {
        return old.object.clone();
    }
    let reference: Option<String> =
        optional_member(&old.object, "previous_binding_ref").ok().flatten();
    reference.and_then(|reference| previous_object(&reference)).unwrap_or_default()
}

/// Encodes a binding as an `inline://` reference: compact JSON with sorted members, as the
/// existing tools write it. Members that other tools wrote into it are kept; it differs from the
/// stored binding if the change gave it a reference that follows no tag.
fn encode_previous(previous: &Binding, old: Option<&BindingElement>) -> String {
    let mut object = old
        .filter(|old| old.binding.generation == previous.generation)
        .map(|old| old.object.clone())
        .unwrap_or_default();
    fill(&mut object, previous);
    object.remove("previous_binding_ref");
    let sorted: std::collections::BTreeMap<&str, &RawValue> = object.members().collect();
    let json = serde_json::to_vec(&sorted).expect("strings and JSON make JSON");
    format!("{INLINE}{}", URL_SAFE_NO_PAD.encode(json))
}

/// Writes the members that this program owns, except for the previous binding.
fn fill(object: &mut JsonObject, binding: &Binding) {
    match &binding.place {
        BindingPlace::Slot(slot) => object.set("slot", raw(slot, 0)),
        BindingPlace::Extension(instance) => {
            object.put("instance_id", instance.as_ref().map(|id| raw(id.as_str(), 0)))
        }
    }
    object.set("kind", raw(&binding.kind, 0));
    object.set("pack_ref", raw(&binding.pack_ref, 0));
    object.put("answers_ref", binding.answers_ref.as_ref().map(|answers| raw(answers.as_str(), 0)));
    object.set("generation", raw(binding.generation, 0));
}
