//! Reads and writes `environment.json`, schema `greentic.environment.v1`. This program owns
//! three lists in it; everything else keeps its exact text.

use std::net::SocketAddr;
use std::path::Path;

use env_pack_domain::messaging::Endpoints;
use env_pack_domain::{DuplicateBinding, EnvId, Environment, ForeignText};
use serde_json::value::RawValue;

use super::bindings::{self, MemberError, OldBinding, Section};
use super::document_fault::DocumentFault;
use super::endpoints::EndpointsDocument;
use super::error::StoreError;
use super::object::{JsonObject, raw};
use super::settings::{HOST_CONFIG, Setting, Settings};

const SCHEMA: &str = "greentic.environment.v1";
/// The first members of the document, in the order in which they are written.
const ORDER: [&str; 4] = ["schema", "environment_id", "name", HOST_CONFIG];
/// The lists of entities of other tools, which may name their environment.
const ENTITIES: [&str; 4] = ["bundles", "revisions", "traffic_splits", "messaging_endpoints"];

/// An environment file in memory.
#[derive(Clone, Debug)]
pub(super) struct EnvironmentDocument {
    object: JsonObject<'static>,
    elements: Vec<Element>,
    endpoints: EndpointsDocument,
}

/// An element of a list of bindings.
#[derive(Clone, Debug)]
struct Element {
    section: Section,
    text: Box<RawValue>,
    /// The position of its binding in the list of the environment; none if it is not well-formed. It
    /// keeps its text then.
    binding: Option<usize>,
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
        let mut reader = BindingReader {
            elements: Vec::new(),
            faults: Vec::new(),
            environment: Environment::empty(id.clone()),
        };
        for section in Section::ALL {
            reader.read_section(&object, section, path)?;
        }
        let BindingReader { elements, faults, environment } = reader;
        let endpoints = EndpointsDocument::parse(&object, path, id);
        Ok((Self { object: object.into_owned(), elements, endpoints }, environment, faults))
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
        let object: JsonObject<'_> = serde_json::from_str(&text).expect("it is an object");
        let endpoints = EndpointsDocument::empty(id);
        Self { object: object.into_owned(), elements: Vec::new(), endpoints }
    }

    /// Returns the text of a well-formed document with another id, also in the entities that name
    /// their environment. A display name that is the old id becomes the new one.
    pub(crate) fn with_id(document: &RawValue, old: &EnvId, new: &EnvId) -> Box<RawValue> {
        let is_old = |value: Option<&RawValue>| {
            let text = value.and_then(|value| serde_json::from_str::<String>(value.get()).ok());
            text.is_some_and(|text| text == old.as_str())
        };
        let mut object: JsonObject<'_> =
            serde_json::from_str(document.get()).expect("the document is well-formed");
        object.set("environment_id", raw(new, 1));
        if is_old(object.get(Setting::Name.name())) {
            object.set(Setting::Name.name(), raw(new, 1));
        }
        let mut host_config = object.child(HOST_CONFIG);
        if is_old(host_config.get("env_id")) {
            host_config.set("env_id", raw(new, 2));
            object.set(HOST_CONFIG, host_config.into_raw(1));
        }
        for name in ENTITIES {
            let list = object.get(name).and_then(|list| serde_json::from_str(list.get()).ok());
            let Some(mut list): Option<Vec<Box<RawValue>>> = list else { continue };
            let mut is_changed = false;
            for element in &mut list {
                let Ok(mut entity) = serde_json::from_str::<JsonObject<'_>>(element.get()) else {
                    continue;
                };
                if is_old(entity.get("env_id")) {
                    entity.set("env_id", raw(new, 3));
                    *element = entity.into_raw(2);
                    is_changed = true;
                }
            }
            if is_changed {
                let mut text = ListText::new();
                list.iter().for_each(|element| text.push(element.get()));
                let list = RawValue::from_string(text.finish());
                object.set(name, list.expect("a list of JSON values"));
            }
        }
        object.into_raw(0)
    }

    /// Returns the settings of the environment. `path` is for errors.
    pub(crate) fn settings(&self, path: &Path) -> Settings {
        Settings::of(&self.object, path)
    }

    /// Returns the document with other settings.
    pub(crate) fn with_settings(&self, settings: &Settings) -> Self {
        let mut after = self.clone();
        after.object.put_in_order(Setting::Name.name(), settings.name.clone(), &ORDER);
        after.object.put_in_order(HOST_CONFIG, settings.host_config.clone(), &ORDER);
        after
    }

    /// Returns the messaging endpoints.
    pub(crate) fn endpoints(&self) -> &EndpointsDocument {
        &self.endpoints
    }

    /// Returns the text of the document with the bindings of `after`, and with these endpoints.
    /// `before` is the environment that was parsed with this document. Pins are stored elsewhere.
    pub(crate) fn render(
        &self,
        before: &Environment,
        after: &Environment,
        endpoints: &Endpoints,
    ) -> String {
        let mut object = self.object.clone();
        for section in Section::ALL {
            let list = self.render_section(section, before, after);
            let is_absent = object.get(section.name()).is_none() && list == "[]";
            if !is_absent {
                let list = RawValue::from_string(list).expect("a list of JSON values");
                object.set(section.name(), list);
            }
        }
        self.endpoints.write(&mut object, endpoints);
        object.render(0) + "\n"
    }

    /// Returns the text of a list: its elements in their order, then the new bindings.
    fn render_section(
        &self,
        section: Section,
        before: &Environment,
        after: &Environment,
    ) -> String {
        let old_bindings = section.bindings(before);
        let mut list = ListText::new();
        for element in self.elements.iter().filter(|element| element.section == section) {
            let text = element.text.get();
            let Some(at) = element.binding else {
                list.push(text);
                continue;
            };
            let old = &old_bindings[at];
            match after.binding(&old.key()) {
                Some(binding) if binding.equals_without_pins(old) => list.push(text),
                Some(binding) => {
                    let old = OldBinding { binding: old, text };
                    list.push(&bindings::merge(binding, Some(&old)).render(2));
                }
                None => {}
            }
        }
        for binding in section.bindings(after) {
            if before.binding(&binding.key()).is_none() {
                list.push(&bindings::merge(binding, None).render(2));
            }
        }
        list.finish()
    }
}

/// The text of a list of bindings, one element after the other.
struct ListText(String);

impl ListText {
    fn new() -> Self {
        Self("[".to_owned())
    }

    fn push(&mut self, element: &str) {
        let Self(text) = self;
        text.push_str(if text == "[" { "\n    " } else { ",\n    " });
        text.push_str(element);
    }

    fn finish(self) -> String {
        let Self(text) = self;
        let end = if text == "[" { "]" } else { "\n  ]" };
        text + end
    }
}

/// Reads the lists of bindings.
struct BindingReader {
    elements: Vec<Element>,
    faults: Vec<DocumentFault>,
    environment: Environment,
}

impl BindingReader {
    fn read_section(
        &mut self,
        object: &JsonObject<'_>,
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
        // the element of each binding
        let mut places = Vec::new();
        for (at, text) in list.into_iter().enumerate() {
            let binding = match self.read_element(section, &text, &places) {
                Ok(binding) => {
                    places.push(at);
                    Some(binding)
                }
                Err(MemberError { member, reason, unknown_slot }) => {
                    let member =
                        if member.is_empty() { String::new() } else { format!(".{member}") };
                    self.faults.push(DocumentFault {
                        path: path.to_owned(),
                        place: format!("`{name}[{at}]{member}`"),
                        reason: ForeignText::sentence(&reason),
                        unknown_slot: unknown_slot.map(|slot| ForeignText::excerpt(&slot)),
                    });
                    None
                }
            };
            self.elements.push(Element { section, text, binding });
        }
        Ok(())
    }

    /// Adds the binding of an element, and returns its position. `places` holds the elements of the
    /// bindings before it.
    fn read_element(
        &mut self,
        section: Section,
        text: &RawValue,
        places: &[usize],
    ) -> Result<usize, MemberError> {
        let binding = bindings::parse(section, text.get())?;
        self.environment.add(binding).map_err(|DuplicateBinding { key, at }| {
            let first = places[at];
            let name = section.name();
            MemberError::new("", format!("{key} is bound twice, first at `{name}[{first}]`"))
        })
    }
}
