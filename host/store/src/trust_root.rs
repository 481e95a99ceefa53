//! Reads and writes `trust-root.json`, schema `greentic.trust-root.v1`: the keys whose
//! signatures an environment accepts.
//!
//! This module does not parse the keys. It knows their place in the file, for errors.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use env_pack_domain::KeyId;
use serde_json::value::RawValue;

use super::error::StoreError;
use super::object::JsonObject;

const SCHEMA: &str = "greentic.trust-root.v1";

/// The trust root of an environment. A missing file is an empty trust root.
#[derive(Clone, Debug)]
pub struct TrustRoot {
    path: PathBuf,
    object: JsonObject<'static>,
    elements: Vec<JsonObject<'static>>,
    keys: Vec<TrustedKey>,
}

/// A key in a trust root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedKey {
    /// The id of the key.
    pub key_id: KeyId,
    /// The public key: SubjectPublicKeyInfo in PEM
    /// ([RFC 7468](https://www.rfc-editor.org/rfc/rfc7468#section-13)).
    pub public_key_pem: String,
}

impl TrustRoot {
    /// Parses the text of a trust root file.
    pub(super) fn parse(text: Option<&str>, path: &Path) -> Result<Self, StoreError> {
        let mut root = Self {
            path: path.to_owned(),
            object: JsonObject::default(),
            elements: vec![],
            keys: vec![],
        };
        let Some(text) = text else { return Ok(root) };
        let object = JsonObject::document(text, path, &[SCHEMA])?;
        let elements: Vec<&RawValue> = object.require("keys", path)?;
        let mut places = HashMap::new();
        for (at, element) in elements.iter().enumerate() {
            let malformed =
                |reason: &str| StoreError::malformed(path, format!("`keys[{at}]`"), reason);
            let element: JsonObject<'_> = serde_json::from_str(element.get())
                .map_err(|error| malformed(&StoreError::reason(&error)))?;
            let text = |member: &str| -> Result<String, StoreError> {
                let place = format!("`keys[{at}].{member}`");
                let value = element
                    .get(member)
                    .ok_or_else(|| StoreError::malformed(path, &place, "it is missing"))?;
                serde_json::from_str(value.get()).map_err(|error| {
                    StoreError::malformed(path, &place, StoreError::reason(&error))
                })
            };
            let key_id: KeyId =
                text("key_id")?.parse().map_err(|error| root.malformed(at, "key_id", &error))?;
            if let Some(first) = places.insert(key_id, at) {
                return Err(malformed(&format!(
                    "duplicate key `{key_id}`, first at `keys[{first}]`"
                )));
            }
            root.keys.push(TrustedKey { key_id, public_key_pem: text("public_key_pem")? });
            root.elements.push(element.into_owned());
        }
        root.object = object.into_owned();
        Ok(root)
    }

    /// Parses a trust root from another source, such as a bundle. Errors name `path`.
    ///
    /// # Errors
    /// [`StoreError::Malformed`] when it is not a trust root.
    pub fn from_document(document: &[u8], path: &Path) -> Result<Self, StoreError> {
        let text = std::str::from_utf8(document);
        let text =
            text.map_err(|error| StoreError::malformed(path, "the trust root", error.to_string()))?;
        Self::parse(Some(text), path)
    }

    /// Returns a document with the keys only, without the members of other tools.
    pub fn to_document(&self) -> String {
        let empty = Self {
            path: self.path.clone(),
            object: JsonObject::default(),
            elements: vec![],
            keys: vec![],
        };
        empty.with_all(self.keys.iter().cloned()).render()
    }

    /// Returns the keys, in the order of the file.
    pub fn keys(&self) -> &[TrustedKey] {
        &self.keys
    }

    /// Returns the error for a member of a key that is not well-formed.
    pub fn malformed(
        &self,
        key: usize,
        member: &str,
        reason: &dyn std::error::Error,
    ) -> StoreError {
        StoreError::malformed(&self.path, format!("`keys[{key}].{member}`"), reason.to_string())
    }

    /// Returns a copy with one more key. A key with this id is not replaced.
    #[must_use]
    pub fn with(&self, key: TrustedKey) -> Self {
        self.with_all([key])
    }

    /// Returns a copy with more keys. A key with the id of one of them is not replaced.
    #[must_use]
    pub fn with_all(&self, keys: impl IntoIterator<Item = TrustedKey>) -> Self {
        let mut root = self.clone();
        let mut known: HashSet<KeyId> = root.keys.iter().map(|key| key.key_id).collect();
        for key in keys {
            if known.insert(key.key_id) {
                root.push(key);
            }
        }
        root
    }

    fn push(&mut self, key: TrustedKey) {
        let mut element = JsonObject::default();
        element.set("key_id", raw(&key.key_id.to_string()));
        element.set("public_key_pem", raw(&key.public_key_pem));
        self.elements.push(element);
        self.keys.push(key);
    }

    /// Returns a copy without a key.
    #[must_use]
    pub fn without(&self, key_id: &KeyId) -> Self {
        let mut root = self.clone();
        if let Some(at) = root.keys.iter().position(|key| key.key_id == *key_id) {
            root.keys.remove(at);
            root.elements.remove(at);
        }
        root
    }

    /// Returns the text of the file. Members of other tools keep their exact text.
    pub(super) fn render(&self) -> String {
        let elements: Vec<_> =
            self.elements.iter().map(|element| format!("\n    {}", element.render(2))).collect();
        let list = if elements.is_empty() {
            "[]".to_owned()
        } else {
            format!("[{}\n  ]", elements.join(","))
        };
        let mut object = self.object.clone();
        object.set("schema", raw(SCHEMA));
        object.set("keys", RawValue::from_string(list).expect("a list of JSON objects"));
        object.render(0) + "\n"
    }
}

fn raw(text: &str) -> Box<RawValue> {
    let json = serde_json::to_string(text).expect("text makes JSON");
    RawValue::from_string(json).expect("it is JSON")
}
