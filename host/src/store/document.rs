//! `environment.json`, schema `greentic.environment.v1`: the two lists that are ours, and everything else exactly as it was.

use std::path::Path;

use env_pack_domain::{Binding, EnvId, Environment, ForeignText, Place};
use serde_json::value::RawValue;

use super::StoreError;
use super::bindings::{self, Element, Section};
use super::object::Object;

const SCHEMA: &str = "greentic.environment.v1";

/// An environment file in memory.
#[derive(Clone, Debug)]
pub(super) struct Document {
    object: Object,
    elements: Vec<(Section, Element)>,
}

impl Document {
    /// Reads a document, and the environment in it, which must be the one asked for.
    pub fn parse(text: &str, path: &Path, id: &EnvId) -> Result<(Self, Environment), StoreError> {
        let malformed = |place: String, reason: String| StoreError::Malformed {
            path: path.to_owned(),
            place,
            reason: ForeignText::sentence(&reason),
        };
        let object: Object = serde_json::from_str(text).map_err(|error| StoreError::malformed_json(path, &error))?;
        let text_of = |name: &str| match object.get(name).map(|value| serde_json::from_str::<String>(value.get())) {
            Some(Ok(value)) => Ok(value),
            Some(Err(error)) => Err(malformed(format!("`{name}`"), error.to_string())),
            None => Err(malformed(format!("`{name}`"), "it is missing".to_owned())),
        };
        let schema = text_of("schema")?;
        if schema != SCHEMA {
            return Err(malformed("`schema`".to_owned(), format!("it is `{schema}`, expected `{SCHEMA}`")));
        }
        let environment_id = text_of("environment_id")?;
        if environment_id != id.as_str() {
            let reason = format!("it is `{environment_id}`, but the folder is that of `{id}`");
            return Err(malformed("`environment_id`".to_owned(), reason));
        }
        let mut elements = Vec::new();
        for section in Section::ALL {
            let list: Vec<Box<RawValue>> = match object.get(section.name()) {
                Some(list) => serde_json::from_str(list.get())
                    .map_err(|error| malformed(format!("`{}`", section.name()), error.to_string()))?,
                None => Vec::new(),
            };
            for (at, text) in list.iter().enumerate() {
                let element = Element::parse(section, text).map_err(|fault| {
                    let member = if fault.member.is_empty() { String::new() } else { format!(".{}", fault.member) };
                    malformed(format!("`{}[{at}]{member}`", section.name()), fault.reason)
                })?;
                elements.push((section, element));
            }
        }
        let bindings = elements.iter().map(|(_, element)| element.binding.clone());
        let environment = Environment::new(id.clone(), bindings).map_err(|fault| {
            let is_it = |(_, element): &&(Section, Element)| element.binding.key() == fault.key;
            let section = elements.iter().find(is_it).map_or("packs", |(section, _)| section.name());
            malformed(format!("`{section}`"), fault.to_string())
        })?;
        Ok((Self { object, elements }, environment))
    }

    /// The document of a new environment, with everything that the existing tools expect in one.
    pub fn new(id: &EnvId, name: &str, listen_addr: &str) -> Self {
        let json = serde_json::json!({
            "schema": SCHEMA,
            "environment_id": id.as_str(),
            "name": name,
            "host_config": {"env_id": id.as_str(), "listen_addr": listen_addr},
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

    /// The text of the document with these bindings in it.
    pub fn render(&self, environment: &Environment) -> String {
        let mut object = self.object.clone();
        for section in Section::ALL {
            let in_section =
                |binding: &&Binding| matches!(binding.place, Place::Slot(_)) == (section == Section::Packs);
            let elements = environment.bindings().filter(in_section).map(|binding| self.element(binding));
            let list = format!("[{}\n  ]", joined(elements));
            let list = if list == "[\n  ]" { "[]".to_owned() } else { list };
            let is_absent = object.get(section.name()).is_none() && list == "[]";
            if !is_absent {
                object.set(section.name(), RawValue::from_string(list).expect("a list of JSON values"));
            }
        }
        let members = object.members().map(|(name, value)| format!("{}: {}", quoted(name), value.get()));
        format!("{{{}\n}}\n", members.map(|member| format!("\n  {member}")).collect::<Vec<_>>().join(","))
    }

    /// One binding: as it stood when it did not change.
    fn element(&self, binding: &Binding) -> String {
        let old = self.elements.iter().map(|(_, element)| element).find(|old| old.binding.key() == binding.key());
        if let Some(old) = old.filter(|old| old.binding == *binding) {
            return old.text.get().to_owned();
        }
        let members = bindings::merge(binding, old).into_iter();
        let members: Vec<_> =
            members.map(|(name, value)| format!("      {}: {}", quoted(&name), value.get())).collect();
        format!("{{\n{}\n    }}", members.join(",\n"))
    }
}

fn joined(elements: impl Iterator<Item = String>) -> String {
    elements.map(|element| format!("\n    {element}")).collect::<Vec<_>>().join(",")
}

fn quoted(name: &str) -> String {
    serde_json::to_string(name).expect("text makes JSON")
}
