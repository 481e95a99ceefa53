//! `gtc op env delete`: an environment is gone, and can be brought back.

use serde_json::{Value, json};

use test_support::{Sandbox, assert_contains, members};

const KIND: &str = "acme.secrets.vault@0.4.2";

fn exported(sandbox: &Sandbox) -> String {
    sandbox.env().export().succeeded().stdout
}

fn with_answers() -> Sandbox {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.valid_pack("secrets", "acme.secrets.vault", "^0.4");
    std::fs::write(sandbox.environment("local").join("vault.json"), "{}").expect("a file");
    let update = sandbox.env_packs().update("secrets").kind(KIND).pack_ref(&pack);
    update.answers_ref("vault.json").succeeded();
    sandbox
}

#[test]
fn a_deleted_environment_is_not_listed_and_can_be_brought_back() {
    let sandbox = with_answers();
    let before = exported(&sandbox);
    let human = sandbox.env().delete("local").human().succeeded();
    human.shows(&[
        "✓ deleted environment `local`: 5 bindings, 1 answers document\n",
        "  kept in ",
        "next: bring it back with `gtc op env import ",
    ]);
    let folder = sandbox.environment("local");
    for gone in ["environment.json", "packs.lock.json", "vault.json", ".change.json"] {
        assert!(!folder.join(gone).exists(), "{gone}");
    }
    assert_eq!(sandbox.env().list().succeeded().result()["environments"], json!([]));
    let message = sandbox.env().show().refused(1, "not-found");
    assert_contains(&message, &["there is no environment `local`"]);
    sandbox.env_packs().remove("state").refused(1, "not-found");
    sandbox.env().delete("local").refused(1, "not-found");
    let backup = folder.join("backups/environment-export.json");
    assert_eq!(std::fs::read_to_string(&backup).expect("a file"), before);
    let report = sandbox.env().import(&backup).succeeded().result();
    assert_eq!((&report["revision"], &report["replaced"]), (&json!(4), &json!(false)));
    assert_eq!(exported(&sandbox), before);
}

#[test]
fn the_log_the_requests_and_the_revision_go_on() {
    let sandbox = Sandbox::with_local();
    let delete = sandbox.env().delete("local").idempotency_key("k");
    let first = delete.clone().succeeded();
    assert_eq!(first.result()["revision"], 2);
    assert_eq!(delete.clone().succeeded().stdout, first.stdout);
    assert_eq!(sandbox.request().show("k").succeeded().result()["revision"], 2);
    sandbox.env().create("local").succeeded();
    assert_eq!(sandbox.env().show().succeeded().result()["revision"], 3);
    // the key is of the deletion, which was made
    assert_eq!(delete.succeeded().stdout, first.stdout);
    assert_eq!(sandbox.env().show().succeeded().result()["revision"], 3);
    let verbs = members(&Value::from(sandbox.audit_events("local")), "verb");
    assert_eq!(verbs, ["init", "delete", "create"]);
    assert_eq!(sandbox.audit().verify().succeeded().result()["intact"], true);
}

#[test]
fn the_log_of_a_deleted_environment_can_be_read() {
    let sandbox = Sandbox::with_local();
    sandbox.env().delete("local").succeeded();
    let list = sandbox.audit().list().succeeded().result();
    assert_eq!(members(&list["events"], "verb"), ["init", "delete"]);
    assert_eq!(sandbox.audit().verify().succeeded().result()["intact"], true);
    // a removal before the deletion says nothing about a new environment
    sandbox.env().create("local").succeeded();
    sandbox.env_packs().remove("state").succeeded();
    sandbox.env().delete("local").succeeded();
    sandbox.env().create("local").arg("--empty").succeeded();
    let bound = sandbox.env().init().succeeded().result()["bound"].clone();
    assert_eq!(bound.as_array().map(Vec::len), Some(5));
}

#[test]
fn a_deletion_is_confirmed_with_the_name() {
    let sandbox = Sandbox::with_local();
    let message = sandbox.env().delete("prod").refused(2, "invalid-argument");
    assert_contains(&message, &["argument `confirm`", "`prod`, but `local` would be deleted"]);
    sandbox.verb("op env delete local").exited(2);
    sandbox.env().delete("local").if_revision("7").refused(1, "stale");
    assert_eq!(sandbox.audit_events("local").pop().expect("an event")["result"]["kind"], "stale");
    sandbox.env().show().succeeded();
}

#[test]
fn files_of_other_tools_stay() {
    let sandbox = Sandbox::with_fixture("busy");
    let folder = sandbox.environment("local");
    let index = std::fs::read(folder.join("messaging/index.json")).ok();
    let human = sandbox.env().delete("local").human().succeeded();
    human.shows(&["! `runtime.json` stays: a runtime may still use the environment\n"]);
    assert!(folder.join("runtime.json").exists());
    assert_eq!(std::fs::read(folder.join("messaging/index.json")).ok(), index);
}

#[test]
fn a_link_in_the_place_of_the_backup_does_not_lead_outside() {
    let sandbox = with_answers();
    let folder = sandbox.environment("local");
    let outside = sandbox.home().join("outside");
    std::fs::create_dir(&outside).expect("a folder");
    let _ = std::fs::remove_dir_all(folder.join("backups"));
    std::os::unix::fs::symlink(&outside, folder.join("backups")).expect("a link");
    let before = exported(&sandbox);
    let message = sandbox.env().delete("local").refused(2, "store");
    assert_contains(&message, &["leads out of the environment's folder"]);
    assert_eq!(exported(&sandbox), before);
    assert_eq!(std::fs::read_dir(&outside).expect("a folder").count(), 0);
}

#[test]
fn the_archives_of_a_deleted_environment_stay_while_it_can_be_brought_back() {
    let sandbox = with_answers().with_own_cache();
    let pack = sandbox.valid_pack("secrets", "acme.secrets.vault", "^0.4");
    let update = sandbox.env_packs().update("secrets").kind("acme.secrets.vault@0.4.3");
    update.pack_ref(&pack).succeeded();
    std::fs::remove_file(&pack).expect("removed");
    sandbox.env().delete("local").succeeded();
    let archives = |report: &Value| {
        let removed = report["removed"].as_array().expect("a list").iter();
        removed.filter(|item| item["what"] == "archive").count()
    };
    assert_eq!(archives(&sandbox.cache().gc().succeeded().result()), 0);
    let backup = sandbox.environment("local").join("backups/environment-export.json");
    sandbox.env().import(&backup).succeeded();
    sandbox.env().doctor().succeeded();
    sandbox.env().delete("local").succeeded();
    // a later version of this program may read what this one cannot
    let text = std::fs::read_to_string(&backup).expect("a file");
    std::fs::write(&backup, text.replace("export.v1", "export.v9")).expect("a file");
    let message = sandbox.cache().gc().refused(2, "store");
    assert_contains(&message, &["environment-export.json", "export.v9"]);
    std::fs::remove_file(&backup).expect("removed");
    assert_eq!(archives(&sandbox.cache().gc().succeeded().result()), 1);
}
