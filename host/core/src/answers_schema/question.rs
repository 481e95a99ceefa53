//! Questions to an operator at a terminal, one for each property of the answers.

use std::collections::HashSet;

use env_pack_domain::ForeignText;
use gtc_engine::{holds_credential, is_credential};
use serde_json::{Map, Value};

use super::marks::ValueSchemas;

/// A question for one property.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The name of the property.
    pub name: String,
    /// The title of the property, or its name.
    pub title: ForeignText,
    /// A description for the operator.
    pub description: Option<ForeignText>,
    /// The kind of answer.
    pub kind: QuestionKind,
    /// The value without an answer.
    pub default: Option<Value>,
    /// Whether the answers need the property.
    pub is_required: bool,
    /// Whether the value must not be shown.
    pub is_secret: bool,
}

/// The kind of answer that a property takes.
#[derive(Clone, Debug, PartialEq)]
pub enum QuestionKind {
    /// A text.
    Text,
    /// A number.
    Number,
    /// Yes or no.
    Boolean,
    /// One of these values.
    Choice(Vec<Value>),
    /// Any other value, as JSON.
    Json,
}

/// An answer that a property cannot take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableAnswer {
    /// The property has no default, and the answers need it.
    #[error("an answer is required")]
    Required,
    /// The answer has another type.
    #[error("expected {0}")]
    Expected(&'static str),
}

impl Question {
    /// Parses an answer; `None` leaves the property out.
    ///
    /// # Errors
    /// [`UnusableAnswer`] when the property cannot take it.
    pub fn parse(&self, text: &str) -> Result<Option<Value>, UnusableAnswer> {
        let text = text.trim();
        if text.is_empty() {
            return match &self.default {
                Some(default) => Ok(Some(default.clone())),
                None if self.is_required => Err(UnusableAnswer::Required),
                None => Ok(None),
            };
        }
        let value = match &self.kind {
            QuestionKind::Text => Value::from(text),
            QuestionKind::Number => serde_json::from_str::<serde_json::Number>(text)
                .map(Value::Number)
                .map_err(|_| UnusableAnswer::Expected("a number"))?,
            QuestionKind::Boolean => match text.to_ascii_lowercase().as_str() {
                "y" | "yes" | "true" => Value::Bool(true),
                "n" | "no" | "false" => Value::Bool(false),
                _ => return Err(UnusableAnswer::Expected("`y` or `n`")),
            },
            QuestionKind::Choice(values) => {
                let chosen = values.iter().find(|value| shown_value(value) == text);
                chosen.cloned().ok_or(UnusableAnswer::Expected("one of the values"))?
            }
            QuestionKind::Json => {
                serde_json::from_str(text).map_err(|_| UnusableAnswer::Expected("a JSON value"))?
            }
        };
        Ok(Some(value))
    }
}

impl Question {
    /// Returns the values to choose from, separated by commas.
    pub fn choices(&self) -> Option<ForeignText> {
        let values = match &self.kind {
            QuestionKind::Choice(values) => values.iter().map(shown_value).collect::<Vec<_>>(),
            QuestionKind::Boolean => vec!["y".to_owned(), "n".to_owned()],
            QuestionKind::Text | QuestionKind::Number | QuestionKind::Json => return None,
        };
        Some(ForeignText::sentence(&values.join(", ")))
    }

    /// Returns the default as an operator types it; a secret one is not shown.
    pub fn shown_default(&self) -> Option<ForeignText> {
        let default = self.default.as_ref()?;
        let text = match default {
            _ if self.is_secret => "unchanged".to_owned(),
            Value::String(text) if holds_credential(text) => "unchanged".to_owned(),
            Value::Bool(true) => "y".to_owned(),
            Value::Bool(false) => "n".to_owned(),
            default => shown_value(default),
        };
        Some(ForeignText::sentence(&text))
    }
}

/// Returns a value as an operator types it: strings without quotes.
fn shown_value(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Returns a question for each property of a checked schema, in its order.
pub(super) fn questions(document: &Value) -> Vec<Question> {
    let required = document["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    let required: HashSet<&str> = required.iter().filter_map(Value::as_str).collect();
    let no_properties = Map::new();
    let properties = document["properties"].as_object().unwrap_or(&no_properties);
    properties
        .iter()
        .map(|(name, schema)| {
            let is_required = required.contains(name.as_str());
            question(document, name, schema, is_required)
        })
        .collect()
}

fn question(document: &Value, name: &str, schema: &Value, is_required: bool) -> Question {
    let title = find_text(document, schema, "title");
    Question {
        name: name.to_owned(),
        title: title.unwrap_or_else(|| ForeignText::excerpt(name)),
        description: find_text(document, schema, "description"),
        kind: kind(document, schema),
        default: find(document, schema, "default").cloned(),
        is_required,
        is_secret: is_secret(document, name, schema),
    }
}

/// Returns whether the schema marks a property as secret, or its name is that of a secret.
fn is_secret(document: &Value, name: &str, schema: &Value) -> bool {
    ValueSchemas::new(document, vec![schema]).mark_secret() || is_credential(name, "value")
}

fn kind(document: &Value, schema: &Value) -> QuestionKind {
    if let Some(values) = find(document, schema, "enum").and_then(Value::as_array) {
        return QuestionKind::Choice(values.clone());
    }
    match find(document, schema, "type").and_then(Value::as_str) {
        Some("string") => QuestionKind::Text,
        Some("integer" | "number") => QuestionKind::Number,
        Some("boolean") => QuestionKind::Boolean,
        _ => QuestionKind::Json,
    }
}

fn find_text(document: &Value, schema: &Value, keyword: &str) -> Option<ForeignText> {
    find(document, schema, keyword).and_then(Value::as_str).map(ForeignText::sentence)
}

/// Finds a keyword of a schema, or of the schema that it refers to.
fn find<'a>(document: &'a Value, mut schema: &'a Value, keyword: &str) -> Option<&'a Value> {
    loop {
        if let Some(value) = schema.get(keyword) {
            return Some(value);
        }
        // a checked schema has no circle of references
        schema = document.pointer(schema.get("$ref")?.as_str()?.strip_prefix('#')?)?;
    }
}
