//! Tests of the store, and of the contract that every backend keeps.

mod audit;
mod backups;
mod bindings;
mod contract;
mod deletions;
mod endpoints;
mod folders;
mod interruptions;
mod journals;
mod memory;
mod pins;
mod pins_v1;
mod random;
mod request_records;
mod simulated_disk;
mod trust_roots;

use env_pack_domain::change::{self, BindingRequest};
use std::fs;
use std::path::Path;

use env_pack_domain::{
    AnswersRef, BindingKey, BindingPlace, CapabilitySlot, CoreSlot, EnvId, Environment,
};

use super::backend::TextKind;
use super::document::EnvironmentDocument;
use super::*;
use memory::MemoryBackend;

const FIXTURES: [&str; 2] = [
    include_str!("../../../../tests/fixtures/native/fresh/environment.json"),
    include_str!("../../../../tests/fixtures/native/busy/environment.json"),
];

fn store(environment: &str) -> (tempfile::TempDir, Store) {
    let root = tempfile::tempdir().expect("a folder");
    fs::create_dir(root.path().join("local")).expect("a folder");
    fs::write(root.path().join("local/environment.json"), environment).expect("a file");
    let store = Store::new(root.path());
    (root, store)
}

fn local() -> EnvId {
    "local".parse().expect("an id")
}

fn secrets() -> BindingKey {
    BindingKey::Slot(CoreSlot::try_from(CapabilitySlot::Secrets).expect("a core slot"))
}

fn vault() -> BindingRequest {
    BindingRequest {
        place: BindingPlace::Slot(
            CoreSlot::try_from(CapabilitySlot::Secrets).expect("a core slot"),
        ),
        kind: "acme.secrets.vault@0.4.2".parse().expect("a descriptor"),
        pack_ref: "/packs/vault.gtpack".parse().expect("a reference"),
        answers_ref: None,
    }
}

/// Returns a request that no other one repeats.
fn request() -> Request {
    Request::new("env-packs update", None, &(), jiff::Timestamp::UNIX_EPOCH)
}

/// Saves a change without an audit record.
fn save(store: &Store, change: impl Fn(Stored) -> Change<()>) {
    let request = request();
    store.change(&local(), &request, |stored| Ok::<_, ChangeError>(change(stored))).expect("saved");
}

fn save_environment(store: &Store, change: impl Fn(&Environment) -> Environment) {
    save(store, |stored| Change {
        environment: Some(change(&stored.environment)),
        ..Change::recorded(Vec::new(), ())
    });
}

fn text_after(store: &Store, change: impl Fn(&Environment) -> Environment) -> String {
    save_environment(store, change);
    read(store, "environment.json")
}

fn read(store: &Store, name: &str) -> String {
    fs::read_to_string(store.gc_root().join("local").join(name)).expect("a file")
}

/// Parses an environment, and renders it again unchanged.
fn rendered(text: &str) -> String {
    let path = Path::new("environment.json");
    let (document, environment, _) =
        EnvironmentDocument::parse(text, path, &local()).expect("parsed");
    document.render(&environment, &environment, &document.endpoints().stored().list)
}

#[test]
fn what_others_wrote_is_written_back_byte_for_byte() {
    for fixture in FIXTURES {
        assert_eq!(rendered(fixture), fixture);
    }
}

#[test]
fn the_previous_binding_is_what_existing_tools_write() {
    let (_root, store) = store(FIXTURES[0]);
    let text = text_after(&store, |environment| {
        change::update(environment.clone(), vault(), None).expect("bound").environment
    });
    let previous = "inline://eyJnZW5lcmF0aW9uIjowLCJraW5kIjoiZ3JlZW50aWMuc2VjcmV0cy5kZXYtc3RvcmVAMC4xLjAiLCJwYWNrX3JlZiI6ImdyZWVudGljLnNlY3JldHMuZGV2LXN0b3JlQDAuMS4wIiwic2xvdCI6InNlY3JldHMifQ";
    assert!(text.contains(previous), "{text}");
    let text = text_after(&store, |environment| {
        change::rollback(environment.clone(), &secrets()).expect("stashed").environment
    });
    assert_eq!(
        text,
        FIXTURES[0].replacen(
            "\"pack_ref\": \"greentic.secrets.dev-store@0.1.0\",\n      \"generation\": 0",
            "\"pack_ref\": \"greentic.secrets.dev-store@0.1.0\",\n      \"generation\": 2",
            1
        )
    );
}

#[test]
fn members_of_others_survive_every_change() {
    let odd = FIXTURES[0]
        .replace(
            "\"slot\": \"secrets\",",
            "\"slot\": \"secrets\",\n      \"x_note\": {\"big\": 1e400, \"n\": 1.00},",
        )
        .replace("\"retention\": {}", "\"retention\": {\"days\": 100000000000000000000000000}");
    let (_root, store) = store(&odd);
    let text = text_after(&store, |environment| {
        change::update(environment.clone(), vault(), None).expect("bound").environment
    });
    assert!(text.contains("\"x_note\": {\"big\": 1e400, \"n\": 1.00}"), "{text}");
    assert!(text.contains("100000000000000000000000000"));
    text_after(&store, |environment| {
        change::rollback(environment.clone(), &secrets()).expect("stashed").environment
    });
    let text = rendered(&read(&store, "environment.json"));
    assert!(text.contains("\"x_note\": {\"big\": 1e400, \"n\": 1.00}"), "{text}");
}

#[test]
fn a_change_of_one_binding_leaves_the_others_alone() {
    let (_root, store) = store(FIXTURES[1]);
    let text = text_after(&store, |environment| {
        change::remove(environment.clone(), &secrets()).expect("bound").environment
    });
    let kept: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let mut expected: serde_json::Value = serde_json::from_str(FIXTURES[1]).expect("JSON");
    expected["packs"].as_array_mut().expect("a list").remove(1);
    assert_eq!(kept, expected);
}

#[track_caller]
fn malformed(environment: &str, place: &str, reason: &str) {
    let (_root, store) = store(environment);
    let changed = store.change(&local(), &request(), |_| -> Result<Change<()>, ChangeError> {
        panic!("nothing is decided about a malformed environment")
    });
    let error = changed.expect_err("malformed").to_string();
    assert!(
        error.contains("local/environment.json") && error.contains(place) && error.contains(reason),
        "{error}"
    );
    // one malformed binding does not hide the others
    match store.load(&local()) {
        Ok(stored) => assert_eq!(stored.faults[0].to_string(), error),
        Err(fault) => assert_eq!(fault.to_string(), error),
    }
    assert_eq!(read(&store, "environment.json"), environment);
}

#[test]
fn a_malformed_file_says_where_and_is_left_alone() {
    let fresh = FIXTURES[0];
    malformed(&fresh[..300], "line 13 column 28", "EOF");
    malformed("[]", "line 1 column", "a JSON object");
    malformed("", "line 1 column 0", "EOF");
    malformed(
        &fresh.replace("environment.v1", "environment.v9"),
        "`schema`",
        "greentic.environment.v9",
    );
    malformed(
        &fresh.replace("_id\": \"local\",\n  \"name\"", "_id\": \"prod\",\n  \"name\""),
        "`environment_id`",
        "prod",
    );
    malformed(
        &fresh.replace("\"slot\": \"state\"", "\"slot\": \"secrets\""),
        "`packs[4]`",
        "slot `secrets` is bound twice, first at `packs[1]`",
    );
    malformed(&fresh.replace("\"packs\"", "\"parcels\""), "`packs`", "it is missing");
    malformed(
        &fresh.replace("\"slot\": \"state\"", "\"slot\": \"extension\""),
        "`packs[4].slot`",
        "gtc op extensions",
    );
    malformed(
        &fresh.replace("dev-store@0.1.0\",\n      \"pack", "dev-store\",\n      \"pack"),
        "`packs[1].kind`",
        "@",
    );
    malformed(
        &fresh.replacen("\"generation\": 0", "\"generation\": -1", 1),
        "`packs[0].generation`",
        "-1",
    );
    malformed(
        &fresh.replace("\"name\": \"local\",", "\"name\": 1, \"name\": 2,"),
        "line",
        "duplicate member",
    );
}

#[test]
fn an_unreadable_previous_binding_is_kept() {
    let busy = FIXTURES[1].replacen("inline://eyJnZW", "vault://elsewhere", 1);
    let (_root, store) = store(&busy);
    let stored = store.load(&local()).expect("loaded");
    assert_eq!(rendered(&busy), busy);
    assert!(change::rollback(stored.environment.clone(), &secrets()).is_err());
}

#[test]
fn answers_stay_in_the_folder_and_are_json() {
    let (root, store) = store(FIXTURES[0]);
    let folder = root.path().join("local");
    let answers = |name: &str| store.answers(&local(), Some(&AnswersRef::new(name)));
    assert_eq!(store.answers(&local(), None).expect("none"), "{}");
    fs::write(folder.join("good.json"), " {\"a\": 1.0}\n").expect("a file");
    assert_eq!(answers("good.json").expect("answers"), "{\"a\": 1.0}");
    assert!(matches!(answers("none.json"), Err(AnswersError::Missing { .. })));
    assert!(matches!(answers("../x.json"), Err(AnswersError::Escaping(_))));
    fs::write(folder.join("bad.json"), "{").expect("a file");
    assert!(matches!(answers("bad.json"), Err(AnswersError::Malformed { .. })));
    fs::write(root.path().join("outside.json"), "{}").expect("a file");
    std::os::unix::fs::symlink(root.path().join("outside.json"), folder.join("link.json"))
        .expect("a link");
    assert!(matches!(answers("link.json"), Err(AnswersError::LeadsOutside { .. })));
    fs::write(folder.join("huge.json"), " ".repeat(2 << 20)).expect("a file");
    assert!(matches!(answers("huge.json"), Err(AnswersError::TooLarge { .. })));
    fs::create_dir(folder.join("folder.json")).expect("a folder");
    assert!(matches!(answers("folder.json"), Err(AnswersError::Missing { .. })));
}

#[test]
fn a_place_is_never_one_within_a_part_of_the_file() {
    let fresh = FIXTURES[0];
    let bad = fresh.replace("\"slot\": \"state\"", "\"slot\": 7");
    let (_root, store) = store(&bad);
    let error = store.load(&local()).expect("loaded").faults[0].to_string();
    assert!(
        error.contains("`packs[4].slot`") && !error.contains("line") && !error.contains("column"),
        "{error}"
    );
}

#[test]
fn changes_wait_for_each_other() {
    let (_root, store) = store(FIXTURES[0]);
    let change = &|slot: CoreSlot| {
        let key = BindingKey::Slot(slot);
        save_environment(&store, |environment| {
            change::remove(environment.clone(), &key).expect("bound").environment
        });
    };
    std::thread::scope(|scope| {
        for slot in CoreSlot::all().take(5) {
            scope.spawn(move || change(slot));
        }
    });
    assert_eq!(store.load(&local()).expect("loaded").environment.bindings().count(), 0);
}

fn event(verb: &'static str) -> AuditEvent {
    AuditEvent {
        origin: Origin {
            at: "2026-11-30T13:18:43Z".parse().expect("a time"),
            actor: Actor { user: Some("operator".to_owned()), uid: 1000 },
        },
        noun: "env",
        verb,
        target: Vec::new(),
        previous_generation: None,
        new_generation: None,
        idempotency_key: None,
        result: Ok(()),
    }
}

#[test]
fn the_store_needs_no_files() {
    let store = Store::on(MemoryBackend::new());
    assert!(store.list().expect("listed").is_empty());
    let missing = store.load(&local()).expect_err("missing").to_string();
    assert_eq!(missing, "there is no environment `local` in `memory`");
    assert!(matches!(store.trust_root(&local()), Err(StoreError::NoEnvironment { .. })));
    let listen_addr = "127.0.0.1:8080".parse().expect("an address");
    let create = || {
        let new = NewDocument { name: "Local", listen_addr };
        store.create(&local(), &request(), &new, |stored| {
            let pin = Some(pins::pin(b"archive"));
            let environment = change::add(stored.environment.clone(), vault(), pin).expect("bound");
            Ok::<_, ChangeError>(Change {
                environment: Some(environment.environment),
                ..Change::recorded(vec![event("create")], ())
            })
        })
    };
    create().expect("created");
    assert!(matches!(create(), Err(ChangeError::Store(StoreError::Exists { .. }))));
    let stored = store.load(&local()).expect("loaded");
    assert_eq!(stored.environment.packs()[0].pin, Some(pins::pin(b"archive")));
    assert!(stored.trust_root.expect("read").keys().is_empty());
    assert_eq!(store.list().expect("listed"), [local()]);
}

#[test]
fn audit_records_name_the_given_time_and_user() {
    let (root, store) = store(FIXTURES[0]);
    store.audit(&local(), &event("init")).expect("written");
    let other = "other".parse().expect("an id");
    store.audit(&other, &event("init")).expect("ignored");
    assert!(!root.path().join("other").exists());
    let record: serde_json::Value =
        serde_json::from_str(&read(&store, "audit/events.jsonl")).expect("one line");
    assert_eq!(record["ts"], "2026-11-30T13:18:43Z");
    let actor = serde_json::json!({"kind": "local-user", "user": "operator", "uid": 1000});
    assert_eq!(record["actor"], actor);
}

#[test]
fn a_trust_root_that_cannot_be_read_concerns_only_its_users() {
    let (root, store) = store(FIXTURES[0]);
    fs::create_dir(root.path().join("local/trust-root.json")).expect("a folder");
    let stored = store.load(&local()).expect("loaded");
    assert!(matches!(stored.trust_root, Err(StoreError::NotAFile { .. })));
    assert!(store.trust_root(&local()).is_err());
}
