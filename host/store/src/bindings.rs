//! Reads and writes the bindings in `environment.json`. A binding carries its one previous
//! version as an `inline://` reference, from which that version's own previous one is removed.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use env_pack_domain::{
    AnswersRef, Binding, BindingPlace, CapabilitySlot, CoreSlot, Environment, ForeignText,
    PreviousBinding,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::StoreError;
use super::object::{BorrowedText, JsonObject, raw};

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

/// A binding, and the text that it was read from.
#[derive(Clone, Copy, Debug)]
pub(super) struct OldBinding<'a> {
    pub binding: &'a Binding,
    pub text: &'a str,
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
    pub(crate) fn new(member: &'static str, reason: String) -> Self {
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

    /// Returns the bindings of an environment that are in the list.
    pub(crate) fn bindings(self, environment: &Environment) -> &[Binding] {
        match self {
            Self::Packs => environment.packs(),
            Self::Extensions => environment.extensions(),
        }
    }
}

impl OldBinding<'_> {
    /// Returns the JSON object of the binding.
    fn object(&self) -> JsonObject<'_> {
        serde_json::from_str(self.text).expect("a binding was read from it")
    }
}

/// Reads one element of a section.
pub(super) fn parse(section: Section, text: &str) -> Result<Binding, MemberError> {
    let object = serde_json::from_str(text)
        .map_err(|error| MemberError::new("", StoreError::reason(&error)))?;
    parse_object(section, &object)
}

fn parse_object(section: Section, object: &JsonObject<'_>) -> Result<Binding, MemberError> {
    let place = match section {
        Section::Packs => BindingPlace::Slot(parse_slot(object)?),
        Section::Extensions => {
            let instance = optional_text(object, "instance_id")?;
            let instance = instance.map(|text| from_str(&text)).transpose();
            let instance = instance.map_err(|reason| MemberError::new("instance_id", reason))?;
            BindingPlace::Extension(instance)
        }
    };
    let previous = optional_text(object, "previous_binding_ref")?;
    let answers_ref = optional_text(object, "answers_ref")?;
    Ok(Binding {
        place,
        kind: parse_member(object, "kind", from_str)?,
        pack_ref: parse_member(object, "pack_ref", from_str)?,
        answers_ref: answers_ref.map(|text| AnswersRef::new(text.into_owned())),
        generation: optional_member(object, "generation")?.unwrap_or_default(),
        pin: None,
        previous: previous.map(|reference| decode_previous(section, &reference)),
    })
}

fn parse_slot(object: &JsonObject<'_>) -> Result<CoreSlot, MemberError> {
    let text = parse_member(object, "slot", |text| Ok(text.to_owned()))?;
    let slot = text.parse::<CapabilitySlot>().map_err(|error| MemberError {
        unknown_slot: Some(text.clone()),
        ..MemberError::new("slot", error.to_string())
    })?;
    CoreSlot::try_from(slot).map_err(|error| MemberError::new("slot", error.to_string()))
}

pub(super) fn from_str<T: std::str::FromStr<Err: ToString>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

pub(super) fn optional_member<'a, T: Deserialize<'a>>(
    object: &'a JsonObject<'_>,
    name: &'static str,
) -> Result<Option<T>, MemberError> {
    let Some(value) = object.get(name) else { return Ok(None) };
    serde_json::from_str(value.get())
        .map_err(|error| MemberError::new(name, StoreError::reason(&error)))
}

fn optional_text<'a>(
    object: &'a JsonObject<'_>,
    name: &'static str,
) -> Result<Option<Cow<'a, str>>, MemberError> {
    let text: Option<BorrowedText<'_>> = optional_member(object, name)?;
    Ok(text.map(|BorrowedText(text)| text))
}

pub(super) fn parse_member<T>(
    object: &JsonObject<'_>,
    name: &'static str,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, MemberError> {
    let fault = |reason| MemberError::new(name, reason);
    let text = optional_text(object, name)?.ok_or_else(|| fault("it is missing".to_owned()))?;
    parse(&text).map_err(fault)
}

/// Reads the binding that a rollback would restore. An unreadable reference is kept
/// unchanged: another tool may understand it.
fn decode_previous(section: Section, reference: &str) -> PreviousBinding {
    match previous_object(reference).and_then(|object| parse_object(section, &object).ok()) {
        Some(binding) => PreviousBinding::Known(Box::new(binding)),
        None => PreviousBinding::Opaque(ForeignText::new(reference)),
    }
}

fn previous_object(reference: &str) -> Option<JsonObject<'static>> {
    let json = URL_SAFE_NO_PAD.decode(reference.strip_prefix(INLINE)?).ok()?;
    serde_json::from_slice(&json).ok().map(JsonObject::into_owned)
}

/// Returns the JSON object of a changed binding. Members that other tools wrote are taken
/// from the binding it replaces or, after a rollback, from the binding it restores.
pub(super) fn merge<'a>(binding: &Binding, old: Option<&'a OldBinding<'_>>) -> JsonObject<'a> {
    let mut object = old.map(|old| base(binding, old)).unwrap_or_default();
    fill(&mut object, binding);
    // the reference of the previous binding keeps its text if it is still the same
    if old.is_none_or(|old| !old.binding.has_same_previous(binding)) {
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
fn base<'a>(binding: &Binding, old: &'a OldBinding<'_>) -> JsonObject<'a> {
    let is_rollback = old.binding.readable_previous().is_some_and(|previous| {
        let generation = binding.generation;
        binding.equals_without_pins(&Binding { generation, previous: None, ..previous.clone() })
    });
    let object = old.object();
    if !is_rollback {
        return object;
    }
    let reference = optional_text(&object, "previous_binding_ref").ok().flatten();
    reference.and_then(|reference| previous_object(&reference)).unwrap_or_default()
}

/// Encodes a binding as an `inline://` reference: compact JSON with sorted members, as the
/// existing tools write it. Members that other tools wrote into it are kept; it differs from the
/// stored binding if the change gave it a reference that follows no tag.
fn encode_previous(previous: &Binding, old: Option<&OldBinding<'_>>) -> String {
    let mut object = old
        .filter(|old| old.binding.generation == previous.generation)
        .map(OldBinding::object)
        .unwrap_or_default();
    fill(&mut object, previous);
    object.remove("previous_binding_ref");
    let sorted: std::collections::BTreeMap<&str, &RawValue> = object.members().collect();
    let json = serde_json::to_vec(&sorted).expect("strings and JSON make JSON");
    format!("{INLINE}{}", URL_SAFE_NO_PAD.encode(json))
}

/// Writes the members that this program owns, except for the previous binding.
fn fill(object: &mut JsonObject<'_>, binding: &Binding) {
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
