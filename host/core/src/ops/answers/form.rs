//! Answers as a form: a question for each property of the schema.

use env_pack_domain::EnvId;
use serde_json::{Map, Value};

use super::check::{UnsuitableAnswers, schema_of};
use super::error::ManageAnswersError;
use super::put::current;
use super::target::{AnswersTarget, users};
use crate::Host;
use crate::answers_schema::{AnswersSchema, Question};

/// Answers to fill in.
#[derive(Debug)]
pub struct AnswersForm {
    /// The environment.
    pub environment: EnvId,
    /// The place of the document in the environment.
    pub answers_ref: String,
    /// The questions, in the order of the schema. The default of each is its stored value, if
    /// there is one.
    pub questions: Vec<Question>,
    schema: AnswersSchema,
    values: Map<String, Value>,
}

/// Returns the form of answers, from the schema of the first pack that uses them and ships one.
///
/// # Errors
/// [`ManageAnswersError::NoSchema`] when there is none; otherwise when the answers or the pack
/// cannot be read.
pub fn form(host: &Host, target: &AnswersTarget) -> Result<AnswersForm, ManageAnswersError> {
    let stored = host.store.load(&target.environment)?;
    let answers_ref = target.find(&stored.environment)?;
    let stored_text = current(host, &target.environment, &answers_ref)?;
    for binding in users(&stored.environment, &answers_ref) {
        let schema = schema_of(host, binding).map_err(|source| ManageAnswersError::Unreadable {
            pack_ref: binding.pack_ref.clone(),
            source,
        })?;
        let Some(schema) = schema else { continue };
        let schema =
            AnswersSchema::parse(&schema).map_err(|error| ManageAnswersError::Unsuitable {
                answers_ref: answers_ref.clone(),
                key: binding.key(),
                pack_ref: binding.pack_ref.clone(),
                source: UnsuitableAnswers::Schema(error),
            })?;
        let environment = target.environment.clone();
        let values = stored_text.and_then(|text| serde_json::from_str(&text).ok());
        let answers_ref = answers_ref.as_str().to_owned();
        return Ok(AnswersForm::new(environment, answers_ref, schema, values.unwrap_or_default()));
    }
    Err(ManageAnswersError::NoSchema { answers_ref })
}

impl AnswersForm {
    fn new(
        environment: EnvId,
        answers_ref: String,
        schema: AnswersSchema,
        values: Map<String, Value>,
    ) -> Self {
        let mut questions = schema.questions();
        for question in &mut questions {
            if let Some(value) = values.get(&question.name) {
                question.default = Some(value.clone());
            }
        }
        Self { environment, answers_ref, questions, schema, values }
    }

    /// Records the answer to a question; `None` leaves the property out.
    ///
    /// # Errors
    /// The faults of the value, as a sentence. It is not recorded then.
    pub fn answer(&mut self, question: &Question, value: Option<Value>) -> Result<(), String> {
        let Some(value) = value else {
            self.values.remove(&question.name);
            return Ok(());
        };
        let alone = Value::from(Map::from_iter([(question.name.clone(), value.clone())]));
        let place = format!("/{}", question.name.replace('~', "~0").replace('/', "~1"));
        let faults = self.schema.check(&alone).into_iter();
        // other properties may be required, and are asked for in turn
        let own = faults.filter(|fault| fault.place.as_exact().starts_with(&place));
        let reasons: Vec<String> = own.map(|fault| fault.reason.to_string()).collect();
        if !reasons.is_empty() {
            return Err(reasons.join("; "));
        }
        self.values.insert(question.name.clone(), value);
        Ok(())
    }

    /// Returns the answers as a JSON document.
    pub fn into_text(self) -> String {
        pretty(&Value::Object(self.values))
    }
}

/// Formats a document for people, who may edit it.
pub(super) fn pretty(document: &Value) -> String {
    format!("{document:#}\n")
}
