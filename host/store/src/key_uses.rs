//! The requests that an idempotency key was used for, as the audit log records them.

use env_pack_domain::ForeignText;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::audit::{self, AuditEvent};
use super::error::ChangeError;

/// The successful requests with one idempotency key, compared with a new request.
pub(super) struct KeyUses<'a> {
    key: &'a str,
    event: &'a AuditEvent,
    target: Map<String, Value>,
    has_same: bool,
    latest_other: Option<RecordedRequest>,
}

/// The members of an audit record that identify a request.
#[derive(Deserialize)]
struct RecordedRequest {
    ts: String,
    noun: String,
    verb: String,
    target: Map<String, Value>,
    idempotency_key: String,
    result: RecordedResult,
}

#[derive(Deserialize)]
struct RecordedResult {
    outcome: String,
}

impl<'a> KeyUses<'a> {
    /// Starts a search for requests with a key, to compare them with the one of `event`.
    pub(super) fn new(key: &'a str, event: &'a AuditEvent) -> Self {
        let target = audit::target(event);
        Self { key, event, target, has_same: false, latest_other: None }
    }

    /// Notes the request of a line of the log. Lines of another form are skipped: other tools
    /// write to this log too.
    pub(super) fn note(&mut self, line: &str) {
        // most requests have no key
        if !line.contains("\"idempotency_key\"") {
            return;
        }
        let Ok(request) = serde_json::from_str::<RecordedRequest>(line) else { return };
        if request.idempotency_key != self.key || request.result.outcome != audit::OK {
            return;
        }
        if self.is_same(&request) {
            self.has_same = true;
        } else {
            self.latest_other = Some(request);
        }
    }

    /// Earlier versions recorded fewer members of the target, so only the recorded ones count.
    fn is_same(&self, request: &RecordedRequest) -> bool {
        request.noun == self.event.noun
            && request.verb == self.event.verb
            && request.target.iter().all(|(name, value)| self.target.get(name) == Some(value))
    }

    /// Fails if the key was used, but never for this request.
    pub(super) fn into_result(self) -> Result<(), ChangeError> {
        match self.latest_other {
            Some(other) if !self.has_same => Err(ChangeError::KeyReused {
                key: ForeignText::excerpt(self.key),
                at: ForeignText::excerpt(&other.ts),
                request: ForeignText::excerpt(&other.describe()),
            }),
            _ => Ok(()),
        }
    }
}

impl RecordedRequest {
    fn describe(&self) -> String {
        let values = self.target.iter().filter_map(|(name, value)| {
            let text = value.as_str()?;
            Some(format!("{name} `{text}`"))
        });
        let values: Vec<String> = values.collect();
        format!("`{} {}` of {}", self.noun, self.verb, values.join(", "))
    }
}
