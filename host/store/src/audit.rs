//! Appends to `audit/events.jsonl`, schema `greentic.audit.event.v1`: one line for each
//! requested change, whether it succeeded or not.

use std::fs;
use std::path::Path;

use env_pack_domain::{EnvId, terminal_safe_json};
use gtc_fs::lock::{self, LockError};
use serde::Serialize;

use super::error::StoreError;
use super::lock_timeout::LOCK_TIMEOUT;

const SCHEMA: &str = "greentic.audit.event.v1";

/// One entry of the audit log: a requested change and its result.
#[derive(Clone, Debug)]
pub struct AuditEvent {
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

#[derive(Serialize)]
struct AuditRecord<'a> {
    schema: &'static str,
    event_id: String,
    ts: String,
    actor: Actor,
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
struct Actor {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
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

/// Appends an event to the log of an environment.
pub(super) fn append(
    folder: &Path,
    environment: &EnvId,
    event: &AuditEvent,
) -> Result<(), StoreError> {
    let folder = folder.join("audit");
    fs::create_dir_all(&folder).map_err(StoreError::io("create", &folder))?;
    let path = folder.join("events.jsonl");
    let line =
        serde_json::to_string(&record(environment, event)).expect("text and numbers make JSON");
    // people read the log with tools that do not escape control characters
    let mut line = terminal_safe_json(line);
    line.push('\n');
    lock::append(&path, line.as_bytes(), LOCK_TIMEOUT).map_err(|error| match error {
        LockError::TimedOut => StoreError::Busy { environment: environment.clone(), lock: path },
        LockError::Io(error) => StoreError::io("append to", &path)(error),
    })
}

#[expect(clippy::disallowed_methods, reason = "the audit log names the user as the system does")]
fn user_name() -> Option<String> {
    std::env::var("USER").ok()
}

fn record<'a>(environment: &'a EnvId, event: &'a AuditEvent) -> AuditRecord<'a> {
    let (outcome, kind, message) = match &event.result {
        Ok(()) => ("ok", None, None),
        Err((kind, message)) => ("error", Some(*kind), Some(message.as_str())),
    };
    AuditRecord {
        schema: SCHEMA,
        event_id: ulid::Ulid::generate().to_string(),
        ts: jiff::Timestamp::now().to_string(),
        actor: Actor {
            kind: "local-user",
            user: user_name(),
            uid: rustix::process::getuid().as_raw(),
        },
        env_id: environment.as_str(),
        noun: event.noun,
        verb: event.verb,
        target: event
            .target
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone().into()))
            .collect(),
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
