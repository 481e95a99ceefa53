//! Records of the audit log.

use ulid::Ulid;

use super::contract::{self, backends, change, id, read, write};
use super::{event, local};
use crate::audit::{self, AuditEvent};
use crate::audit_chain::{AuditHead, ChainVerifier};
use crate::backend::{Decision, Edit, TextKind};

fn event_id(event: &AuditEvent) -> Ulid {
    let line = audit::line(&local(), event);
    let record: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    record["event_id"].as_str().expect("an id").parse().expect("a ULID")
}

#[test]
fn the_id_of_a_record_is_unique_and_begins_with_the_time_of_the_event() {
    let event = event("init");
    let id = event_id(&event);
    let milliseconds = event.origin.at.as_millisecond();
    assert_eq!(i64::try_from(id.timestamp_ms()), Ok(milliseconds));
    assert_ne!(event_id(&event), id);
}

#[test]
fn the_start_of_the_audit_log_is_removed() {
    for backend in &backends() {
        let backend = backend.backend();
        write(backend, "a", &[(TextKind::Document, "text")], &["1", "2", "3"]);
        let prune = |seq| Edit {
            audit: vec![contract::event("pruned")],
            prune_audit: Some(seq),
            ..Edit::default()
        };
        for (seq, expected) in [(2, vec![3, 4]), (4, vec![5]), (5, vec![6])] {
            change(backend, "a", &mut |_| Decision::Write(prune(seq))).expect("changed");
            let mut verifier = ChainVerifier::new(backend.audit_ends(&id("a")).expect("read"));
            let mut found = Vec::new();
            let mut note = |line: &str| {
                verifier.note(line);
                let head = AuditHead::of_line(line.as_bytes()).expect("a numbered line");
                found.push(head.seq);
            };
            backend.visit_audit(&id("a"), &mut note).expect("read");
            assert_eq!(found, expected);
            let verified = verifier.finish();
            assert_eq!((verified.faults, verified.pruned), (Vec::new(), seq));
        }
        assert_eq!(read(backend, "a").revision, 1);
    }
}
