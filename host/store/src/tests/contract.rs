//! The promises of [`Backend`], tested for every backend. A new backend implements
//! [`TestBackend`] and joins [`backends`].

use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use env_pack_domain::{AnswersRef, EnvId};
use jiff::Timestamp;

use super::memory::MemoryBackend;
use crate::audit_chain::ChainVerifier;
use crate::backend::{
    Backend, Committed, Decision, Edit, MAX_ANSWERS_BYTES, MAX_TEXT_BYTES, NewAnswers, TextKind,
    Texts,
};
use crate::error::{AnswersError, ChangeError, StoreError};
use crate::files::FileBackend;
use crate::request::{Expect, Request};
use crate::request_record::RecordedAnswer;

pub(super) const TIMEOUT: Duration = Duration::from_secs(10);

/// An empty backend, and the parts of an environment that others write.
pub(super) trait TestBackend {
    fn backend(&self) -> &dyn Backend;
    fn set_runtime(&self, id: &EnvId, text: &str);
    fn set_answers(&self, id: &EnvId, name: &str, text: &str);
}

struct Files {
    _folder: tempfile::TempDir,
    root: PathBuf,
    backend: FileBackend,
}

impl TestBackend for Files {
    fn backend(&self) -> &dyn Backend {
        &self.backend
    }

    fn set_runtime(&self, id: &EnvId, text: &str) {
        self.set_answers(id, "runtime.json", text);
    }

    fn set_answers(&self, id: &EnvId, name: &str, text: &str) {
        let path = self.root.join(id.as_str()).join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
}

impl TestBackend for MemoryBackend {
    fn backend(&self) -> &dyn Backend {
        self
    }

    fn set_runtime(&self, id: &EnvId, text: &str) {
        self.set_runtime(id, text);
    }

    fn set_answers(&self, id: &EnvId, name: &str, text: &str) {
        self.set_answers(id, name, text);
    }
}

pub(super) fn backends() -> [Box<dyn TestBackend>; 2] {
    let folder = tempfile::tempdir().expect("a folder");
    // it does not exist before the first environment
    let root = folder.path().join("environments");
    let backend = FileBackend::new(&root);
    let files = Files { _folder: folder, root, backend };
    [Box::new(files), Box::new(MemoryBackend::new())]
}

pub(super) fn id(name: &str) -> EnvId {
    name.parse().expect("an id")
}

pub(super) fn write(
    backend: &dyn Backend,
    name: &str,
    writes: &[(TextKind, &str)],
    audit: &[&str],
) {
    let edit = || Edit {
        writes: writes.iter().map(|(kind, text)| (*kind, (*text).to_owned())).collect(),
        audit: audit.iter().map(|name| event(name)).collect(),
        ..Edit::default()
    };
    change(backend, name, &mut |_| Decision::Write(edit())).expect("changed");
}

/// Makes a change that no other request repeats.
pub(super) fn change(
    backend: &dyn Backend,
    name: &str,
    decide: &mut dyn FnMut(Option<Texts>) -> Decision,
) -> Result<Committed, ChangeError> {
    backend.change(&id(name), &request(None, "a change"), TIMEOUT, decide)
}

/// Returns a request with this key, and these arguments.
pub(super) fn request(key: Option<&str>, arguments: &str) -> Request {
    Request::new("env-packs update", key, &arguments, Timestamp::UNIX_EPOCH)
}

/// Returns an answer to a request.
pub(super) fn answered(text: &str) -> RecordedAnswer {
    RecordedAnswer { summary: format!("to write {text}"), json: format!("\"{text}\"") }
}

/// Returns an audit event, as far as a backend knows it.
pub(super) fn event(name: &str) -> String {
    format!("{{\"event\":\"{name}\"}}")
}

/// Returns the names of the events in the audit log, whose lines are numbered without gaps.
pub(super) fn audit_lines(backend: &dyn Backend, name: &str) -> Vec<String> {
    #[derive(serde::Deserialize)]
    struct Line {
        seq: u64,
        event: String,
    }
    let mut events = Vec::new();
    let mut verifier = ChainVerifier::new(backend.audit_ends(&id(name)).expect("read"));
    backend
        .visit_audit(&id(name), &mut |text| {
            let line: Line = serde_json::from_str(text).expect("a line");
            assert_eq!(line.seq, events.len() as u64 + 1);
            events.push(line.event);
            verifier.note(text);
        })
        .expect("read");
    assert_eq!(verifier.finish().faults, []);
    events
}

pub(super) fn read(backend: &dyn Backend, name: &str) -> Texts {
    backend.read(&id(name)).expect("read").expect("it exists")
}

#[test]
fn an_environment_exists_once_it_has_a_document() {
    for test in backends() {
        let backend = test.backend();
        assert_eq!(backend.environments().expect("listed"), []);
        assert!(!backend.contains(&id("b")));
        assert!(backend.read(&id("b")).expect("read").is_none());
        for name in ["b", "a"] {
            let mut create = |texts: Option<Texts>| {
                assert!(texts.is_none());
                let writes = vec![(TextKind::Document, name.to_owned())];
                Decision::Write(Edit { writes, ..Edit::default() })
            };
            change(backend, name, &mut create).expect("created");
        }
        assert_eq!(backend.environments().expect("listed"), [id("a"), id("b")]);
        assert!(backend.contains(&id("b")));
        let texts = read(backend, "b");
        assert_eq!(texts.document, "b");
        assert_eq!((texts.pins, texts.trust_root.expect("read")), (None, None));
    }
}

#[test]
fn texts_are_kept_exactly() {
    // not JSON, an escaped NUL, a number without a size, and line breaks of another system
    for text in ["", "not JSON", "{\"a\": \"\\u0000\"}\n", "[1e400, 1.00]", "a\r\nb\u{202e}"] {
        for test in backends() {
            let kinds = [TextKind::Document, TextKind::Pins, TextKind::TrustRoot];
            write(test.backend(), "a", &kinds.map(|kind| (kind, text)), &[]);
            let texts = read(test.backend(), "a");
            assert_eq!(texts.document, text);
            assert_eq!(texts.pins.as_deref(), Some(text));
            assert_eq!(texts.trust_root.expect("read").as_deref(), Some(text));
        }
    }
}

#[test]
fn an_edit_replaces_only_what_it_names() {
    for test in backends() {
        let backend = test.backend();
        write(backend, "a", &[(TextKind::Document, "1"), (TextKind::Pins, "1")], &[]);
        write(backend, "other", &[(TextKind::Document, "other")], &[]);
        write(backend, "a", &[(TextKind::Pins, "3")], &[]);
        let texts = read(backend, "a");
        assert_eq!((texts.document.as_str(), texts.pins.as_deref()), ("1", Some("3")));
        assert_eq!(read(backend, "other").document, "other");
    }
}

#[test]
fn without_an_edit_nothing_is_written() {
    for test in backends() {
        let backend = test.backend();
        change(backend, "new", &mut |_| Decision::Nothing).expect("decided");
        assert!(!backend.contains(&id("new")));
        assert_eq!(backend.environments().expect("listed"), []);
        write(backend, "a", &[(TextKind::Document, "1")], &["created"]);
        change(backend, "a", &mut |_| Decision::Nothing).expect("decided");
        assert_eq!(read(backend, "a").document, "1");
        assert_eq!(audit_lines(backend, "a"), ["created"]);
    }
}

#[test]
fn a_text_over_the_limit_is_refused() {
    let largest = "x".repeat(MAX_TEXT_BYTES as usize);
    let larger = format!("{largest}x");
    for test in backends() {
        let backend = test.backend();
        write(backend, "a", &[(TextKind::Document, &largest)], &["1"]);
        assert!(read(backend, "a").document == largest);
        let writes = vec![(TextKind::Document, larger.clone())];
        let edit = Edit { writes, ..Edit::default() };
        let result = change(backend, "a", &mut |_| Decision::Write(edit.clone()));
        let is_refused = matches!(
            result,
            Err(ChangeError::Store(StoreError::TooLarge { limit: MAX_TEXT_BYTES, .. }))
        );
        assert!(is_refused, "{result:?}");
        assert!(read(backend, "a").document == largest);
        assert_eq!(audit_lines(backend, "a"), ["1"]);
    }
}

#[test]
fn audit_lines_are_in_the_order_of_changes() {
    for test in backends() {
        let backend = test.backend();
        write(backend, "a", &[(TextKind::Document, "1")], &["1", "2"]);
        let refused = &mut |_| Decision::Record(vec![event("refused")]);
        change(backend, "a", refused).expect("recorded");
        write(backend, "a", &[], &["3"]);
        write(backend, "other", &[(TextKind::Document, "1")], &["other"]);
        assert_eq!(audit_lines(backend, "a"), ["1", "2", "refused", "3"]);
        assert_eq!(audit_lines(backend, "other"), ["other"]);
    }
}

#[test]
fn changes_of_one_environment_are_not_lost() {
    for test in backends() {
        let backend = test.backend();
        write(backend, "a", &[(TextKind::Document, "0")], &[]);
        let increment = |texts: Option<Texts>| {
            let number: u32 = texts.expect("it exists").document.parse().expect("a number");
            let text = (number + 1).to_string();
            let writes = vec![(TextKind::Document, text.clone())];
            Decision::Write(Edit { writes, audit: vec![event(&text)], ..Edit::default() })
        };
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..10 {
                        change(backend, "a", &mut { increment }).expect("changed");
                    }
                });
            }
        });
        assert_eq!(read(backend, "a").document, "80");
        let numbers: Vec<String> = (1..=80).map(|number: u32| number.to_string()).collect();
        assert_eq!(audit_lines(backend, "a"), numbers);
    }
}

#[test]
fn readers_find_texts_of_one_moment() {
    for test in backends() {
        let backend = test.backend();
        write(backend, "a", &[(TextKind::Pins, "0"), (TextKind::Document, "0")], &[]);
        thread::scope(|scope| {
            let changes = scope.spawn(|| {
                for number in 1..=100_u32 {
                    let new = number.to_string();
                    let writes = [TextKind::Document, TextKind::Pins, TextKind::TrustRoot]
                        .map(|kind| (kind, new.as_str()));
                    write(backend, "a", &writes, &[]);
                }
            });
            while !changes.is_finished() {
                let Texts { document, pins, .. } = read(backend, "a");
                assert_eq!(pins, Some(document));
            }
        });
    }
}

#[test]
fn only_changes_of_the_same_environment_wait() {
    for test in backends() {
        let backend = test.backend();
        write(backend, "a", &[(TextKind::Document, "1")], &[]);
        let (started, has_started) = mpsc::channel();
        thread::scope(|scope| {
            // if an assertion fails, `finish` is dropped, and the change ends too
            let (finish, may_finish) = mpsc::channel::<()>();
            scope.spawn(move || {
                let mut hold = |_| {
                    started.send(()).expect("the test waits");
                    may_finish.recv().expect("the test goes on");
                    Decision::Nothing
                };
                change(backend, "a", &mut hold).expect("decided");
            });
            has_started.recv().expect("the change has begun");
            // readers and other environments do not wait
            assert_eq!(read(backend, "a").document, "1");
            write(backend, "other", &[(TextKind::Document, "1")], &[]);
            let busy = backend.change(&id("a"), &request(None, ""), Duration::ZERO, &mut |_| {
                panic!("nothing is decided while another change is made")
            });
            assert!(matches!(
                busy,
                Err(ChangeError::Store(StoreError::Busy { environment, .. })) if environment == id("a")
            ));
            finish.send(()).expect("the change waits");
        });
        write(backend, "a", &[(TextKind::Document, "2")], &[]);
        assert_eq!(read(backend, "a").document, "2");
    }
}

#[test]
fn the_text_of_a_runtime_is_read() {
    for test in backends() {
        let backend = test.backend();
        write(backend, "a", &[(TextKind::Document, "1")], &[]);
        assert!(!read(backend, "a").has_runtime);
        assert_eq!(backend.runtime(&id("a")).expect("read"), None);
        test.set_runtime(&id("a"), "text");
        assert!(read(backend, "a").has_runtime);
        assert_eq!(backend.runtime(&id("a")).expect("read").as_deref(), Some("text"));
    }
}

#[test]
fn answers_belong_to_one_environment() {
    for test in backends() {
        let backend = test.backend();
        write(backend, "a", &[(TextKind::Document, "1")], &[]);
        write(backend, "b", &[(TextKind::Document, "1")], &[]);
        test.set_answers(&id("a"), "packs/x.json", " {}\n");
        let limit = usize::try_from(MAX_ANSWERS_BYTES).expect("a size");
        test.set_answers(&id("a"), "large.json", &" ".repeat(limit));
        let answers = |name: &str, path: &str| backend.answers(&id(name), &AnswersRef::new(path));
        assert_eq!(answers("a", "packs/x.json").expect("read").as_deref(), Some(" {}\n"));
        assert_eq!(answers("a", "large.json").expect("read").map(|text| text.len()), Some(limit));
        assert_eq!(answers("a", "none.json").expect("read"), None);
        assert_eq!(answers("b", "packs/x.json").expect("read"), None);
        for path in ["../a/packs/x.json", "/packs/x.json", "", "."] {
            assert!(matches!(answers("b", path), Err(AnswersError::Escaping(_))), "{path}");
        }
    }
}

#[test]
fn answers_are_written_and_replaced() {
    for test in backends() {
        let backend = test.backend();
        write(backend, "a", &[(TextKind::Document, "1")], &[]);
        let put = |path: &str, text: &str| {
            let new = NewAnswers { answers_ref: AnswersRef::new(path), text: text.to_owned() };
            let edit = Edit { answers: vec![new], ..Edit::default() };
            change(backend, "a", &mut |_| Decision::Write(edit.clone()))
        };
        let read = |path: &str| backend.answers(&id("a"), &AnswersRef::new(path)).expect("read");
        for text in ["{}", " {\"a\": 1.50}\n"] {
            put("packs/x/y.json", text).expect("written");
            assert_eq!(read("packs/x/y.json").as_deref(), Some(text));
        }
        assert_eq!(backend.read(&id("a")).expect("read").expect("it exists").document, "1");
        for path in ["../b.json", "/b.json", "", "."] {
            let refused = put(path, "{}");
            let is_refused =
                matches!(refused, Err(ChangeError::Answers(AnswersError::Escaping(_))));
            assert!(is_refused, "{path}: {refused:?}");
        }
    }
}

#[test]
fn a_request_is_answered_once() {
    for test in backends() {
        let backend = test.backend();
        write(backend, "a", &[(TextKind::Document, "1")], &["1"]);
        let ask = |key: &str, arguments: &str, text: &str| {
            let edit = Edit {
                writes: vec![(TextKind::Document, text.to_owned())],
                audit: vec![event(text)],
                answer: Some(answered(text)),
                ..Edit::default()
            };
            let decide = &mut |_| Decision::Write(edit.clone());
            backend.change(&id("a"), &request(Some(key), arguments), TIMEOUT, decide)
        };
        assert_eq!(ask("k", "same", "2").expect("made"), Committed::Done);
        let repeated = Committed::Repeated { answer: "\"2\"".to_owned() };
        assert_eq!(ask("k", "same", "3").expect("answered"), repeated);
        assert!(matches!(ask("k", "other", "4"), Err(ChangeError::KeyReused { .. })));
        assert_eq!(ask("l", "same", "5").expect("made"), Committed::Done);
        assert_eq!(ask("k", "same", "6").expect("answered"), repeated);
        assert_eq!(read(backend, "a").document, "5");
        assert_eq!(audit_lines(backend, "a"), ["1", "2", "5"]);
        let record = backend.request(&id("a"), "k").expect("read").expect("it is known");
        assert_eq!((record.revision, record.seq, record.answer.get()), (2, 2, "\"2\""));
        assert!(backend.request(&id("a"), "unknown").expect("read").is_none());
        // keys of one environment mean nothing to another
        assert!(backend.request(&id("other"), "k").expect("read").is_none());
    }
}

#[test]
fn a_refused_request_may_be_repeated() {
    for test in backends() {
        let backend = test.backend();
        write(backend, "a", &[(TextKind::Document, "1")], &[]);
        let ask = |decision: Decision| {
            let mut decision = Some(decision);
            let decide = &mut |_| decision.take().expect("it runs once");
            backend.change(&id("a"), &request(Some("k"), "same"), TIMEOUT, decide)
        };
        ask(Decision::Nothing).expect("refused");
        ask(Decision::Record(vec![event("refused")])).expect("refused");
        let answer = Some(answered("made"));
        ask(Decision::Write(Edit { answer, ..Edit::default() })).expect("made");
        assert!(matches!(ask(Decision::Nothing).expect("answered"), Committed::Repeated { .. }));
        assert_eq!(audit_lines(backend, "a"), ["refused"]);
    }
}

#[test]
fn a_change_of_another_revision_is_refused() {
    for test in backends() {
        let backend = test.backend();
        let revision = || backend.read(&id("a")).expect("read").map_or(0, |texts| texts.revision);
        assert_eq!(revision(), 0);
        for number in 1..=3 {
            write(backend, "a", &[(TextKind::Document, "text")], &["changed"]);
            assert_eq!(revision(), number);
        }
        // what only records or answers something is not a change
        change(backend, "a", &mut |_| Decision::Record(vec![event("refused")])).expect("recorded");
        assert_eq!(revision(), 3);
        for (expected, is_accepted) in [(2, false), (4, false), (3, true)] {
            let request =
                Request { expect: Expect::Revision(expected), ..request(None, "a change") };
            let writes = vec![(TextKind::Pins, "text".to_owned())];
            let edit = Edit { writes, ..Edit::default() };
            let result =
                backend.change(&id("a"), &request, TIMEOUT, &mut |_| Decision::Write(edit.clone()));
            match result {
                Ok(_) => assert!(is_accepted),
                Err(ChangeError::Moved { expected: named, found: 3, .. }) => {
                    assert!(!is_accepted && named == expected);
                }
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(revision(), 4);
    }
}
