//! Writes answers, under the lock of their environment.

use std::path::{Path, PathBuf};

use env_pack_domain::{AnswersRef, Binding, EnvId, PackDescriptor};
use gtc_fs::read::without_byte_order_mark;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::check::{check_text, schema_of};
use super::credentials::find_placeholder;
use super::error::ManageAnswersError;
use super::target::{AnswersSelector, AnswersTarget, users};
use crate::Host;
use crate::ops::{audit, input_file};
use gtc_store::{AnswersError, AuditEvent, Change, MAX_ANSWERS_BYTES, NewAnswers, Stored};

/// A request to write answers.
#[derive(Clone, Debug)]
pub struct PutRequest {
    /// The answers to write.
    pub target: AnswersTarget,
    /// The new content.
    pub source: AnswersSource,
    /// Idempotency key; written to the audit log and returned.
    pub idempotency_key: Option<String>,
    /// The only revision of the environment to accept.
    pub if_revision: Option<u64>,
}

/// The source of new answers.
#[derive(Clone, Debug)]
pub enum AnswersSource {
    /// A file with a JSON document; `-` is standard input.
    File(PathBuf),
    /// A JSON document.
    Text(String),
}

/// The result of writing answers.
#[derive(Debug, Serialize, Deserialize)]
pub struct PutReport {
    /// The environment.
    pub environment_id: EnvId,
    /// The place of the document in the environment.
    pub answers_ref: String,
    /// The bindings that use it.
    pub bindings: Vec<AnswersUser>,
    /// Whether the document already had this content.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unchanged: bool,
    /// The idempotency key of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// A binding that uses answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AnswersUser {
    /// The slot, for packs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slot: Option<String>,
    /// The instance, for extensions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// The descriptor.
    pub kind: PackDescriptor,
    /// Whether the answers were checked against a schema of its pack.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked: Option<bool>,
}

impl AnswersUser {
    pub(super) fn new(binding: &Binding) -> Self {
        Self {
            slot: binding.place.core_slot().map(|slot| slot.to_string()),
            instance_id: binding.place.instance().map(ToString::to_string),
            kind: binding.kind.clone(),
            checked: None,
        }
    }
}

/// Writes answers. They must match the schema of every pack that uses them.
///
/// # Errors
/// [`ManageAnswersError`]; the answers are unchanged then, except as [`Store::change`] says.
///
/// [`Store::change`]: gtc_store::Store::change
pub fn put(host: &Host, request: &PutRequest) -> Result<PutReport, ManageAnswersError> {
    let text = match &request.source {
        AnswersSource::Text(text) => text.clone(),
        AnswersSource::File(path) => read(host, path)?,
    };
    let write = NewText {
        verb: "put",
        text: &text,
        expected: None,
        idempotency_key: request.idempotency_key.as_ref(),
        if_revision: request.if_revision,
    };
    write.save(host, &request.target)
}

fn read(host: &Host, path: &Path) -> Result<String, ManageAnswersError> {
    let bytes = input_file::read_input(host, path, MAX_ANSWERS_BYTES)?;
    let text = std::str::from_utf8(without_byte_order_mark(&bytes));
    text.map(str::to_owned).map_err(|_| ManageAnswersError::NotUtf8 { path: path.to_owned() })
}

/// New answers.
pub(super) struct NewText<'a> {
    pub verb: &'static str,
    pub text: &'a str,
    /// The answers that must still be there, if they were read before.
    pub expected: Option<&'a Option<String>>,
    pub idempotency_key: Option<&'a String>,
    pub if_revision: Option<u64>,
}

impl NewText<'_> {
    /// Writes the answers, and records it in the audit log.
    pub(super) fn save(
        &self,
        host: &Host,
        target: &AnswersTarget,
    ) -> Result<PutReport, ManageAnswersError> {
        let Self { verb, text, expected, idempotency_key, if_revision } = *self;
        let event = |answers_ref: Option<&AnswersRef>| AuditEvent {
            origin: host.origin(),
            noun: "answers",
            verb,
            target: event_target(target, answers_ref),
            previous_generation: None,
            new_generation: None,
            idempotency_key: idempotency_key.cloned(),
            result: Ok(()),
        };
        let arguments = json!({"target": event_target(target, None), "text": text});
        let request = host.request(&format!("answers {verb}"), idempotency_key, &arguments);
        let request = request.if_revision(if_revision);
        let result = host.store.change(&target.environment, &request, |stored| {
            let (answers_ref, report) = decide(host, &stored, target, text, expected)?;
            let report = PutReport { idempotency_key: idempotency_key.cloned(), ..report };
            if report.unchanged {
                return Ok(Change::recorded(Vec::new(), report));
            }
            let events = vec![event(Some(&answers_ref))];
            let answers = vec![NewAnswers { answers_ref, text: text.to_owned() }];
            Ok(Change { answers, ..Change::recorded(events, report) })
        });
        audit::record_failure(host, &target.environment, vec![event(None)], result)
    }
}

/// Checks new answers, and reports what uses them.
fn decide(
    host: &Host,
    stored: &Stored,
    target: &AnswersTarget,
    text: &str,
    expected: Option<&Option<String>>,
) -> Result<(AnswersRef, PutReport), ManageAnswersError> {
    let environment = &stored.environment;
    let answers_ref = target.find(environment)?;
    if let Some(place) = find_placeholder(text) {
        return Err(ManageAnswersError::Placeholder { place });
    }
    let current = current(host, environment.id(), &answers_ref)?;
    if expected.is_some_and(|expected| *expected != current) {
        return Err(ManageAnswersError::ChangedMeanwhile { answers_ref });
    }
    let mut bindings = Vec::new();
    for binding in users(environment, &answers_ref) {
        let schema = schema_of(host, binding).map_err(|source| ManageAnswersError::Unreadable {
            pack_ref: binding.pack_ref.clone(),
            source,
        })?;
        if let Some(schema) = &schema {
            check_text(schema, text).map_err(|source| ManageAnswersError::Unsuitable {
                answers_ref: answers_ref.clone(),
                key: binding.key(),
                pack_ref: binding.pack_ref.clone(),
                source,
            })?;
        }
        let checked = Some(schema.is_some());
        bindings.push(AnswersUser { checked, ..AnswersUser::new(binding) });
    }
    let report = PutReport {
        environment_id: environment.id().clone(),
        answers_ref: answers_ref.as_str().to_owned(),
        bindings,
        unchanged: current.as_deref() == Some(text.trim()),
        idempotency_key: None,
    };
    Ok((answers_ref, report))
}

/// Returns the stored answers without surrounding white space; none if there are none that
/// are JSON.
pub(super) fn current(
    host: &Host,
    environment: &EnvId,
    answers_ref: &AnswersRef,
) -> Result<Option<String>, AnswersError> {
    match host.store.answers(environment, Some(answers_ref)) {
        Ok(text) => Ok(Some(text)),
        Err(AnswersError::Missing { .. } | AnswersError::Malformed { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn event_target(
    target: &AnswersTarget,
    found: Option<&AnswersRef>,
) -> Vec<(&'static str, Option<String>)> {
    match (&target.selector, found) {
        (_, Some(found)) | (AnswersSelector::Document(found), None) => {
            vec![("answers_ref", Some(found.as_str().to_owned()))]
        }
        (AnswersSelector::Binding { kind, instance }, None) => {
            let instance = instance.as_ref().map(ToString::to_string);
            vec![("kind", Some(kind.to_string())), ("instance_id", instance)]
        }
    }
}
