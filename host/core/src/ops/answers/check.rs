//! Checks answers against the schema of a pack.

use env_pack_domain::Binding;
use serde_json::Value;

use crate::Host;
use crate::answers_schema::{AnswerFault, AnswersSchema, InvalidAnswersSchema, list_faults};
use crate::operation_error::{Explanation, OperationError};
use crate::ops::load_pack;
use crate::ops::pack_error::PackError;

/// Answers do not match the schema of a pack.
#[derive(Debug, thiserror::Error)]
pub enum UnsuitableAnswers {
    /// The pack ships a schema that is not valid, so nothing can match it.
    #[error(transparent)]
    Schema(#[from] InvalidAnswersSchema),
    /// Values do not match the schema.
    #[error("{}", list_faults(.faults))]
    Mismatch {
        /// The faults, at least one.
        faults: Vec<AnswerFault>,
    },
}

impl UnsuitableAnswers {
    /// The stable name of the problem.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Schema(_) => "answers-schema-invalid",
            Self::Mismatch { .. } => "answers-mismatch",
        }
    }
}

impl OperationError for UnsuitableAnswers {
    fn explain(&self) -> Explanation {
        let hint = match self {
            Self::Schema(_) => {
                "ask the author of the pack to correct `answers.schema.json`; `gtc pack validate` reports it"
            }
            Self::Mismatch { .. } => "see the schema with `gtc pack inspect <pack>`",
        };
        Explanation::refused(self.code(), hint)
    }
}

/// Checks a JSON document against the schema of a pack.
pub(in crate::ops) fn check_text(schema: &[u8], text: &str) -> Result<(), UnsuitableAnswers> {
    let schema = AnswersSchema::parse(schema)?;
    // the store accepts JSON only; what is nested too deep to be a value matches no schema
    let answers: Value = serde_json::from_str(text).unwrap_or_default();
    let faults = schema.check(&answers);
    if faults.is_empty() { Ok(()) } else { Err(UnsuitableAnswers::Mismatch { faults }) }
}

/// Returns the schema that the pack of a binding ships, unchecked; none if it ships none, or the
/// binding has no pin, so that its pack is not known.
pub(in crate::ops) fn schema_of(
    host: &Host,
    binding: &Binding,
) -> Result<Option<Vec<u8>>, PackError> {
    let fetched = match &binding.pin {
        Some(pin) => load_pack::fetch_pinned(host, &binding.pack_ref, pin)?,
        None if host.fetcher.is_builtin(&binding.pack_ref) => {
            host.fetcher.fetch(&binding.pack_ref)?
        }
        None => return Ok(None),
    };
    Ok(load_pack::open_archive(host, &fetched)?.answers_schema)
}
