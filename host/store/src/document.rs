//! Reads and writes `environment.json`, schema `greentic.environment.v1`. This program owns
//! two lists in it; everything else keeps its exact text.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use env_pack_domain::{Binding, BindingKey, EnvId, Environment, ForeignText};
use serde_json::value::RawValue;

use super::bindings::{self, BindingElement, MemberError, Section};
use super::error::StoreError;
use super::object::JsonObject;

const SCHEMA: &str = "greentic.environment.v1";

/// An environment file in memory.
#[derive(Clone, Debug)]
pub(super) struct EnvironmentDocument {
    object: JsonObject,
    elements: Vec<Element>,
}

/// An element of a list of bindings.
#[derive(Clone, Debug)]
struct Element {
    section: Section,
    text: Box<RawValue>,
    /// Its binding; none if it is not well-formed. It keeps its text then.
    binding: Option<BindingElement>,
}

/// An element of `environment.json` that could not be read as a binding. It keeps its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentFault {
    /// The file.
    pub path: PathBuf,
    /// The element, such as `packs[4].slot`, in backticks.
    pub place: String,
    /// The problem.
    pub reason: ForeignText,
    /// The slot of the element, if this version of the program does not know it. Other bindings
    /// can be changed then; not if the element is malformed.
    pub unknown_slot: Option<ForeignText>,
}

impl fmt::Display for DocumentFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, place, reason, .. } = self;
        let path = ForeignText::new(path.to_string_lossy());
        write!(f, "`{path}` is not well-formed at {place}: {reason}")
    }
}

impl EnvironmentDocument {
    /// Parses a document and the environment in it, whose id must be `id`. Elements that could
    /// not be read as bindings are returned as faults.
    pub(crate) fn parse(
        text: &str,
        path: &Path,
        id: &EnvId,
    ) -> Result<(Self, Environment, Vec<DocumentFault>), StoreError> {
        let object = JsonObject::document(text, path, &[SCHEMA])?;
        let environment_id: String = object.require("environment_id", path)?;
        if environment_id != id.as_str() {
            let reason = format!("it is `{environment_id}`, but the folder belongs to `{id}`");
            return Err(StoreError::malformed(path, "`environment_id`", reason));
        }
        let mut reader = BindingReader::default();
        for section in Section::ALL {
            reader.read_section(&object, section, path)?;
        }
        let BindingReader { elements, faults } = reader;
        let bindings = elements.iter().filter_map(|element| element.binding.as_ref());
        let bindings = bindings.map(|element| element.binding.clone());
        let environment = Environment::new(id.clone(), bindings)
            .map_err(|fault| StoreError::malformed(path, "`packs`", fault.to_string()))?;
        Ok((Self { object, elements }, environment, faults))
    }

    /// Returns the document of a new environment, with all members that the existing tools
    /// expect.
    pub(crate) fn new(id: &EnvId, name: &str, listen_addr: SocketAddr) -> Self {
        let json = serde_json::json!({
            "schema": SCHEMA,
            "environment_id": id.as_str(),
            "name": name,
            "host_config": {"env_id": id.as_str(), "listen_addr": listen_addr.to_string()},
            "packs": [],
            "bundles": [],
            "revisions": [],
            "traffic_splits": [],
            "messaging_endpoints": [],
            "extensions": [],
            "revocation": {"required": false},
            "retention": {},
            "health": {"state": "unknown"},
        });
        let text = serde_json::to_string_pretty(&json).expect("a JSON value makes JSON");
        let object = serde_json::from_str(&text).expect("it is an object");
        Self { object, elements: Vec::new() }
    }

    /// Returns the text of the document with the bindings of `environment`. Their pins are
    /// stored elsewhere.
    pub(crate) fn render(&self, environment: &Environment) -> String {
        let environment = environment.clone().with_pins(|_, _| None);
        let mut object = self.object.clone();
        for section in Section::ALL {
            let elements = self.section_texts(section, &environment);
            let list = format!("[{}\n  ]", joined(elements.into_iter()));
            let list = if list == "[\n  ]" { "[]".to_owned() } else { list };
            let is_absent = object.get(section.name()).is_none() && list == "[]";
            if !is_absent {
                object.set(
                    section.name(),
                    RawValue::from_string(list).expect("a list of JSON values"),
                );
            }
        }
        object.render(0) + "\n"
    }

    /// Returns the texts of a list: its elements in their order, then the new bindings.
    fn section_texts(&self, section: Section, environment: &Environment) -> Vec<String> {
        let mut texts = Vec::new();
        let mut old_keys = HashSet::new();
        for element in self.elements.iter().filter(|element| element.section == section) {
            let Some(old) = &element.binding else {
                texts.push(element.text.get().to_owned());
                continue;
            };
            let key = old.binding.key();
            texts.extend(
                environment.binding(&key).map(|binding| binding_text(binding, old, &element.text)),
            );
            old_keys.insert(key);
        }
        let bindings = match section {
            Section::Packs => environment.packs(),
            Section::Extensions => environment.extensions(),
        };
        let new = bindings.iter().filter(|binding| !old_keys.contains(&binding.key()));
        texts.extend(new.map(|binding| bindings::merge(binding, None).render(2)));
        texts
    }
}

/// Returns the text of one binding: the original text if the binding did not change.
fn binding_text(binding: &Binding, old: &BindingElement, text: &RawValue) -> String {
    if old.binding == *binding {
        text.get().to_owned()
    } else {
        bindings::merge(binding, Some(old)).render(2)
    }
}

/// Reads the lists of bindings.
#[derive(Default)]
struct BindingReader {
    elements: Vec<Element>,
    faults: Vec<DocumentFault>,
}

impl BindingReader {
    fn read_section(
        &mut self,
        object: &JsonObject,
        section: Section,
        path: &Path,
    ) -> Result<(), StoreError> {
        let name = section.name();
        // the existing tools always write both lists, but not every version of them knew
        // extensions
        if section == Section::Extensions && object.get(name).is_none() {
            return Ok(());
        }
        let list: Vec<Box<RawValue>> = object.require(name, path)?;
        let mut places: HashMap<BindingKey, usize> = HashMap::new();
        for (at, text) in list.into_iter().enumerate() {
            let mut report = |member: &str, reason: &str, unknown_slot: Option<String>| {
                self.faults.push(DocumentFault {
                    path: path.to_owned(),
                    place: format!("`{name}[{at}]{member}`"),
                    reason: ForeignText::sentence(reason),
                    unknown_slot: unknown_slot.map(|slot| ForeignText::excerpt(&slot)),
                });
            };
            let binding = match BindingElement::parse(section, &text) {
                Ok(element) => {
                    let key = element.binding.key();
                    match places.get(&key) {
                        Some(first) => {
                            let reason =
                                format!("{key} is bound twice, first at `{name}[{first}]`");
                            report("", &reason, None);
                            None
                        }
                        None => {
                            places.insert(key, at);
                            Some(element)
                        }
                    }
                }
                Err(MemberError { member, reason, unknown_slot }) => {
                    let member =
                        if member.is_empty() { String::new() } else { format!(".{member}") };
                    report(&member, &reason, unknown_slot);
                    None
                }
            };
            self.elements.push(Element { section, text, binding });
        }
        Ok(())
    }
}

fn joined(elements: impl Iterator<Item = String>) -> String {
    elements.map(|element| format!("\n    {element}")).collect::<Vec<_>>().join(",")
}
