//! Reads and writes `packs.lock.json`, schema `greentic.env-pack-lock.v2`: the pin of each
//! binding, and of the previous binding that a rollback restores.
//!
//! A pin names the pack reference and the generation of its binding. If another tool changed
//! the binding, they differ, and the pin is ignored: this program did not check the pack that is
//! bound now.
//!
//! It also names the slots that an operator emptied on purpose, which stay without a default: they
//! belong to the bindings, and the other tools have no member for them.
//!
//! Schema v1 had one pin for each pack reference. It is read, and the next change converts it.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::Path;

use env_pack_domain::{Binding, BindingKey, CoreSlot, Environment, ForeignText, Pin, Sha256Digest};
use serde_json::value::RawValue;

use super::error::StoreError;
use super::object::{JsonObject, indented, raw};
use super::pin_record::PinRecord;

const SCHEMA: &str = "greentic.env-pack-lock.v2";
const SCHEMA_V1: &str = "greentic.env-pack-lock.v1";
const EMPTIED_SLOTS: &str = "emptied_slots";
/// The depth of a pin in the file.
const PIN_DEPTH: usize = 2;
/// Maximum number of pins of one binding: its own, and older ones. While a change is written, there
/// are four: those of the old and the new binding, and of the previous binding of each.
const MAX_LEVELS: usize = 16;

/// The parsed file. Members that other tools wrote keep their exact text.
#[derive(Clone, Debug, Default)]
pub(super) struct PinsDocument {
    object: JsonObject<'static>,
    pins: Vec<StoredPin>,
    /// The entries by their name: that of a binding or, in a file of schema v1, a pack reference.
    entries: HashMap<String, StoredEntry>,
    /// The position of the first pin of each archive in a file of schema v1.
    archives_v1: HashMap<Sha256Digest, usize>,
    /// Whether the file has schema v1.
    is_v1: bool,
    /// The names of the emptied slots. Later versions of this program may know more slots.
    emptied_slots: Vec<String>,
}

/// An entry of the file.
#[derive(Clone, Debug)]
struct StoredEntry {
    /// The positions of its pins.
    pins: Range<usize>,
    text: Box<RawValue>,
}

/// A pin, and its place in the file.
#[derive(Clone, Debug)]
struct StoredPin {
    /// The name of its entry in `bindings`; none in a file of schema v1.
    entry: Option<String>,
    pack_ref: String,
    /// The generation of its binding, if the file says it.
    generation: Option<u64>,
    pin: Pin,
    /// The number of members `previous` between its entry and it.
    level: usize,
}

impl PinsDocument {
    /// Parses the file and the pins in it.
    pub(super) fn parse(text: &str, path: &Path) -> Result<Self, StoreError> {
        let mut object = JsonObject::document(text, path, &[SCHEMA, SCHEMA_V1])?;
        let schema: String = object.require("schema", path)?;
        let is_v1 = schema == SCHEMA_V1;
        let list = if is_v1 { "packs" } else { "bindings" };
        let entries: JsonObject<'_> = object.require(list, path)?;
        let emptied_slots = match object.get(EMPTIED_SLOTS) {
            Some(_) => object.require(EMPTIED_SLOTS, path)?,
            None => Vec::new(),
        };
        let mut pins = Vec::new();
        let mut stored_entries = HashMap::new();
        let mut archives_v1 = HashMap::new();
        for (name, text) in entries.members() {
            let read = if is_v1 { read_v1(name, text) } else { read_chain(name, text) };
            let first = pins.len();
            pins.extend(read.map_err(|reason| {
                let place = format!("`{list}.{}`", ForeignText::excerpt(name));
                StoreError::malformed(path, place, reason)
            })?);
            let entry = StoredEntry { pins: first..pins.len(), text: text.to_owned() };
            stored_entries.insert(name.to_owned(), entry);
        }
        if is_v1 {
            for (at, stored) in pins.iter().enumerate() {
                archives_v1.entry(stored.pin.archive).or_insert(at);
            }
            // the next change writes the list of schema v2 instead
            object.remove(list);
        }
        let object = object.into_owned();
        Ok(Self { object, pins, entries: stored_entries, archives_v1, is_v1, emptied_slots })
    }

    /// Returns whether the file has an older schema, which the next change of it converts.
    pub(super) fn is_outdated(&self) -> bool {
        self.is_v1
    }

    /// Returns the pins in the entry of this name, the newest first.
    fn pins_in(&self, name: &str) -> &[StoredPin] {
        let entry = self.entries.get(name);
        entry.map(|entry| &self.pins[entry.pins.clone()]).unwrap_or_default()
    }

    /// Returns the environment with the pins of its bindings, and its emptied slots.
    pub(super) fn pin(&self, environment: Environment) -> Environment {
        let emptied = self.emptied_slots.iter().filter_map(|name| core_slot(name));
        let environment = environment.with_emptied_slots(emptied);
        if self.pins.is_empty() {
            return environment;
        }
        environment
            .with_pins(|bound, binding| self.find(bound, binding).map(|stored| stored.pin.clone()))
    }

    /// Finds the pin of `binding`, which is `bound` or its previous binding.
    fn find(&self, bound: &Binding, binding: &Binding) -> Option<&StoredPin> {
        let entry = entry_name(&bound.key());
        let pack_ref = binding.pack_ref.text();
        let is_previous = binding.generation != bound.generation;
        let mut candidates = self.pins_in(&entry).iter().chain(self.pins_in(&pack_ref));
        candidates.find(|stored| {
            let is_of_binding = match (&stored.entry, stored.generation) {
                // the one pin of a reference is that of the bound archive; the previous archive
                // is the same one only if the reference names it by its digest
                (None, _) => {
                    !is_previous
                        || binding.pack_ref != bound.pack_ref
                        || binding.pack_ref.is_exact()
                }
                (Some(name), None) => *name == entry && (stored.level > 0) == is_previous,
                (Some(name), Some(generation)) => {
                    *name == entry && generation == binding.generation
                }
            };
            is_of_binding && stored.pack_ref == pack_ref
        })
    }

    /// Returns the pins that belong to none of these bindings, with their pack references.
    pub(super) fn others(&self, environment: &Environment) -> Vec<(String, Pin)> {
        let keys: HashSet<_> =
            environment.bindings().map(|bound| entry_name(&bound.key())).collect();
        let others = self
            .pins
            .iter()
            .filter(|stored| stored.entry.as_ref().is_none_or(|entry| !keys.contains(entry)));
        others.map(|stored| (stored.pack_ref.clone(), stored.pin.clone())).collect()
    }

    /// Returns the text of the file with the pins of these environments, which are versions of
    /// one environment, the newest first.
    pub(super) fn render(&self, environments: &[&Environment]) -> String {
        let mut entries = JsonObject::default();
        for binding in environments.iter().flat_map(|environment| environment.bindings()) {
            let key = binding.key();
            let name = entry_name(&key);
            if entries.get(&name).is_none()
                && let Some(entry) = self.render_entry(&name, &chain(environments, &key))
            {
                entries.set(&name, entry);
            }
        }
        // those of bindings that only a later version of this program knows
        let stored = self.object.child("bindings");
        for (name, entry) in stored.members() {
            if !is_known_entry(name) {
                entries.set(name, entry.to_owned());
            }
        }
        let mut object = self.object.clone();
        object.set("schema", raw(SCHEMA, 1));
        object.set("bindings", entries.into_raw(1));
        object.put(EMPTIED_SLOTS, self.render_emptied_slots(environments));
        object.render(0) + "\n"
    }

    /// Renders the slots that the newest environment has emptied; none if there are none.
    fn render_emptied_slots(&self, environments: &[&Environment]) -> Option<Box<RawValue>> {
        let unknown = self.emptied_slots.iter().filter(|name| core_slot(name).is_none()).cloned();
        let newest = environments.first().into_iter();
        let known = newest.flat_map(|environment| environment.emptied_slots());
        let names: Vec<String> = known.map(ToString::to_string).chain(unknown).collect();
        (!names.is_empty()).then(|| raw(names, 1))
    }

    /// Renders the entry of a binding: its newest pin, with each older one in the member
    /// `previous` of the newer. Returns `None` if there are no pins.
    fn render_entry(&self, name: &str, chain: &[(&Binding, &Binding)]) -> Option<Box<RawValue>> {
        if chain.iter().all(|(_, binding)| binding.pin.is_none()) {
            return None;
        }
        if self.is_unchanged(name, chain) {
            return self.entries.get(name).map(|entry| entry.text.clone());
        }
        let mut rendered: Option<Box<RawValue>> = None;
        for (level, (bound, binding)) in chain.iter().enumerate().rev() {
            let mut object = match &binding.pin {
                Some(pin) => self.render_pin(bound, binding, pin, level),
                None => JsonObject::default(),
            };
            object.put("previous", rendered);
            rendered = Some(object.into_raw(PIN_DEPTH + level));
        }
        rendered
    }

    /// Returns true if an entry has exactly the pins of these bindings.
    fn is_unchanged(&self, name: &str, chain: &[(&Binding, &Binding)]) -> bool {
        let stored = self.pins_in(name);
        let mut pairs = stored.iter().zip(chain).enumerate();
        stored.len() == chain.len()
            && pairs.all(|(level, (stored, (_, binding)))| {
                stored.entry.is_some()
                    && stored.level == level
                    && stored.generation == Some(binding.generation)
                    && binding.pin.as_ref() == Some(&stored.pin)
                    && stored.pack_ref == binding.pack_ref.text()
            })
    }

    /// Renders a pin. Members that other tools wrote about the same archive are kept.
    fn render_pin(
        &self,
        bound: &Binding,
        binding: &Binding,
        pin: &Pin,
        level: usize,
    ) -> JsonObject<'static> {
        let entry = entry_name(&bound.key());
        let same_archive = |stored: &&StoredPin| stored.pin.archive == pin.archive;
        let of_archive_v1 = self.archives_v1.get(&pin.archive).map(|at| &self.pins[*at]);
        let old = self
            .find(bound, binding)
            .filter(same_archive)
            .or_else(|| self.pins_in(&entry).iter().find(same_archive))
            .or(of_archive_v1);
        let mut object = old.map(|old| self.object_of(old, level)).unwrap_or_default();
        let before = old.map(|old| &old.pin);
        PinRecord::write(binding, pin, before, PIN_DEPTH + level, &mut object);
        object
    }

    /// Returns the JSON object that a pin was read from, indented for another level.
    fn object_of(&self, stored: &StoredPin, level: usize) -> JsonObject<'static> {
        let entry = stored.entry.as_ref().unwrap_or(&stored.pack_ref);
        let mut text = self.entries.get(entry).map(|entry| &*entry.text);
        let mut object = JsonObject::default();
        for _ in 0..=stored.level {
            object = text.and_then(|text| parse_object(text).ok()).unwrap_or_default();
            text = object.take("previous");
        }
        let mut moved = JsonObject::default();
        for (name, value) in object.members() {
            moved.set(name, indented(value, stored.level, level));
        }
        moved
    }
}

/// Returns the bindings whose pins are in the entry of a binding, the newest first, each with the
/// binding of which it is the previous one, or with itself.
fn chain<'a>(
    environments: &[&'a Environment],
    key: &BindingKey,
) -> Vec<(&'a Binding, &'a Binding)> {
    let bindings = environments.iter().filter_map(|environment| environment.binding(key));
    let bindings = bindings.flat_map(|bound| {
        let previous = bound.readable_previous();
        std::iter::once((bound, bound)).chain(previous.map(|previous| (bound, previous)))
    });
    let mut chain: Vec<(&Binding, &Binding)> = Vec::new();
    for (bound, binding) in bindings {
        let is_new = chain.iter().all(|(_, newer)| {
            (newer.generation, &newer.pack_ref) != (binding.generation, &binding.pack_ref)
        });
        // the first level is for the newest binding, pinned or not
        if is_new && (chain.is_empty() || binding.pin.is_some()) {
            chain.push((bound, binding));
        }
    }
    chain
}

/// Reads a pin of schema v1.
fn read_v1(pack_ref: &str, text: &RawValue) -> Result<Vec<StoredPin>, String> {
    // duplicate members are refused
    parse_object(text)?;
    let record: PinRecord = parse(text)?;
    let pin = record.parse()?;
    let pack_ref = pack_ref.to_owned();
    Ok(vec![StoredPin { entry: None, pack_ref, generation: None, pin, level: 0 }])
}

/// Reads the entry of a binding: its pin, and the older ones in members `previous`.
fn read_chain(name: &str, text: &RawValue) -> Result<Vec<StoredPin>, String> {
    let mut pins = Vec::new();
    let mut next = Some(text);
    let mut level = 0;
    while let Some(text) = next {
        // each level is parsed again with those inside it
        if level == MAX_LEVELS {
            return Err(format!("it has more than {MAX_LEVELS} levels of `previous`"));
        }
        let mut object = parse_object(text)?;
        next = object.take("previous");
        // without a pin of its own, a binding has only the member `previous`
        if object.get("pack_ref").is_some() || object.get("archive_sha256").is_some() {
            let record: PinRecord = parse(text)?;
            let pack_ref = record.pack_ref.clone().ok_or("member `pack_ref` is missing")?;
            let pin = record.parse()?;
            let entry = Some(name.to_owned());
            let generation = record.generation;
            pins.push(StoredPin { entry, pack_ref, generation, pin, level });
        }
        level += 1;
    }
    Ok(pins)
}

fn parse_object(text: &RawValue) -> Result<JsonObject<'_>, String> {
    parse(text)
}

fn parse<'a, T: serde::Deserialize<'a>>(text: &'a RawValue) -> Result<T, String> {
    serde_json::from_str(text.get()).map_err(|error| StoreError::reason(&error))
}

/// Returns true for the name of a core slot, and of an extension, whose path has a dot.
fn is_known_entry(name: &str) -> bool {
    name.contains('.') || core_slot(name).is_some()
}

fn core_slot(name: &str) -> Option<CoreSlot> {
    CoreSlot::all().find(|slot| slot.slot().as_str() == name)
}

/// Returns the name of the entry of a binding: its slot, or its extension path and instance. Two
/// keys never have one name: a path has a `.`, which a slot has not, and no `/`.
fn entry_name(key: &BindingKey) -> String {
    match key {
        BindingKey::Slot(slot) => slot.to_string(),
        BindingKey::Extension { path, instance: None } => path.to_string(),
        BindingKey::Extension { path, instance: Some(instance) } => format!("{path}/{instance}"),
    }
}
