//! `--dry-run` of `remove` and `rollback`, and the question before a removal at a terminal.

use serde_json::{Value, json};
use snapbox::str;

use test_support::{Sandbox, terminal};

const KIND: &str = "acme.secrets.vault@0.4.2";

/// An environment whose slot `secrets` was updated, with answers.
fn updated() -> Sandbox {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.valid_pack("secrets", "acme.secrets.vault", "^0.4");
    sandbox.write(".greentic/environments/local/vault.json", "{}");
    let update = sandbox.env_packs().update("secrets").kind(KIND).pack_ref(&pack);
    update.answers_ref("vault.json").succeeded();
    sandbox
}

/// Requires that a command changes neither the environment nor its pins, and records nothing.
#[track_caller]
fn changes_nothing(sandbox: &Sandbox, run: impl FnOnce()) {
    let state = || (sandbox.document("local"), sandbox.pins(), sandbox.audit_log("local"));
    let before = state();
    run();
    assert_eq!(before, state());
}

#[test]
fn a_dry_run_says_what_would_change_and_changes_nothing() {
    let sandbox = updated();
    let slots = sandbox.env_packs();
    changes_nothing(&sandbox, || {
        slots.rollback("secrets").dry_run().succeeded().result_is(str![[r#"
{
  "environment_id": "local",
  "dry_run": true,
  "changes": [{
    "slot": "secrets",
    "before": {
      "kind": "acme.secrets.vault@0.4.2",
      "pack_ref": "[HOME]/packs/acme.secrets.vault.gtpack",
      "archive_sha256": "[DIGEST]",
      "answers_ref": "vault.json",
      "generation": 1,
      "has_previous": true
    },
    "after": {
      "kind": "greentic.secrets.dev-store@0.1.0",
      "pack_ref": "greentic.secrets.dev-store@0.1.0",
      "generation": 2,
      "has_previous": false
    }
  }]
}
"#]]);
        slots.remove("secrets").dry_run().succeeded().has(
            &["dry_run", "changes"],
            str![[r#"
dry_run: true
changes: [{
  "slot": "secrets",
  "before": {
    "kind": "acme.secrets.vault@0.4.2",
    "pack_ref": "[HOME]/packs/acme.secrets.vault.gtpack",
    "archive_sha256": "[DIGEST]",
    "answers_ref": "vault.json",
    "generation": 1,
    "has_previous": true
  },
  "after": null
}]
"#]],
        );
        let rollback = slots.rollback("secrets").dry_run().human().succeeded();
        rollback.shows(&[
            "! would roll back slot `secrets` of environment `local`; nothing changed yet\n",
            "  now   `acme.secrets.vault@0.4.2` (generation 1)\n",
            "        answers vault.json\n",
            "  then  `greentic.secrets.dev-store@0.1.0` (generation 2)\n",
            "        answers none\n",
        ]);
        slots.remove("secrets").dry_run().human().succeeded().shows(&[
            "! would remove slot `secrets` of environment `local`; nothing changed yet\n",
            "  then  not bound; its previous binding is removed too\n",
        ]);
    });
    // the real commands do what their previews say
    let previewed = slots.rollback("secrets").dry_run().succeeded().result();
    let after = &previewed["changes"][0]["after"];
    let done = slots.rollback("secrets").succeeded().result();
    assert_eq!([&done["kind"], &done["generation"]], [&after["kind"], &after["generation"]]);
}

#[test]
fn a_dry_run_is_refused_for_the_same_reasons() {
    let sandbox = updated();
    let slots = sandbox.env_packs();
    changes_nothing(&sandbox, || {
        for verb in [slots.rollback("secrets"), slots.remove("secrets")] {
            verb.dry_run().if_generation("7").refused(1, "stale");
        }
        slots.rollback("state").dry_run().refused(1, "conflict");
        sandbox.extensions().remove().kind("a.b").dry_run().refused(1, "not-found");
    });
}

#[test]
fn a_dry_run_lists_the_other_instances() {
    let sandbox = Sandbox::with_local();
    let kind = "acme.oauth.auth0@1.0.0";
    let pack = sandbox.valid_pack("extension", "acme.oauth.auth0", "^1");
    for instance in ["one", "two"] {
        let add = sandbox.extensions().add().kind(kind).pack_ref(&pack);
        add.instance_id(instance).succeeded();
        let update = sandbox.extensions().update().kind("acme.oauth.auth0@1.1.0").pack_ref(&pack);
        update.instance_id(instance).succeeded();
    }
    let rollback = sandbox.extensions().rollback().kind(kind).instance_id("one").dry_run();
    changes_nothing(&sandbox, || {
        let instances = |report: &Value| {
            let changes = report["changes"].as_array().expect("a list").clone();
            changes.iter().map(|change| change["instance_id"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(instances(&rollback.clone().succeeded().result()), [json!("one")]);
        let all = rollback.clone().all_instances().succeeded().result();
        assert_eq!(instances(&all), [json!("one"), json!("two")]);
        rollback.clone().human().succeeded().shows(&["would roll back extension instance `one`"]);
        let remove = sandbox.extensions().remove().kind(kind).instance_id("two").dry_run();
        assert_eq!(instances(&remove.succeeded().result()), [json!("two")]);
    });
}

#[test]
fn a_user_at_a_terminal_is_asked_before_a_removal() {
    let sandbox = updated();
    let remove = sandbox.env_packs().remove("secrets");
    changes_nothing(&sandbox, || {
        for no in ["\n", "n\n", "remove\n", "\u{4}"] {
            let (code, screen) = terminal::talk(&mut remove.command(), no);
            assert_eq!(code, 1, "{screen}");
            assert!(screen.contains("Remove? [y/N]") && screen.contains("cancelled"), "{screen}");
            assert!(screen.contains("now   `acme.secrets.vault@0.4.2`"), "{screen}");
        }
    });
    // JSON is for programs, which are not asked
    let (code, screen) = terminal::talk(&mut remove.clone().human().command(), "y\n");
    assert!(code == 0 && screen.contains("✓ removed slot `secrets`"), "{screen}");
    // a refusal needs no answer, and is recorded
    let (code, screen) = terminal::talk(&mut remove.command(), "");
    assert!(code == 1 && !screen.contains("[y/N]"), "{screen}");
    let last = sandbox.audit_events("local").pop().expect("an event");
    assert_eq!(last["result"]["outcome"], "error", "{last}");
    let yes = sandbox.env_packs().remove("state").yes();
    let (code, screen) = terminal::talk(&mut yes.command(), "");
    assert!(code == 0 && !screen.contains("[y/N]"), "{screen}");
    sandbox.env_packs().remove("sessions").succeeded();
}

#[test]
fn what_answers_are_called_is_escaped_in_a_preview() {
    let sandbox = updated();
    let path = sandbox.environment("local").join("environment.json");
    let text = std::fs::read_to_string(&path).expect("a file");
    std::fs::write(&path, text.replace("vault.json", "a\\u001b[2J.json")).expect("a file");
    let ran = sandbox.env_packs().remove("secrets").dry_run().human().run();
    assert!(!ran.stdout.contains('\u{1b}') && !ran.stderr.contains('\u{1b}'), "{ran:?}");
}
