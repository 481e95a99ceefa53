//! `gtc op env rename`: an environment gets another id, with all that belongs to it.

use std::process::Stdio;
use std::thread;
use std::time::Instant;

use serde_json::{Value, json};

use test_support::{Sandbox, assert_contains, members, run};

/// A sandbox with an environment that has answers.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.valid_pack("secrets", "acme.secrets.vault", "^0.4");
    // a rename stays in the store, so that credentials move too
    let answers = "{\"password\": \"hunter2\"}";
    std::fs::write(sandbox.environment("local").join("vault.json"), answers).expect("a file");
    let update = sandbox.env_packs().update("secrets").kind("acme.secrets.vault@0.4.2");
    update.pack_ref(&pack).answers_ref("vault.json").succeeded();
    sandbox
}

fn ids(sandbox: &Sandbox) -> Vec<Value> {
    members(&sandbox.env().list().succeeded().result()["environments"], "environment_id")
}

#[test]
fn everything_gets_the_new_id() {
    let sandbox = sandbox();
    let before = sandbox.document("local");
    let pins = sandbox.pins();
    let human = sandbox.env().rename("prod").human().succeeded();
    human.shows(&[
        "✓ renamed environment `local` to `prod`\n",
        "  kept in ",
        "next: examine it with `gtc op env doctor prod`\n",
    ]);
    assert_eq!(ids(&sandbox), ["prod"]);
    let after = sandbox.document("prod");
    assert_eq!(after["environment_id"], "prod");
    assert_eq!(after["packs"], before["packs"]);
    let folder = sandbox.environment("prod");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a file");
    assert_eq!(read("packs.lock.json"), pins);
    assert_eq!(read("vault.json"), "{\"password\": \"hunter2\"}");
    assert!(!sandbox.environment("local").join("vault.json").exists());
    sandbox.env().doctor().env("prod").succeeded();
    // the logs stay under their ids, and name each other
    let last = |id: &str| sandbox.audit_events(id).pop().expect("an event");
    let target = |id: &str| last(id)["target"].clone();
    assert_eq!(target("local"), json!({"environment_id": "local", "renamed_to": "prod"}));
    assert_eq!(target("prod"), json!({"environment_id": "prod", "renamed_from": "local"}));
    for id in ["local", "prod"] {
        assert_eq!(sandbox.audit().verify().env(id).succeeded().result()["intact"], true);
    }
}

#[test]
fn an_interrupted_rename_is_finished_by_the_same_command() {
    let sandbox = sandbox();
    let rename = sandbox.env().rename("prod").idempotency_key("k");
    // what a process leaves that is killed between the two changes
    let copy = sandbox.home().join("copy");
    run(sandbox.command("cp").arg("-a").arg(sandbox.environment("local")).arg(&copy)).succeeded();
    rename.clone().succeeded();
    std::fs::remove_dir_all(sandbox.environment("local")).expect("removed");
    std::fs::rename(&copy, sandbox.environment("local")).expect("moved");
    assert_eq!(ids(&sandbox), ["local", "prod"]);
    let first = rename.clone().succeeded();
    assert_eq!(ids(&sandbox), ["prod"]);
    // once more, it has been done
    assert_eq!(rename.succeeded().stdout, first.stdout);
    sandbox.env().rename("prod").refused(1, "not-found");
}

/// The copy is deleted after an interruption, as the error of a change meanwhile says.
#[test]
fn a_deleted_copy_is_made_again_before_the_source_is_deleted() {
    let sandbox = sandbox();
    let before = sandbox.document("local");
    let rename = sandbox.env().rename("prod").idempotency_key("k");
    let copy = sandbox.home().join("copy");
    run(sandbox.command("cp").arg("-a").arg(sandbox.environment("local")).arg(&copy)).succeeded();
    rename.clone().succeeded();
    std::fs::remove_dir_all(sandbox.environment("local")).expect("removed");
    std::fs::rename(&copy, sandbox.environment("local")).expect("moved");
    sandbox.verb("op env delete --env prod --confirm prod").succeeded();
    rename.succeeded();
    assert_eq!(ids(&sandbox), ["prod"]);
    assert_eq!(sandbox.document("prod")["packs"], before["packs"]);
}

#[test]
fn a_killed_rename_is_finished_by_the_same_command() {
    let sandbox = sandbox();
    let packs = sandbox.document("local")["packs"].clone();
    let start = Instant::now();
    sandbox.env().rename("one").succeeded();
    let longest = start.elapsed();
    for (number, (old, new)) in [("one", "two"), ("two", "one")].iter().cycle().take(24).enumerate()
    {
        let rename = sandbox.env().rename(new).env(old).idempotency_key(format!("key-{number}"));
        let mut command = rename.command();
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("it starts");
        thread::sleep(longest.mul_f64(fastrand::f64()));
        child.kill().expect("killed");
        child.wait().expect("it ends");
        rename.succeeded();
        assert_eq!(ids(&sandbox), [*new]);
        // other tools see it too
        assert!(!sandbox.environment(old).join("environment.json").exists());
        assert_eq!(sandbox.document(new)["packs"], packs);
        let answers = sandbox.environment(new).join("vault.json");
        assert_eq!(std::fs::read(answers).expect("a file"), b"{\"password\": \"hunter2\"}");
    }
    for id in ["local", "one", "two"] {
        assert_eq!(sandbox.audit().verify().env(id).succeeded().result()["intact"], true);
    }
}

#[test]
fn an_id_that_is_taken_is_refused() {
    let sandbox = sandbox();
    sandbox.env().create("prod").succeeded();
    let before = (sandbox.document("local"), sandbox.document("prod"));
    let message = sandbox.env().rename("prod").refused(1, "conflict");
    assert_contains(&message, &["`prod` already exists, with other content"]);
    assert_eq!((sandbox.document("local"), sandbox.document("prod")), before);
    let message = sandbox.env().rename("local").refused(2, "invalid-argument");
    assert_contains(&message, &["it is the id that the environment has"]);
    for bad in ["", "..", "../x", "a b"] {
        sandbox.env().rename(bad).refused(2, "invalid-argument");
    }
    sandbox.env().rename("other").if_revision("7").refused(1, "stale");
    sandbox.env().rename("other").env("nowhere").refused(1, "not-found");
    assert!(!sandbox.environment("other").exists());
}
