//! Reads and verifies the audit log of an environment.

use std::collections::VecDeque;

use env_pack_domain::{EnvId, ForeignText};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::Host;
use crate::operation_error::{Explanation, OperationError};
use gtc_store::StoreError;

/// The events to list.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Only events from this moment on.
    pub since: Option<Timestamp>,
    /// Only events of this noun, such as `env-packs`.
    pub noun: Option<String>,
    /// Only events of this verb, such as `update`.
    pub verb: Option<String>,
    /// At most this many events, the latest ones.
    pub last: Option<usize>,
}

/// Events of an audit log.
#[derive(Debug, Serialize)]
pub struct AuditReport {
    /// The environment.
    pub environment_id: EnvId,
    /// The events as they were recorded, the oldest first.
    pub events: Vec<Box<RawValue>>,
    /// The number of earlier events that the filter admits too.
    #[serde(skip_serializing_if = "is_zero")]
    pub earlier: usize,
    /// The number of lines that are not events: another tool wrote them, or they are damaged.
    #[serde(skip_serializing_if = "is_zero")]
    pub unreadable: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde expects")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// An event of the audit log, as far as this program reads it. Members may be missing in lines
/// of other tools.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct AuditedEvent {
    /// The number of the event; none in lines of earlier versions.
    pub seq: Option<u64>,
    /// The time, in RFC 3339.
    #[serde(default)]
    pub ts: ForeignText,
    /// The user.
    #[serde(default)]
    pub actor: AuditedActor,
    /// The command noun.
    #[serde(default)]
    pub noun: ForeignText,
    /// The verb.
    #[serde(default)]
    pub verb: ForeignText,
    /// Names and values of the changed object.
    #[serde(default)]
    pub target: serde_json::Map<String, serde_json::Value>,
    /// The generation of the binding before the change.
    pub previous_generation: Option<u64>,
    /// The generation of the binding after the change.
    pub new_generation: Option<u64>,
    /// Whether the change was made.
    #[serde(default)]
    pub result: AuditedResult,
}

/// The user of an audited event.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct AuditedActor {
    /// The name, if it was known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<ForeignText>,
    /// The numeric id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
}

/// The result of an audited event.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct AuditedResult {
    /// `ok` or `error`.
    #[serde(default)]
    pub outcome: ForeignText,
    /// The kind of the error.
    pub kind: Option<ForeignText>,
}

/// The result of verifying an audit log.
#[derive(Debug, Serialize)]
pub struct AuditVerdict {
    /// The environment.
    pub environment_id: EnvId,
    /// Whether no line was changed, removed, moved or added.
    pub intact: bool,
    /// The number of lines.
    pub lines: u64,
    /// The number of the last event that was pruned, with all before it; none if none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pruned_through: Option<u64>,
    /// The number of the last event.
    pub last: u64,
    /// The number of lines before the first with a number: earlier versions wrote them, and
    /// only the last of them is verified.
    pub unnumbered: u64,
    /// The faults, at most 20.
    pub faults: Vec<String>,
}

/// Lists events of the audit log.
///
/// # Errors
/// [`StoreError`] when the environment does not exist, or its log cannot be read.
pub fn list(
    host: &Host,
    environment: &EnvId,
    filter: &AuditFilter,
) -> Result<AuditReport, StoreError> {
    let mut events = VecDeque::new();
    let mut earlier = 0;
    let mut unreadable = 0;
    host.store.visit_audit(environment, &mut |line| {
        let Ok(event) = serde_json::from_str::<AuditedEvent>(line) else {
            unreadable += 1;
            return;
        };
        if !filter.admits(&event) {
            return;
        }
        let raw = RawValue::from_string(line.trim().to_owned()).expect("it was parsed as JSON");
        events.push_back(raw);
        if filter.last.is_some_and(|last| events.len() > last) {
            events.pop_front();
            earlier += 1;
        }
    })?;
    let events = events.into();
    Ok(AuditReport { environment_id: environment.clone(), events, earlier, unreadable })
}

impl AuditFilter {
    fn admits(&self, event: &AuditedEvent) -> bool {
        let is_late = |since: &Timestamp| {
            event.ts.as_exact().parse::<Timestamp>().is_ok_and(|at| at >= *since)
        };
        let is = |wanted: &Option<String>, found: &ForeignText| {
            wanted.as_ref().is_none_or(|wanted| wanted == found.as_exact())
        };
        self.since.as_ref().is_none_or(is_late)
            && is(&self.noun, &event.noun)
            && is(&self.verb, &event.verb)
    }
}

impl AuditReport {
    /// Returns the events, as far as this program reads them.
    pub fn parsed(&self) -> impl Iterator<Item = AuditedEvent> {
        self.events.iter().filter_map(|event| serde_json::from_str(event.get()).ok())
    }
}

/// Returns one event of the audit log.
///
/// # Errors
/// [`AuditError`] when the log cannot be read, or has no event of this number.
pub fn show(host: &Host, environment: &EnvId, seq: u64) -> Result<Box<RawValue>, AuditError> {
    let mut found = None;
    host.store.visit_audit(environment, &mut |line| {
        let event = serde_json::from_str::<AuditedEvent>(line);
        if event.is_ok_and(|event| event.seq == Some(seq)) {
            found = RawValue::from_string(line.trim().to_owned()).ok();
        }
    })?;
    found.ok_or_else(|| AuditError::NoEvent { environment: environment.clone(), seq })
}

/// Verifies that no line of the audit log was changed, removed, moved or added.
///
/// # Errors
/// [`StoreError`] when the environment does not exist, or its log cannot be read.
pub fn verify(host: &Host, environment: &EnvId) -> Result<AuditVerdict, StoreError> {
    let verified = host.store.verify_audit(environment)?;
    Ok(AuditVerdict {
        environment_id: environment.clone(),
        intact: verified.faults.is_empty(),
        lines: verified.lines,
        pruned_through: (verified.pruned > 0).then_some(verified.pruned),
        last: verified.last,
        unnumbered: verified.unnumbered,
        faults: verified.faults.iter().map(ToString::to_string).collect(),
    })
}

/// An event could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The log could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log has no event of this number.
    #[error("the audit log of environment `{environment}` has no event {seq}")]
    NoEvent {
        /// The environment.
        environment: EnvId,
        /// The number.
        seq: u64,
    },
}

impl OperationError for AuditError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Store(error) => error.explain(),
            Self::NoEvent { environment, .. } => Explanation::refused(
                "not-found",
                format!("see the events with `gtc op audit list {environment}`"),
            ),
        }
    }
}
