//! The JSON Schema of the operator's answers, which a pack may ship as `answers.schema.json`.
//!
//! The author of a schema is not trusted. `profile` accepts a part of [JSON Schema 2020-12] for
//! which checking takes time in proportion to schema and answers, and which refers to nothing
//! outside of the schema. Patterns are matched without backtracking.
//!
//! [JSON Schema 2020-12]: https://json-schema.org/draft/2020-12

mod marks;
mod profile;
mod question;

use std::fmt;

use env_pack_domain::ForeignText;
use gtc_fs::read::without_byte_order_mark;
use jsonschema::{Draft, PatternOptions, Validator};
use serde::Serialize;
use serde_json::Value;

pub(crate) use marks::ValueSchemas;
pub use question::{Question, QuestionKind, UnusableAnswer};

/// The largest schema, in bytes: it describes a form for a person.
pub const MAX_SCHEMA_BYTES: usize = 64 << 10;
/// The most memory that a compiled pattern takes, in bytes. A class of all letters takes a
/// tenth of it.
const MAX_PATTERN_BYTES: usize = 256 << 10;
/// The most faults that are reported of one document.
const MAX_FAULTS: usize = 16;

/// A schema of answers that was checked.
#[derive(Debug)]
pub struct AnswersSchema {
    document: Value,
    validator: Validator,
}

/// A schema that is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the schema of its answers is not valid{}: {reason}", at(.place))]
pub struct InvalidAnswersSchema {
    /// The place in the schema, as a JSON Pointer; empty for the schema itself.
    pub place: ForeignText,
    /// The problem.
    pub reason: ForeignText,
}

impl InvalidAnswersSchema {
    fn new(place: &str, reason: &str) -> Self {
        let place = ForeignText::excerpt(place);
        Self { place, reason: ForeignText::sentence(reason) }
    }
}

fn at(place: &ForeignText) -> String {
    if place.as_exact().is_empty() { String::new() } else { format!(" at `{place}`") }
}

/// A value in answers that does not match their schema. It does not repeat the value, which may
/// be secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AnswerFault {
    /// The place in the answers, as a JSON Pointer; empty for the answers themselves.
    pub place: ForeignText,
    /// The problem.
    pub reason: ForeignText,
}

impl fmt::Display for AnswerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.as_exact().is_empty() {
            write!(f, "`{}`: ", self.place)?;
        }
        self.reason.fmt(f)
    }
}

/// Formats faults as one sentence.
pub(crate) fn list_faults(faults: &[AnswerFault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl AnswersSchema {
    /// Parses a schema and checks it.
    ///
    /// # Errors
    /// [`InvalidAnswersSchema`] when it is not JSON, too large, not a valid schema, or outside of
    /// the supported part of JSON Schema.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidAnswersSchema> {
        if bytes.len() > MAX_SCHEMA_BYTES {
            let reason = format!("it has more than {} KiB", MAX_SCHEMA_BYTES >> 10);
            return Err(InvalidAnswersSchema::new("", &reason));
        }
        let document: Value = serde_json::from_slice(without_byte_order_mark(bytes))
            .map_err(|error| InvalidAnswersSchema::new("", &format!("it is not JSON: {error}")))?;
        profile::check(&document)?;
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .offline()
            .should_validate_formats(false)
            .with_pattern_options(PatternOptions::regex().size_limit(MAX_PATTERN_BYTES))
            .build(&document)
            .map_err(|error| {
                let place = error.instance_path().to_string();
                InvalidAnswersSchema::new(&place, &error.to_string())
            })?;
        Ok(Self { document, validator })
    }

    /// Returns the schema.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Returns the faults of answers, at most 16.
    pub fn check(&self, answers: &Value) -> Vec<AnswerFault> {
        let errors = self.validator.iter_errors(answers).take(MAX_FAULTS);
        errors
            .map(|error| AnswerFault {
                place: ForeignText::excerpt(&error.instance_path().to_string()),
                reason: ForeignText::sentence(&error.masked_with("it").to_string()),
            })
            .collect()
    }

    /// Returns a question for each property, in the order of the schema.
    pub fn questions(&self) -> Vec<Question> {
        question::questions(&self.document)
    }
}

#[cfg(test)]
mod tests;
