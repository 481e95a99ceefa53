//! JSON objects whose members keep their order and exact text, so that members of other
//! tools survive a change. Re-serializing them would alter numbers and spacing.

use std::fmt;
use std::path::Path;

use indexmap::IndexMap;
use indexmap::map::Entry;
use serde::de::{self, DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::error::StoreError;

/// A JSON object whose values are kept as text.
#[derive(Clone, Debug, Default)]
pub(super) struct JsonObject {
    members: IndexMap<String, Box<RawValue>>,
}

impl JsonObject {
    /// Parses a file, whose member `schema` must be one of `schemas`, the newest first.
    pub(crate) fn document(text: &str, path: &Path, schemas: &[&str]) -> Result<Self, StoreError> {
        let object: Self =
            serde_json::from_str(text).map_err(|error| StoreError::malformed_json(path, &error))?;
        let found: String = object.require("schema", path)?;
        if !schemas.contains(&found.as_str()) {
            let reason = format!("it is `{found}`, expected `{}`", schemas[0]);
            return Err(StoreError::malformed(path, "`schema`", reason));
        }
        Ok(object)
    }

    /// Returns the value of a required member.
    pub(crate) fn require<T: DeserializeOwned>(
        &self,
        name: &str,
        path: &Path,
    ) -> Result<T, StoreError> {
        let malformed = |reason| StoreError::malformed(path, format!("`{name}`"), reason);
        let value = self.get(name).ok_or_else(|| malformed("it is missing".to_owned()))?;
        serde_json::from_str(value.get()).map_err(|error| malformed(StoreError::reason(&error)))
    }

    pub(crate) fn get(&self, key: &str) -> Option<&RawValue> {
        self.members.get(key).map(|value| &**value)
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        self.members.iter().map(|(name, value)| (name.as_str(), &**value))
    }

    pub(crate) fn into_members(self) -> impl Iterator<Item = (String, Box<RawValue>)> {
        self.members.into_iter()
    }

    /// Replaces a member in place, or appends it.
    pub(crate) fn set(&mut self, key: &str, value: Box<RawValue>) {
        self.members.insert(key.to_owned(), value);
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.take(key);
    }

    /// Removes a member, and returns its value.
    pub(crate) fn take(&mut self, key: &str) -> Option<Box<RawValue>> {
        self.members.shift_remove(key)
    }

    /// Returns the object in a member; an empty one if there is none.
    pub(crate) fn child(&self, key: &str) -> Self {
        let text = self.get(key).map(RawValue::get);
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    /// Sets or removes a member.
    pub(crate) fn put(&mut self, key: &str, value: Option<Box<RawValue>>) {
        match value {
            Some(value) => self.set(key, value),
            None => self.remove(key),
        }
    }

    /// Moves the members named in `order` to the front, in that order. The other members
    /// keep their order.
    pub(crate) fn order(&mut self, order: &[&str]) {
        let rank =
            |name: &str| order.iter().position(|other| *other == name).unwrap_or(order.len());
        self.members.sort_by(|name, _, other, _| rank(name).cmp(&rank(other)));
    }

    /// Returns the object as text, one member per line, indented for this depth.
    pub(crate) fn render(&self, depth: usize) -> String {
        let indent = "  ".repeat(depth);
        let members: Vec<_> = self
            .members()
            .map(|(name, value)| {
                let name = serde_json::to_string(name).expect("text makes JSON");
                format!("\n{indent}  {name}: {}", value.get())
            })
            .collect();
        if members.is_empty() {
            return "{}".to_owned();
        }
        format!("{{{}\n{indent}}}", members.join(","))
    }
}

impl JsonObject {
    /// Returns the object as a value, indented for this depth in the file.
    pub(crate) fn into_raw(self, depth: usize) -> Box<RawValue> {
        RawValue::from_string(self.render(depth)).expect("an object of JSON values")
    }
}

/// Serializes a value, indented for this depth in the file.
pub(super) fn raw(value: impl Serialize, depth: usize) -> Box<RawValue> {
    let text = serde_json::to_string_pretty(&value).expect("text and numbers make JSON");
    // a JSON string contains no line break, so this indents structure only
    let text = text.replace('\n', &format!("\n{}", "  ".repeat(depth)));
    RawValue::from_string(text).expect("it is JSON")
}

/// Returns a value with the indentation of another depth.
pub(super) fn indented(value: &RawValue, from: usize, to: usize) -> Box<RawValue> {
    let from = format!("\n{}", "  ".repeat(from));
    let to = format!("\n{}", "  ".repeat(to));
    let text = value.get().replace(&from, &to);
    RawValue::from_string(text).expect("it is JSON still")
}

impl<'de> Deserialize<'de> for JsonObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = JsonObject;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonObject, A::Error> {
                let mut object = JsonObject::default();
                while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    match object.members.entry(name) {
                        Entry::Vacant(entry) => drop(entry.insert(value)),
                        Entry::Occupied(entry) => {
                            let name = entry.key();
                            return Err(de::Error::custom(format!("duplicate member `{name}`")));
                        }
                    }
                }
                Ok(object)
            }
        }

        deserializer.deserialize_map(Members)
    }
}
