//! Reads and writes `environment.json`, schema `greentic.environment.v1`. This program owns
//! two lists in it; everything else keeps its exact text.

use std::net::SocketAddr;
use std::path::Path;

use env_pack_domain::{Binding, BindingPlace, EnvId, Environment};
use serde_json::value::RawValue;

use super::bindings::{self, BindingElement, Section};
use super::error::StoreError;
use super::object::JsonObject;

const SCHEMA: &str = "greentic.environment.v1";

/// An environment file in memory.
#[derive(Clone, Debug)]
pub(super) struct EnvironmentDocument {
    object: JsonObject,
    elements: Vec<BindingElement>,
}

impl EnvironmentDocument {
    /// Parses a document and the environment in it, whose id must be `id`.
    pub(crate) fn parse(
        text: &str,
        path: &Path,
        id: &EnvId,
    ) -> Result<(Self, Environment), StoreError> {
        let object = JsonObject::document(text, path, &[SCHEMA])?;
        let environment_id: String = object.require("environment_id", path)?;
        if environment_id != id.as_str() {
            let reason = format!("it is `{environment_id}`, but the folder belongs to `{id}`");
            return Err(StoreError::malformed(path, "`environment_id`", reason));
        }
        let mut elements = Vec::new();
        for section in Section::ALL {
            elements.extend(section_elements(&object, section, path)?);
        }
        let bindings = elements.iter().map(|(_, _, element)| element.binding.clone());
        let environment = Environment::new(id.clone(), bindings).map_err(|fault| {
            let mut places = elements
                .iter()
                .filter(|(_, _, element)| element.binding.key() == fault.key)
                .map(|(section, at, _)| format!("`{}[{at}]`", section.name()));
            let first = places.next().unwrap_or_default();
            let second = places.next().unwrap_or_default();
            StoreError::malformed(path, second, format!("{fault}, first at {first}"))
        })?;
        let elements = elements.into_iter().map(|(_, _, element)| element).collect();
        Ok((Self { object, elements }, environment))
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
            let elements = environment
                .bindings()
                .filter(|binding| {
                    matches!(binding.place, BindingPlace::Slot(_)) == (section == Section::Packs)
                })
                .map(|binding| self.element(binding));
            let list = format!("[{}\n  ]", joined(elements));
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

    /// Returns the text of one binding: the original text if the binding did not change.
    fn element(&self, binding: &Binding) -> String {
        let old = self.elements.iter().find(|old| old.binding.key() == binding.key());
        match old.filter(|old| old.binding == *binding) {
            Some(old) => old.text.get().to_owned(),
            None => bindings::merge(binding, old).render(2),
        }
    }
}

/// Parses the elements of a section and numbers them.
fn section_elements(
    object: &JsonObject,
    section: Section,
    path: &Path,
) -> Result<Vec<(Section, usize, BindingElement)>, StoreError> {
    let name = section.name();
    // the existing tools always write both lists, but not every version of them knew
    // extensions
    if section == Section::Extensions && object.get(name).is_none() {
        return Ok(Vec::new());
    }
    let list: Vec<Box<RawValue>> = object.require(name, path)?;
    let mut elements = Vec::new();
    for (at, text) in list.iter().enumerate() {
        let element = BindingElement::parse(section, text).map_err(|fault| {
            let member =
                if fault.member.is_empty() { String::new() } else { format!(".{}", fault.member) };
            StoreError::malformed(path, format!("`{name}[{at}]{member}`"), fault.reason)
        })?;
        elements.push((section, at, element));
    }
    Ok(elements)
}

fn joined(elements: impl Iterator<Item = String>) -> String {
    elements.map(|element| format!("\n    {element}")).collect::<Vec<_>>().join(",")
}
