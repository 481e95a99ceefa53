//! The time for which requests are remembered.

use jiff::{SignedDuration, Timestamp};

use crate::request_record::{KEPT_REQUESTS, MAX_REQUESTS, outdated};

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

/// Returns the times of requests that were all made at this time.
fn made_at(at: Timestamp, requests: usize) -> Vec<Timestamp> {
    vec![at; requests]
}

#[test]
fn the_latest_requests_and_those_of_a_day_are_remembered() {
    let now: Timestamp = "2026-11-30T12:00:00Z".parse().expect("a time");
    assert_eq!(outdated(&[], now), 0);
    assert_eq!(outdated(&made_at(now - hours(25), KEPT_REQUESTS), now), 0);
    assert_eq!(outdated(&made_at(now - hours(25), KEPT_REQUESTS + 500), now), 500);
    assert_eq!(outdated(&made_at(now - hours(23), KEPT_REQUESTS + 500), now), 0);
    let mut mixed = made_at(now - hours(25), 300);
    mixed.extend(made_at(now - hours(1), KEPT_REQUESTS + 200));
    assert_eq!(outdated(&mixed, now), 300);
    assert_eq!(outdated(&made_at(now, MAX_REQUESTS + 7), now), 7);
}

#[test]
fn a_wrong_clock_forgets_no_request_early() {
    let now: Timestamp = "2026-11-30T12:00:00Z".parse().expect("a time");
    // the clock is a day ahead, and goes back
    assert_eq!(outdated(&made_at(now, KEPT_REQUESTS), now + hours(48)), 0);
    assert_eq!(outdated(&made_at(now + hours(48), KEPT_REQUESTS + 500), now), 0);
}
