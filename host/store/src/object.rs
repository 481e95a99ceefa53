//! JSON objects whose members keep their order and exact text, so that members of other
//! tools survive a change. Re-serializing them would alter numbers and spacing.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

use indexmap::IndexMap;
use indexmap::map::Entry;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::error::StoreError;

/// A JSON object whose values are kept as text. A parsed object borrows them, because most objects
/// of a large file are read and not changed.
#[derive(Clone, Debug, Default)]
pub(super) struct JsonObject<'a> {
    members: IndexMap<Cow<'a, str>, Cow<'a, RawValue>>,
}

/// The deepest nesting of lists and objects in answers, and in a document to import or to export.
/// serde_json reads no deeper values, and other parsers run out of memory for their stack.
const MAX_NESTING: usize = 128;

/// Fails if lists and objects are nested too deeply in a JSON text. It may be malformed.
pub(super) fn ensure_shallow(text: &str) -> Result<(), String> {
    let mut depth = 0_usize;
    let mut is_string = false;
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => is_string = !is_string,
            // the next one is escaped
            b'\\' if is_string => drop(bytes.next()),
            b'[' | b'{' if !is_string => depth += 1,
            b']' | b'}' if !is_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_NESTING {
            return Err(format!("lists and objects are nested more than {MAX_NESTING} deep"));
        }
    }
    Ok(())
}

/// A text of a JSON document, which borrows it unless it has escapes.
#[derive(Deserialize)]
pub(super) struct BorrowedText<'a>(#[serde(borrow)] pub Cow<'a, str>);

impl<'a> JsonObject<'a> {
    /// Parses a file, whose member `schema` must be one of `schemas`, the newest first.
    pub(crate) fn document(
        text: &'a str,
        path: &Path,
        schemas: &[&str],
    ) -> Result<Self, StoreError> {
        let object: Self =
            serde_json::from_str(text).map_err(|error| StoreError::malformed_json(path, &error))?;
        let found: String = object.require("schema", path)?;
        if !schemas.contains(&found.as_str()) {
            let reason = format!("it is `{found}`, expected `{}`", schemas[0]);
            return Err(StoreError::malformed(path, "`schema`", reason));
        }
        Ok(object)
    }

    /// Returns an object with copies of all borrowed texts.
    pub(crate) fn into_owned(self) -> JsonObject<'static> {
        let members = self.members.into_iter();
        let members = members
            .map(|(name, value)| (Cow::Owned(name.into_owned()), Cow::Owned(value.into_owned())));
        JsonObject { members: members.collect() }
    }

    /// Returns the value of a required member.
    pub(crate) fn require<'b, T: Deserialize<'b>>(
        &'b self,
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
        self.members.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Replaces a member in place, or appends it.
    pub(crate) fn set(&mut self, key: &str, value: Box<RawValue>) {
        self.members.insert(Cow::Owned(key.to_owned()), Cow::Owned(value));
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.members.shift_remove(key);
    }

    /// Removes a member, and returns the value that was parsed.
    pub(crate) fn take(&mut self, key: &str) -> Option<&'a RawValue> {
        match self.members.shift_remove(key)? {
            Cow::Borrowed(value) => Some(value),
            Cow::Owned(_) => None,
        }
    }

    /// Returns the object in a member; an empty one if there is none.
    pub(crate) fn child(&self, key: &str) -> JsonObject<'_> {
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

    /// Sets or removes a member. A new one gets its place in `order`; the others keep theirs.
    pub(crate) fn put_in_order(&mut self, key: &str, value: Option<Box<RawValue>>, order: &[&str]) {
        let is_new = value.is_some() && self.get(key).is_none();
        self.put(key, value);
        if is_new {
            self.order(order);
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
        if self.members.is_empty() {
            return "{}".to_owned();
        }
        let indent = "  ".repeat(depth);
        let mut text = String::new();
        for (name, value) in self.members() {
            let name = serde_json::to_string(name).expect("text makes JSON");
            text.push_str(if text.is_empty() { "{" } else { "," });
            text.extend(["\n", &indent, "  ", &name, ": ", value.get()]);
        }
        text.extend(["\n", &indent, "}"]);
        text
    }
}

impl JsonObject<'_> {
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

impl<'de: 'a, 'a> Deserialize<'de> for JsonObject<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = JsonObject<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut object = JsonObject::default();
                while let Some((BorrowedText(name), value)) = map.next_entry()? {
                    match object.members.entry(name) {
                        Entry::Vacant(entry) => {
                            let value: &RawValue = value;
                            entry.insert(Cow::Borrowed(value));
                        }
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
