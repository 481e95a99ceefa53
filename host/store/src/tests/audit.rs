//! Records of the audit log.

use ulid::Ulid;

use super::{event, local};
use crate::audit::{self, AuditEvent};

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
