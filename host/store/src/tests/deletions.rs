//! The part of the contract of backends about deleted environments.

use env_pack_domain::AnswersRef;

use super::contract::{TIMEOUT, answered, audit_lines, backends, event, id, read, request, write};
use crate::backend::{Backend, Committed, Decision, Edit, TextKind};
use crate::error::ChangeError;
use crate::request::{Expect, Request};

/// Deletes an environment whose answers are in `packs/x.json`.
fn delete(backend: &dyn Backend, name: &str, request: &Request) -> Result<Committed, ChangeError> {
    let edit = Edit {
        removes: TextKind::ALL.to_vec(),
        removed_answers: vec![AnswersRef::new("packs/x.json"), AnswersRef::new("packs/none.json")],
        backup: Some("what it was".to_owned()),
        audit: vec![event("deleted")],
        answer: Some(answered("deleted")),
        ..Edit::default()
    };
    backend.change(&id(name), request, TIMEOUT, &mut |_| Decision::Write(edit.clone()))
}

#[test]
fn of_a_deleted_environment_the_log_the_requests_and_the_revision_stay() {
    for test in backends() {
        let backend = test.backend();
        assert!(!backend.is_known(&id("a")));
        assert_eq!(backend.deleted().expect("listed"), []);
        let everything = TextKind::ALL.map(|kind| (kind, "1"));
        write(backend, "a", &everything, &["created"]);
        write(backend, "b", &[(TextKind::Document, "1")], &["other"]);
        test.set_answers(&id("a"), "packs/x.json", "{}");
        assert_eq!(backend.backup(&id("a")).expect("read"), None);
        let asked = request(Some("k"), "delete");
        assert_eq!(delete(backend, "a", &asked).expect("deleted"), Committed::Done);
        assert!(!backend.contains(&id("a")) && backend.is_known(&id("a")));
        assert!(backend.read(&id("a")).expect("read").is_none());
        assert_eq!(backend.environments().expect("listed"), [id("b")]);
        assert_eq!(backend.deleted().expect("listed"), [id("a")]);
        assert_eq!(backend.backup(&id("a")).expect("read").as_deref(), Some("what it was"));
        let answers = |path: &str| backend.answers(&id("a"), &AnswersRef::new(path));
        assert_eq!(answers("packs/x.json").expect("read"), None);
        assert_eq!(backend.last_revision(&id("a")).expect("read"), 2);
        assert_eq!(backend.last_revision(&id("none")).expect("read"), 0);
        let repeated = Committed::Repeated { answer: "\"deleted\"".to_owned() };
        assert_eq!(delete(backend, "a", &asked).expect("answered"), repeated);
        // a new one goes on where the old one ended, with none of its texts
        write(backend, "a", &[(TextKind::Document, "2")], &["created again"]);
        let texts = read(backend, "a");
        assert_eq!((texts.document.as_str(), texts.revision), ("2", 3));
        assert_eq!((texts.pins, texts.trust_root.expect("read")), (None, None));
        assert_eq!(backend.deleted().expect("listed"), []);
        assert_eq!(audit_lines(backend, "a"), ["created", "deleted", "created again"]);
        assert!(backend.request(&id("a"), "k").expect("read").is_some());
        assert_eq!(read(backend, "b").document, "1");
    }
}

#[test]
fn texts_of_a_deleted_environment_are_not_those_of_a_new_one() {
    for test in backends() {
        let backend = test.backend();
        let kept = || backend.replaced_texts(&id("a")).expect("listed");
        write(backend, "a", &[(TextKind::Document, "1")], &["created"]);
        write(backend, "a", &[(TextKind::Document, "2")], &["changed"]);
        assert_eq!(kept(), [(TextKind::Document, 1)]);
        delete(backend, "a", &request(None, "delete")).expect("deleted");
        write(backend, "a", &[(TextKind::Document, "4")], &["created again"]);
        assert_eq!(kept(), []);
        write(backend, "a", &[(TextKind::Document, "5")], &["changed"]);
        assert_eq!(kept(), [(TextKind::Document, 4)]);
    }
}

#[test]
fn a_deletion_of_another_revision_is_refused() {
    for test in backends() {
        let backend = test.backend();
        write(backend, "a", &[(TextKind::Document, "1")], &["created"]);
        let stale = Request { expect: Expect::Revision(7), ..request(None, "delete") };
        let refused = delete(backend, "a", &stale);
        assert!(matches!(refused, Err(ChangeError::Moved { found: 1, .. })), "{refused:?}");
        assert!(backend.contains(&id("a")));
        assert_eq!(backend.backup(&id("a")).expect("read"), None);
    }
}
