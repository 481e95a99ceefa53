//! Changes and reads of several processes are in one order, which agrees with their times: a change
//! that was acknowledged before another was asked for comes first, and a read sees all changes that
//! were acknowledged before it began.
//!
//! Each change tells its revision, so the order needs no search. The check itself is tested: it finds
//! the faults of made-up histories, and agrees with a search through all orders.

use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use test_support::Sandbox;
use test_support::footprint::show;

/// A change that was made, or a read, with the times at which it was asked for and answered.
#[derive(Clone, Copy, Debug)]
struct Event {
    asked: u64,
    /// None if no answer came, because the process was killed.
    answered: Option<u64>,
    what: What,
}

/// The kind of an event, with the revision that it made or saw.
#[derive(Clone, Copy, Debug)]
enum What {
    Change(u64),
    Read(u64),
}

impl Event {
    /// Whether this event was over when the other began.
    fn is_before(&self, other: &Self) -> bool {
        self.answered.is_some_and(|answered| answered < other.asked)
    }
}

/// Returns the first fault of a history that began with revision 0: a change that is lost, doubled or
/// in the wrong order, or a read that is too old or too new.
fn fault(events: &[Event]) -> Option<String> {
    let mut changes: Vec<(u64, &Event)> = Vec::new();
    let mut reads: Vec<(u64, &Event)> = Vec::new();
    for event in events {
        match event.what {
            What::Change(revision) => changes.push((revision, event)),
            What::Read(revision) => reads.push((revision, event)),
        }
    }
    changes.sort_by_key(|(revision, _)| *revision);
    // of the changes so far, the one that was asked for last
    let mut last_asked: Option<&Event> = None;
    for (expected, (revision, change)) in (1..).zip(&changes) {
        if *revision != expected {
            return Some(format!("there is revision {revision} instead of {expected}"));
        }
        if last_asked.is_some_and(|earlier| change.is_before(earlier)) {
            return Some(format!("revision {revision} was made before an earlier one"));
        }
        last_asked = last_asked.into_iter().chain([*change]).max_by_key(|event| event.asked);
    }
    reads.iter().find_map(|(seen, read)| {
        let known = changes.iter().chain(&reads).filter(|(_, earlier)| earlier.is_before(read));
        let oldest = known.map(|(revision, _)| *revision).max().unwrap_or(0);
        let later = changes.iter().filter(|(_, change)| read.is_before(change));
        let newest = later.map(|(revision, _)| revision - 1).min();
        let newest = newest.unwrap_or(u64::MAX).min(changes.len() as u64);
        let is_right = (oldest..=newest).contains(seen);
        (!is_right).then(|| format!("a read saw {seen}, expected {oldest} to {newest}"))
    })
}

/// Whether the events can have happened one after the other, found by trying all orders.
fn has_order(events: &[Event], revision: u64) -> bool {
    events.is_empty()
        || events.iter().enumerate().any(|(at, next)| {
            let rest = [&events[..at], &events[at + 1..]].concat();
            let revision = match next.what {
                What::Change(made) if made == revision + 1 => made,
                What::Read(seen) if seen == revision => seen,
                What::Change(_) | What::Read(_) => return false,
            };
            !rest.iter().any(|other| other.is_before(next)) && has_order(&rest, revision)
        })
}

fn change(asked: u64, answered: u64, revision: u64) -> Event {
    Event { asked, answered: Some(answered), what: What::Change(revision) }
}

fn read(asked: u64, answered: u64, revision: u64) -> Event {
    Event { asked, answered: Some(answered), what: What::Read(revision) }
}

/// A change whose process was killed, and which was made.
fn killed(asked: u64, revision: u64) -> Event {
    Event { asked, answered: None, what: What::Change(revision) }
}

#[test]
fn made_up_faults_are_found() {
    let right: [&[Event]; 6] = [
        &[],
        &[read(0, 1, 0)],
        &[change(0, 1, 1), change(2, 3, 2), read(4, 5, 2)],
        // at the same time, in either order
        &[change(0, 5, 2), change(1, 4, 1), read(2, 3, 0), read(2, 6, 2)],
        &[killed(0, 1), read(1, 2, 0), read(3, 4, 1)],
        &[change(0, 1, 1), killed(2, 3), change(4, 5, 2), read(6, 7, 3)],
    ];
    for events in right {
        assert_eq!(fault(events), None, "{events:?}");
    }
    let wrong: [(&str, &[Event]); 14] = [
        ("lost", &[change(0, 1, 1), change(2, 3, 3)]),
        ("lost, the first one", &[change(0, 1, 2)]),
        ("lost, and made again by another", &[change(0, 1, 1), change(2, 3, 1), read(4, 5, 1)]),
        ("doubled", &[change(0, 1, 1), read(2, 3, 2)]),
        ("the same revision twice at one time", &[change(0, 9, 1), change(1, 8, 1)]),
        ("no revision", &[change(0, 1, 0)]),
        ("in the wrong order", &[change(0, 1, 2), change(2, 3, 1)]),
        (
            "in the wrong order, with one between",
            &[change(0, 9, 2), change(8, 9, 1), change(1, 7, 3)],
        ),
        ("a stale read", &[change(0, 1, 1), read(2, 3, 0)]),
        ("a stale read after two changes", &[change(0, 1, 1), change(2, 3, 2), read(4, 5, 1)]),
        ("a read of the future", &[read(0, 1, 1), change(2, 3, 1)]),
        (
            "a read of a change whose predecessor comes later",
            &[change(0, 9, 2), read(1, 2, 2), change(3, 9, 1)],
        ),
        ("reads that go back", &[change(0, 9, 1), read(1, 2, 1), read(3, 4, 0)]),
        ("a killed change that nothing made", &[killed(5, 1), read(1, 2, 1)]),
    ];
    for (name, events) in wrong {
        assert!(fault(events).is_some(), "{name}: {events:?}");
    }
}

#[test]
fn the_check_agrees_with_a_search_through_all_orders() {
    let mut random = fastrand::Rng::with_seed(7);
    let mut right = 0;
    for _ in 0..100_000 {
        let events: Vec<Event> = (0..random.usize(1..=6))
            .map(|_| {
                let asked = random.u64(0..12);
                let answered = random.u8(0..6) > 0;
                let answered = answered.then(|| asked + 1 + random.u64(0..8));
                let revision = random.u64(0..=3);
                let what =
                    if random.bool() { What::Change(revision) } else { What::Read(revision) };
                // a read without an answer saw nothing
                let is_read = matches!(what, What::Read(_));
                let answered = answered.or(is_read.then_some(asked + 1));
                Event { asked, answered, what }
            })
            .collect();
        let found = fault(&events);
        assert_eq!(found.is_none(), has_order(&events, 0), "{events:?}: {found:?}");
        right += usize::from(found.is_none());
    }
    show(&format!("{right} of 100000 histories are right"));
    assert!(right > 1_000, "{right}");
}

/// Processes of one environment, for a time.
const PROCESSES: usize = 16;

/// Changes and reads an environment until a time, and returns what happened.
fn use_environment(sandbox: &Sandbox, user: usize, start: Instant, until: Instant) -> Vec<Event> {
    let now = || start.elapsed().as_nanos() as u64;
    let mut events = Vec::new();
    for number in 0.. {
        if Instant::now() >= until {
            break;
        }
        let asked = now();
        if (number + user).is_multiple_of(3) {
            let shown = sandbox.env().show().succeeded().result();
            events.push(read(asked, now(), revision_of(&shown)));
            continue;
        }
        let key = format!("{user}-{number}");
        let file = format!("answers-{user}.json");
        sandbox.write(&file, format!("{{\"number\": {number}}}"));
        let put = sandbox.answers().put().answers_ref(format!("{user}.json")).file(&file);
        put.idempotency_key(&key).succeeded();
        let answered = now();
        let made = sandbox.request().show(&key).succeeded().result();
        events.push(change(asked, answered, revision_of(&made)));
    }
    events
}

/// The number of changes since `env init`, whose revision is 1.
fn revision_of(answer: &Value) -> u64 {
    answer["revision"].as_u64().expect("a revision") - 1
}

fn run_processes(time: Duration) {
    let sandbox = Sandbox::with_local();
    let start = Instant::now();
    let until = start + time;
    let events = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for user in 0..PROCESSES {
            let (sandbox, events) = (&sandbox, &events);
            scope.spawn(move || {
                let seen = use_environment(sandbox, user, start, until);
                events.lock().expect("no panic").extend(seen);
            });
        }
    });
    let events = events.into_inner().expect("no panic");
    assert_eq!(fault(&events), None);
    let changes = events.iter().filter(|event| matches!(event.what, What::Change(_))).count();
    show(&format!("{changes} changes and {} reads are in one order", events.len() - changes));
    let verdict = sandbox.audit().verify().succeeded().result();
    assert_eq!(verdict["last"].as_u64(), Some(changes as u64 + 1));
}

#[test]
fn changes_and_reads_of_processes_are_in_one_order() {
    run_processes(Duration::from_secs(3));
}

#[test]
#[ignore = "long: half a minute"]
fn changes_and_reads_of_half_a_minute_are_in_one_order() {
    run_processes(Duration::from_secs(30));
}
