//! Changes whose calls to the system fail, whose process dies, and whose machine loses its power:
//! each is made as a whole, or not at all, and exactly once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use env_pack_domain::{AnswersRef, EnvId};
use jiff::Timestamp;

use super::random::Random;
use super::simulated_disk::{Fault, SimulatedDisk};
use crate::audit_chain::ChainVerifier;
use crate::backend::{Backend, Committed, Decision, Edit, NewAnswers, TextKind};
use crate::error::ChangeError;
use crate::files::FileBackend;
use crate::limits::StoreLimits;
use crate::request::Request;
use crate::request_record::RecordedAnswer;

const ROOT: &str = "/simulated";
/// The number of replaced revisions whose texts are kept.
const KEPT: usize = 3;

/// The texts of the environment that changes write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Content {
    document: Option<String>,
    pins: Option<String>,
    trust_root: Option<String>,
    answers: Option<String>,
    backup: Option<String>,
    /// The number of audit lines.
    events: u64,
    /// The number of the last one.
    last_event: u64,
}

/// The texts that a change writes.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Document,
    DocumentAndPins,
    TrustRoot,
    Answers,
    Everything,
    /// All texts and answers are removed, and kept as one document.
    Delete,
    /// An audit line, as of a refusal.
    Record,
    /// Only the answer, as of a request that changes nothing.
    Answer,
    /// All audit lines but the last are removed, and one is appended.
    Prune,
}

const KINDS: [Kind; 9] = [
    Kind::Prune,
    Kind::Document,
    Kind::DocumentAndPins,
    Kind::TrustRoot,
    Kind::Answers,
    Kind::Everything,
    Kind::Delete,
    Kind::Record,
    Kind::Answer,
];

struct Simulation {
    disk: SimulatedDisk,
    content: Content,
    revision: u64,
    /// The texts that were replaced, by revision.
    replaced: BTreeMap<u64, Vec<(TextKind, String)>>,
    next: u64,
}

fn id() -> EnvId {
    "a".parse().expect("an id")
}

fn folder() -> PathBuf {
    Path::new(ROOT).join("a")
}

impl Simulation {
    /// Starts with an environment that has a document and pins.
    fn new() -> Self {
        let disk = SimulatedDisk::default();
        let mut simulation = Self {
            disk,
            content: Content::default(),
            revision: 0,
            replaced: BTreeMap::new(),
            next: 0,
        };
        let (content, result) = simulation.change(Kind::DocumentAndPins);
        result.expect("created");
        simulation.content = content;
        simulation.revision = 1;
        simulation
    }

    fn backend(&self) -> FileBackend {
        FileBackend::on(ROOT, Box::new(self.disk.clone()))
            .with_limits(StoreLimits { backups: KEPT })
    }

    /// Makes a change, and returns what the environment should have after it.
    fn change(&mut self, kind: Kind) -> (Content, Result<Committed, ChangeError>) {
        self.next += 1;
        let (edit, after) = self.edit(kind);
        let result = self.ask(&edit);
        (after, result)
    }

    fn request(&self) -> Request {
        let key = format!("key {}", self.next);
        Request::new("env-packs update", Some(&key), &self.next, Timestamp::UNIX_EPOCH)
    }

    fn ask(&self, edit: &Edit) -> Result<Committed, ChangeError> {
        let request = self.request();
        self.backend()
            .change(&id(), &request, Duration::ZERO, &mut |_| Decision::Write(edit.clone()))
    }

    fn edit(&self, kind: Kind) -> (Edit, Content) {
        let mut after = self.content.clone();
        let text = format!("text {}", self.next);
        let (has_document, has_pins, has_root, has_answers) = match kind {
            Kind::Document => (true, false, false, false),
            Kind::DocumentAndPins => (true, true, false, false),
            Kind::TrustRoot => (false, false, true, false),
            Kind::Answers => (false, false, false, true),
            Kind::Everything => (true, true, true, true),
            Kind::Delete | Kind::Record | Kind::Answer | Kind::Prune => {
                (false, false, false, false)
            }
        };
        let mut writes = Vec::new();
        for (is_written, kind, target) in [
            (has_document, TextKind::Document, &mut after.document),
            (has_pins, TextKind::Pins, &mut after.pins),
            (has_root, TextKind::TrustRoot, &mut after.trust_root),
        ] {
            if is_written {
                writes.push((kind, text.clone()));
                *target = Some(text.clone());
            }
        }
        let mut answers = Vec::new();
        if has_answers {
            after.answers = Some(text.clone());
            let answers_ref = AnswersRef::new("packs/x.json");
            answers.push(NewAnswers { answers_ref, text: text.clone() });
        }
        let mut removes = Vec::new();
        let mut removed_answers = Vec::new();
        let mut backup = None;
        if matches!(kind, Kind::Delete) {
            removes = TextKind::ALL.to_vec();
            removed_answers.push(AnswersRef::new("packs/x.json"));
            backup = Some(text.clone());
            let Content { events, last_event, .. } = after;
            after = Content { backup: backup.clone(), events, last_event, ..Content::default() };
        }
        let audit = if matches!(kind, Kind::Answer) {
            Vec::new()
        } else {
            after.events += 1;
            after.last_event += 1;
            vec![format!("{{\"event\":{}}}", self.next)]
        };
        let mut prune_audit = None;
        // without an earlier line, there is nothing to remove
        if matches!(kind, Kind::Prune) && self.content.events > 1 {
            prune_audit = Some(self.content.last_event - 1);
            after.events = 2;
        }
        let answer = RecordedAnswer { summary: "a change".to_owned(), json: self.next.to_string() };
        let answer = Some(answer);
        let edit =
            Edit { answers, removed_answers, writes, removes, backup, audit, prune_audit, answer };
        (edit, after)
    }

    /// Reads the environment as a reader does, who finishes nothing.
    fn read(&self) -> Content {
        let backend = self.backend();
        let texts = backend.read(&id()).expect("readable");
        let mut verifier = ChainVerifier::new(backend.audit_ends(&id()).expect("readable"));
        let mut events = 0;
        backend
            .visit_audit(&id(), &mut |line| {
                verifier.note(line);
                events += 1;
            })
            .expect("readable");
        let verified = verifier.finish();
        assert_eq!(verified.faults, []);
        let last_event = verified.last;
        let backup = backend.backup(&id()).expect("readable");
        let Some(texts) = texts else {
            assert!(!backend.contains(&id()) && backend.is_known(&id()));
            return Content { backup, events, last_event, ..Content::default() };
        };
        assert!(backend.contains(&id()));
        let answers = backend.answers(&id(), &AnswersRef::new("packs/x.json")).expect("readable");
        Content {
            document: Some(texts.document),
            pins: texts.pins,
            trust_root: texts.trust_root.expect("readable"),
            answers: answers.or_else(|| self.disk.file(&folder().join("packs/x.json"))),
            backup,
            events,
            last_event,
        }
    }

    /// Checks what a change left that was interrupted or failed, and repeats it.
    fn check(&mut self, kind: Kind, after: &Content, result: &Result<Committed, ChangeError>) {
        let found = self.read();
        let before = self.content.clone();
        match result {
            Ok(_) | Err(ChangeError::Unfinished { .. }) => assert_eq!(found, *after),
            Err(ChangeError::Store(_)) => assert_eq!(found, before),
            Err(ChangeError::Unclear { .. }) => {
                assert!(found == *after || found == before, "{found:?} of {before:?} or {after:?}");
            }
            Err(error) => panic!("{error}"),
        }
        self.repeat(kind, after, found == *after && found != before);
    }

    /// Repeats the request: it is made if it was not, and never twice.
    fn repeat(&mut self, kind: Kind, after: &Content, was_made: bool) {
        let (edit, _) = self.edit(kind);
        match self.ask(&edit).expect("nothing fails any more") {
            Committed::Repeated { answer } => assert_eq!(answer, self.next.to_string()),
            Committed::Done => assert!(!was_made, "it was made twice"),
        }
        assert_eq!(self.read(), *after);
        let journal = folder().join(".change.json");
        assert_eq!(self.disk.file(&journal), None, "the change is finished");
        assert_eq!(self.disk.file(&folder().join("packs/x.json")), after.answers);
        self.note_replaced(after);
        self.check_backups(KEPT);
        self.content = after.clone();
    }

    /// Notes the texts that a finished change replaced.
    fn note_replaced(&mut self, after: &Content) {
        let texts = self.content.texts().into_iter().zip(after.texts());
        let replaced: Vec<_> =
            texts.filter_map(|(old, new)| old.filter(|old| new.as_ref() != Some(old))).collect();
        if !replaced.is_empty() {
            self.replaced.insert(self.revision, replaced);
        }
        let backend = self.backend();
        let texts = backend.read(&id()).expect("readable");
        self.revision = match texts {
            Some(texts) => texts.revision,
            None => backend.last_revision(&id()).expect("readable"),
        };
    }

    /// Checks that the texts of the newest replaced revisions are kept as they were.
    fn check_backups(&self, newest: usize) {
        for (revision, texts) in self.replaced.iter().rev().take(newest) {
            for (kind, text) in texts {
                let backup = self.backup(*kind, *revision);
                assert_eq!(backup.as_ref(), Some(text), "{kind:?} of revision {revision}");
            }
        }
    }

    /// Checks that no text is lost, whether an interrupted change replaced it or not.
    fn check_replaced(&self) {
        self.check_backups(KEPT - 1);
        for (kind, text) in self.content.texts().into_iter().flatten() {
            let current = self.disk.file(&folder().join(kind.name()));
            let is_kept = self.backup(kind, self.revision).as_ref() == Some(&text);
            assert!(is_kept || current.as_ref() == Some(&text), "{kind:?}: {text} is lost");
        }
    }

    fn backup(&self, kind: TextKind, revision: u64) -> Option<String> {
        self.disk.file(&folder().join(format!("backups/{}.{revision}.bak", kind.name())))
    }
}

impl Content {
    fn texts(&self) -> [Option<(TextKind, String)>; 3] {
        let text = |kind, text: &Option<String>| text.clone().map(|text| (kind, text));
        [
            text(TextKind::Document, &self.document),
            text(TextKind::Pins, &self.pins),
            text(TextKind::TrustRoot, &self.trust_root),
        ]
    }
}

/// Lets the call number `calls` of a change fail. Returns whether the change made so many.
fn interrupt(
    simulation: &mut Simulation,
    kind: Kind,
    calls: u64,
    fault: Fault,
    cut: Option<&mut Random>,
) -> bool {
    simulation.disk.fail_after(calls, fault);
    let (after, result) = simulation.change(kind);
    let has_happened = simulation.disk.repair();
    let has_cut = cut.is_some();
    if let Some(random) = cut {
        simulation.disk.cut_power(random);
    }
    simulation.check_replaced();
    if fault == Fault::Dies || has_cut {
        // the result of an interrupted change is not known, but a change that was
        // acknowledged stays
        let found = simulation.read();
        let before = simulation.content.clone();
        if result.is_ok() {
            assert_eq!(found, after);
        }
        assert!(
            found == after || found == before,
            "{kind:?} {calls}: {found:?} of {before:?}, {after:?}"
        );
        let was_made = found == after && found != before;
        simulation.repeat(kind, &after, was_made);
    } else {
        simulation.check(kind, &after, &result);
    }
    has_happened
}

#[test]
fn every_call_of_every_change_may_fail() {
    for fault in [Fault::Fails, Fault::FailsAfterwards, Fault::Dies] {
        for kind in KINDS {
            let mut simulation = Simulation::new();
            let mut calls = 1;
            while interrupt(&mut simulation, kind, calls, fault, None) {
                calls += 1;
                if simulation.content.document.is_none() {
                    let (content, result) = simulation.change(Kind::Everything);
                    result.expect("created again");
                    simulation.note_replaced(&content);
                    simulation.content = content;
                }
            }
            assert!(calls > 8, "{kind:?} makes {calls} calls");
        }
    }
}

/// Cuts the power at random calls of random changes.
fn cut_power_at_random(seeds: std::ops::Range<u64>) -> u64 {
    let mut states = 0;
    for seed in seeds {
        let mut random = Random::new(seed);
        let mut simulation = Simulation::new();
        for _ in 0..10 {
            let kind = KINDS[usize::try_from(random.below(KINDS.len() as u64)).expect("a kind")];
            // one that was deleted is created again first
            let kind = if simulation.content.document.is_some() { kind } else { Kind::Everything };
            let fault = [Fault::Fails, Fault::FailsAfterwards, Fault::Dies]
                [usize::try_from(random.below(3)).expect("a fault")];
            let calls = 1 + random.below(45);
            interrupt(&mut simulation, kind, calls, fault, Some(&mut random));
            states += 1;
        }
    }
    states
}

#[test]
fn a_power_cut_leaves_changes_whole() {
    assert_eq!(cut_power_at_random(0..400), 4_000);
}

#[test]
#[ignore = "long: ten million states, some minutes"]
fn a_power_cut_leaves_changes_whole_in_ten_million_states() {
    std::thread::scope(|scope| {
        let run = |first: u64| scope.spawn(move || cut_power_at_random(first..first + 500_000));
        let states: u64 =
            [run(1_000_000), run(2_000_000)].map(|run| run.join().expect("no fault")).iter().sum();
        assert_eq!(states, 10_000_000);
    });
}

#[test]
fn a_file_that_changed_since_an_interruption_stays_as_it_is() {
    let mut simulation = Simulation::new();
    simulation.disk.fail_after(13, Fault::Dies);
    let (_, result) = simulation.change(Kind::DocumentAndPins);
    result.expect_err("the process died");
    simulation.disk.repair();
    let journal = folder().join(".change.json");
    assert!(simulation.disk.file(&journal).is_some(), "the change is not finished");
    let document = folder().join("environment.json");
    simulation.disk.set_file(&document, "of another tool");
    let backend = simulation.backend();
    let error = backend.read(&id()).expect_err("nothing is guessed").to_string();
    assert!(error.contains("environment.json") && error.contains("something else changed"));
    let (_, result) = simulation.change(Kind::Document);
    result.expect_err("nothing is guessed");
    assert_eq!(simulation.disk.file(&document).as_deref(), Some("of another tool"));
}
