//! Renders lines of the audit log, schema `greentic.audit.event.v1`: one line for each
//! requested change, whether it succeeded or not.

use std::time::SystemTime;

use env_pack_domain::{EnvId, terminal_safe_json};
use jiff::Timestamp;
use serde::Serialize;
use ulid::Ulid;

const SCHEMA: &str = "greentic.audit.event.v1";
/// The outcome of a request that succeeded.
pub(super) const OK: &str = "ok";

/// One entry of the audit log: a requested change and its result.
#[derive(Clone, Debug)]
pub struct AuditEvent {
    /// When and by whom the change was requested.
    pub origin: Origin,
    /// The command noun, such as `env-packs`.
    pub noun: &'static str,
    /// The verb, such as `update`.
    pub verb: &'static str,
    /// Names and values that identify the changed object; `None` is written as `null`.
    pub target: Vec<(&'static str, Option<String>)>,
    /// The generation of the binding before the change.
    pub previous_generation: Option<u64>,
    /// The generation of the binding after the change; none after a removal.
    pub new_generation: Option<u64>,
    /// The idempotency key of the request.
    pub idempotency_key: Option<String>,
    /// The kind and message of the error if the change failed.
    pub result: Result<(), (&'static str, String)>,
}

impl AuditEvent {
    /// Returns the noun and the verb.
    pub(super) fn command(&self) -> String {
        format!("{} {}", self.noun, self.verb)
    }

    /// Returns what was requested, in words.
    pub(super) fn summary(&self) -> String {
        let values = self.target.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
        let values: Vec<_> = values.map(|(name, value)| format!("{name} `{value}`")).collect();
        format!("`{}` of {}", self.command(), values.join(", "))
    }
}

/// When and by whom a change was requested.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The time.
    pub at: Timestamp,
    /// The user.
    pub actor: Actor,
}

/// A user of this machine, as the audit log records it.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The name of the user, if it is known.
    pub user: Option<String>,
    /// The numeric id of the user.
    pub uid: u32,
}

#[derive(Serialize)]
struct AuditRecord<'a> {
    schema: &'static str,
    event_id: String,
    ts: String,
    actor: ActorRecord<'a>,
    env_id: &'a str,
    noun: &'static str,
    verb: &'static str,
    target: serde_json::Map<String, serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_generation: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_generation: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    idempotency_key: Option<&'a str>,
    authorization: Authorization,
    result: AuditOutcome<'a>,
}

#[derive(Serialize)]
struct ActorRecord<'a> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    uid: u32,
}

#[derive(Serialize)]
struct Authorization {
    decision: &'static str,
    policy: &'static str,
    reason: &'static str,
}

#[derive(Serialize)]
struct AuditOutcome<'a> {
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

/// Returns an event as a line of the audit log, without the line break.
pub(super) fn line(environment: &EnvId, event: &AuditEvent) -> String {
    let record = record(environment, event);
    let json = serde_json::to_string(&record).expect("text and numbers make JSON");
    // people read the log with tools that do not escape control characters
    terminal_safe_json(json)
}

/// Returns a new id, which sorts by the time of its event or request.
pub(super) fn new_id(at: Timestamp) -> Ulid {
    Ulid::from_datetime(SystemTime::try_from(at).unwrap_or(SystemTime::UNIX_EPOCH))
}

/// Returns the target of an event as it is recorded.
pub(super) fn target(event: &AuditEvent) -> serde_json::Map<String, serde_json::Value> {
    let members = event.target.iter();
    members.map(|(name, value)| ((*name).to_owned(), value.clone().into())).collect()
}

fn record<'a>(environment: &'a EnvId, event: &'a AuditEvent) -> AuditRecord<'a> {
    let (outcome, kind, message) = match &event.result {
        Ok(()) => (OK, None, None),
        Err((kind, message)) => ("error", Some(*kind), Some(message.as_str())),
    };
    AuditRecord {
        schema: SCHEMA,
        event_id: new_id(event.origin.at).to_string(),
        ts: event.origin.at.to_string(),
        actor: ActorRecord {
            kind: "local-user",
            user: event.origin.actor.user.as_deref(),
            uid: event.origin.actor.uid,
        },
        env_id: environment.as_str(),
        noun: event.noun,
        verb: event.verb,
        target: target(event),
        previous_generation: event.previous_generation,
        new_generation: event.new_generation,
        idempotency_key: event.idempotency_key.as_deref(),
        authorization: Authorization {
            decision: "allow",
            policy: "file-permissions",
            reason: "the user may write the folder of the environment",
        },
        result: AuditOutcome { outcome, kind, message },
    }
}
