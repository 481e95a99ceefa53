//! Requests with an idempotency key, compared with those that the audit log records.

use super::{event, local};
use crate::audit::{self, AuditEvent};
use crate::key_uses::KeyUses;

/// A request with the key `k1` to bind a slot.
fn update(slot: &str) -> AuditEvent {
    AuditEvent {
        noun: "env-packs",
        target: vec![("slot", Some(slot.to_owned())), ("pack_ref", None)],
        idempotency_key: Some("k1".to_owned()),
        ..event("update")
    }
}

/// Compares a request with recorded ones. Returns the error, if the key cannot be used for it.
fn reuse(recorded: &[AuditEvent], request: &AuditEvent) -> Option<String> {
    let mut uses = KeyUses::new("k1", request);
    for event in recorded {
        uses.note(&audit::line(&local(), event));
    }
    uses.into_result().err().map(|error| error.to_string())
}

#[test]
fn the_target_of_a_request_is_recorded() {
    let line = audit::line(&local(), &update("secrets"));
    let record: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(record["target"], serde_json::json!({"slot": "secrets", "pack_ref": null}));
}

#[test]
fn a_key_can_be_used_again_for_the_same_request() {
    assert_eq!(reuse(&[], &update("secrets")), None);
    assert_eq!(reuse(&[update("secrets")], &update("secrets")), None);
    // earlier versions recorded fewer members of the target
    let short = AuditEvent { target: update("secrets").target[..1].to_vec(), ..update("secrets") };
    assert_eq!(reuse(&[short], &update("secrets")), None);
    // the key was reused before it was checked
    assert_eq!(reuse(&[update("secrets"), update("state")], &update("secrets")), None);
}

#[test]
fn a_key_cannot_be_used_for_another_request() {
    let request = update("secrets");
    let other_noun = AuditEvent { noun: "extensions", ..update("secrets") };
    let other_verb = AuditEvent { verb: "remove", ..update("secrets") };
    for (other, named) in [
        (update("state"), "`env-packs update` of slot `state`"),
        (other_noun, "`extensions update` of slot `secrets`"),
        (other_verb, "`env-packs remove` of slot `secrets`"),
    ] {
        let error = reuse(&[other], &request).expect("an error");
        assert!(error.contains(named), "{error}");
    }
}

#[test]
fn only_successful_requests_with_the_key_count() {
    let request = update("secrets");
    let other_key = AuditEvent { idempotency_key: Some("k2".to_owned()), ..update("state") };
    let failed = AuditEvent { result: Err(("locked", "busy".to_owned())), ..update("state") };
    let without_key = AuditEvent { idempotency_key: None, ..update("state") };
    assert_eq!(reuse(&[other_key, failed, without_key], &request), None);
    let mut uses = KeyUses::new("k1", &request);
    uses.note("{\"idempotency_key\": \"k1\"}");
    uses.into_result().expect("a line of another tool");
}
