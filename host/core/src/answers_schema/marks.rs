//! Finds the values that a schema marks as secret: `writeOnly`, or the format `password`.
//!
//! A schema may apply to a value only under conditions. Here it always applies, so that a secret is
//! found even in answers that do not match their schema.

use std::collections::HashSet;

use serde_json::Value;

/// The schemas that may apply to one value of the answers.
#[derive(Clone, Debug)]
pub(crate) struct ValueSchemas<'a> {
    document: &'a Value,
    schemas: Vec<&'a Value>,
}

impl<'a> ValueSchemas<'a> {
    /// Returns the schemas of the answers as a whole. `document` is their schema.
    pub(crate) fn of_answers(document: &'a Value) -> Self {
        Self::new(document, vec![document])
    }

    /// Returns these parts of a schema, and those that apply with them.
    pub(super) fn new(document: &'a Value, schemas: Vec<&'a Value>) -> Self {
        Self { document, schemas: with_subschemas(document, schemas) }
    }

    /// Returns whether one of them marks the value as secret.
    pub(crate) fn mark_secret(&self) -> bool {
        self.schemas.iter().any(|schema| is_marked(schema))
    }

    /// Returns the schemas of a member of the value.
    pub(crate) fn member(&self, name: &str) -> Self {
        let mut found = Vec::new();
        for schema in &self.schemas {
            let property = schema.get("properties").and_then(|it| it.get(name));
            let patterns = schema.get("patternProperties").and_then(Value::as_object);
            found.extend(patterns.into_iter().flat_map(|patterns| patterns.values()));
            found.extend(property.or_else(|| schema.get("additionalProperties")));
        }
        Self::new(self.document, found)
    }

    /// Returns the schemas of the elements of the value.
    pub(crate) fn element(&self) -> Self {
        let mut found = Vec::new();
        for schema in &self.schemas {
            found.extend(["items", "contains"].iter().filter_map(|name| schema.get(name)));
            let first = schema.get("prefixItems").and_then(Value::as_array);
            found.extend(first.into_iter().flatten());
        }
        Self::new(self.document, found)
    }
}

/// Returns whether a schema itself marks values as secret.
fn is_marked(schema: &Value) -> bool {
    schema.get("writeOnly") == Some(&Value::Bool(true))
        || schema.get("format").is_some_and(|format| format == "password")
}

/// Adds the schemas that apply to the same value, through references and combinations.
fn with_subschemas<'a>(document: &'a Value, mut waiting: Vec<&'a Value>) -> Vec<&'a Value> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    while let Some(schema) = waiting.pop() {
        if !seen.insert(std::ptr::from_ref(schema)) {
            continue;
        }
        found.push(schema);
        let reference = schema.get("$ref").and_then(Value::as_str);
        let pointer = reference.and_then(|reference| reference.strip_prefix('#'));
        waiting.extend(pointer.and_then(|pointer| document.pointer(pointer)));
        let single = ["if", "then", "else", "not"];
        waiting.extend(single.iter().filter_map(|name| schema.get(name)));
        for name in ["allOf", "anyOf", "oneOf"] {
            waiting.extend(schema.get(name).and_then(Value::as_array).into_iter().flatten());
        }
        let dependent = schema.get("dependentSchemas").and_then(Value::as_object);
        waiting.extend(dependent.into_iter().flat_map(|schemas| schemas.values()));
    }
    found
}
