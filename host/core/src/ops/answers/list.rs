//! Shows and lists answers.

use std::collections::HashMap;

use env_pack_domain::{AnswersRef, EnvId, ForeignText, with_causes};
use serde::Serialize;
use serde_json::value::RawValue;

use super::credentials::{RedactedValues, hide};
use super::error::ManageAnswersError;
use super::put::AnswersUser;
use super::target::{AnswersTarget, place_of};
use crate::Host;
use gtc_store::{AnswersError, StoreError};

/// An answers document.
#[derive(Debug, Serialize)]
pub struct AnswersReport {
    /// The environment.
    pub environment_id: EnvId,
    /// The place of the document in the environment.
    pub answers_ref: String,
    /// The document, with its exact text except for values that are or look like credentials.
    pub answers: Box<RawValue>,
    /// These values; none if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redacted: Option<RedactedValues>,
}

/// The answers of an environment.
#[derive(Debug, Serialize)]
pub struct AnswersListReport {
    /// The environment.
    pub environment_id: EnvId,
    /// The documents that bindings name.
    pub answers: Vec<ListedAnswers>,
}

/// An answers document in a list.
#[derive(Debug, Serialize)]
pub struct ListedAnswers {
    /// The place of the document in the environment.
    pub answers_ref: String,
    /// Whether the document can be read.
    pub state: AnswersState,
    /// The reason why it cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The bindings that use it.
    pub bindings: Vec<AnswersUser>,
}

/// Whether an answers document can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnswersState {
    /// It is a JSON document.
    Readable,
    /// There is no such file.
    Missing,
    /// It is not a JSON document, too large, or not in the environment.
    Unreadable,
}

/// Returns an answers document. Values that are or look like credentials are replaced.
///
/// # Errors
/// [`ManageAnswersError`] when no binding names it, or it cannot be read.
pub fn show(host: &Host, target: &AnswersTarget) -> Result<AnswersReport, ManageAnswersError> {
    let stored = host.store.load(&target.environment)?;
    let answers_ref = target.find(&stored.environment)?;
    let text = host.store.answers(&target.environment, Some(&answers_ref))?;
    let safe = hide(host, &stored.environment, Some(&answers_ref), &text);
    Ok(AnswersReport {
        environment_id: target.environment.clone(),
        answers_ref: answers_ref.as_str().to_owned(),
        answers: safe.json,
        redacted: safe.redacted,
    })
}

/// Lists the answers that the bindings of an environment name.
///
/// # Errors
/// [`StoreError`] when the environment cannot be read.
pub fn list(host: &Host, environment: &EnvId) -> Result<AnswersListReport, StoreError> {
    let stored = host.store.load(environment)?;
    let mut answers: Vec<ListedAnswers> = Vec::new();
    let mut positions = HashMap::new();
    for binding in stored.environment.bindings() {
        let Some(answers_ref) = &binding.answers_ref else { continue };
        let user = AnswersUser::new(binding);
        let at = *positions.entry(place_of(answers_ref)).or_insert(answers.len());
        if at == answers.len() {
            answers.push(listed_answers(host, environment, answers_ref));
        }
        answers[at].bindings.push(user);
    }
    Ok(AnswersListReport { environment_id: environment.clone(), answers })
}

fn listed_answers(host: &Host, environment: &EnvId, answers_ref: &AnswersRef) -> ListedAnswers {
    let read = host.store.answers(environment, Some(answers_ref));
    let state = match &read {
        Ok(_) => AnswersState::Readable,
        Err(AnswersError::Missing { .. }) => AnswersState::Missing,
        Err(_) => AnswersState::Unreadable,
    };
    ListedAnswers {
        answers_ref: answers_ref.as_str().to_owned(),
        state,
        reason: read.err().map(|error| ForeignText::sentence(&with_causes(&error)).to_string()),
        bindings: Vec::new(),
    }
}
