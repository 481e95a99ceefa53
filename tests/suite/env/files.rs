//! Environment files: members of other tools survive a change, and malformed files are
//! neither used nor changed.

use serde_json::json;
use test_support::{Sandbox, repository, text};

fn fixture(name: &str) -> String {
    std::fs::read_to_string(
        repository().join("tests/fixtures/native").join(name).join("environment.json"),
    )
    .expect("a fixture")
}

#[test]
fn every_native_file_survives_a_change() {
    for name in ["fresh", "busy"] {
        let sandbox = Sandbox::with_fixture(name);
        let add = sandbox.env_packs().add("revocation").kind("a.revocation.x@1.0.0");
        add.pack_ref("/x.gtpack").no_fetch().succeeded();
        sandbox.env_packs().remove("revocation").succeeded();
        let written =
            std::fs::read_to_string(sandbox.environment("local").join("environment.json"))
                .expect("a file");
        assert_eq!(written, fixture(name), "{name}");
        for other in ["runtime.json", "trust-root.json", "messaging/index.json"] {
            let before = repository().join("tests/fixtures/native").join(name).join(other);
            if let Ok(before) = std::fs::read(before) {
                assert_eq!(
                    std::fs::read(sandbox.environment("local").join(other)).expect("a file"),
                    before
                );
            }
        }
    }
}

#[test]
fn a_malformed_file_is_reported_with_its_place_and_not_changed() {
    let fresh = fixture("fresh");
    let check = |content: &str, place: &str, reason: &str| {
        let sandbox = Sandbox::with_fixture("fresh");
        let path = sandbox.environment("local").join("environment.json");
        std::fs::write(&path, content).expect("a file");
        for verb in [
            sandbox.env().doctor(),
            sandbox.env().init(),
            sandbox.env_packs().list(),
            sandbox.env_packs().remove("secrets"),
            sandbox.extensions().resolve("ext://a.b"),
        ] {
            let message = verb.clone().refused(2, "store");
            assert!(
                message.contains("local/environment.json") && message.contains(place),
                "{message}"
            );
            assert!(
                message.contains(reason) && message.contains("nothing was changed"),
                "{message}"
            );
            let human = verb.human().exited(2);
            assert!(human.stderr.contains(place) && human.stderr.contains("next:"), "{human:?}");
        }
        assert_eq!(std::fs::read_to_string(&path).expect("a file"), content);
        let listed = sandbox.env().list().succeeded().result();
        assert!(listed["environments"][0]["error"].as_str().expect("an error").contains(place));
    };
    check(&fresh[..400], "line ", "EOF");
    check(
        &fresh.replace("greentic.environment.v1", "greentic.environment.v2"),
        "`schema`",
        "greentic.environment.v2",
    );
}

/// The sample with one change of a binding.
fn with_changed_binding(from: &str, to: &str) -> (Sandbox, String) {
    let sandbox = Sandbox::with_fixture("fresh");
    let content = fixture("fresh").replace(from, to);
    assert_ne!(content, fixture("fresh"));
    std::fs::write(sandbox.environment("local").join("environment.json"), &content)
        .expect("a file");
    (sandbox, content)
}

#[test]
fn a_malformed_binding_hides_no_other_and_prevents_changes() {
    for (slot, place, reason) in [
        ("secrets", "`packs[4]`", "slot `secrets` is bound twice, first at `packs[1]`"),
        ("messaging", "`packs[4].slot`", "gtc op messaging endpoint"),
    ] {
        let to = format!("\"slot\": \"{slot}\"");
        let (sandbox, content) = with_changed_binding("\"slot\": \"state\"", &to);
        let report = sandbox.env().doctor().exited(1).result();
        let message = text(&report["validate"]["message"]);
        assert!(message.contains(place) && message.contains(reason), "{report}");
        let finding = &report["findings"][0];
        assert_eq!(
            (&finding["code"], &report["healthy"]),
            (&json!("malformed-binding"), &json!(false))
        );
        let human = sandbox.env().doctor().human().exited(1);
        human.shows(&["✗ malformed-binding: `environment.json` at ", place, "next: correct `"]);
        let bindings = sandbox.env_packs().list().succeeded().result()["bindings"].clone();
        assert_eq!(bindings.as_array().map(Vec::len), Some(4));
        let listed = sandbox.env().list().succeeded().result();
        assert!(text(&listed["environments"][0]["error"]).contains(place), "{listed}");
        sandbox.cache().gc().succeeded();
        for change in [sandbox.env().init(), sandbox.env_packs().remove("deployer")] {
            let message = change.refused(2, "store");
            assert!(
                message.contains(place) && message.contains("nothing was changed"),
                "{message}"
            );
        }
        let path = sandbox.environment("local").join("environment.json");
        assert_eq!(std::fs::read_to_string(&path).expect("a file"), content);
    }
}

#[test]
fn a_binding_of_an_unknown_slot_stops_nothing() {
    let (sandbox, _) =
        with_changed_binding("\"slot\": \"state\"", "\"slot\":  \"widgets\", \"x\": 1.00");
    let report = sandbox.env().doctor().exited(1).result();
    assert_eq!(report["validate"]["status"], "error");
    assert_eq!(report["findings"][0]["code"], "unknown-slot");
    let list = sandbox.env_packs().list();
    assert_eq!(list.clone().succeeded().result()["unknown_slots"], json!(["widgets"]));
    list.human().succeeded().shows(&["widgets", "unknown slot"]);
    // the sample has a trust root, and the pack is unsigned
    let pack = sandbox.valid_pack("secrets", "acme.secrets.vault", "^1");
    let update = sandbox.env_packs().update("secrets").kind("acme.secrets.vault@1.0.0");
    update.pack_ref(pack).no_fetch().succeeded();
    sandbox.env_packs().rollback("secrets").succeeded();
    sandbox.env_packs().remove("widgets").refused(2, "invalid-argument");
    sandbox.cache().gc().succeeded();
    let path = sandbox.environment("local").join("environment.json");
    let text = std::fs::read_to_string(&path).expect("a file");
    assert_eq!(text.matches("\"slot\":  \"widgets\", \"x\": 1.00").count(), 1, "{text}");
}

#[test]
fn a_malformed_pin_file_is_reported_too() {
    let sandbox = Sandbox::with_fixture("fresh");
    let lock = sandbox.environment("local").join("packs.lock.json");
    std::fs::write(
        &lock,
        "{\"schema\": \"greentic.env-pack-lock.v1\", \"packs\": {\"/x\": {\"archive_sha256\": \"zz\"}}}",
    )
    .expect("a file");
    let message = sandbox.env().doctor().refused(2, "store");
    assert!(message.contains("packs.lock.json"), "{message}");
}

#[test]
fn pins_keep_unknown_members() {
    let sandbox = Sandbox::with_local();
    let bind = |slot: &'static str| {
        let path = format!("acme.{slot}.x");
        let pack = sandbox.valid_pack(slot, &path, "^1");
        let update = sandbox.env_packs().update(slot).kind(format!("{path}@1.0.0"));
        update.pack_ref(pack).succeeded();
    };
    bind("secrets");
    let path = sandbox.environment("local").join("packs.lock.json");
    let read = || std::fs::read_to_string(&path).expect("pins");
    let noted = read().replacen(
        "\"size\"",
        "\"signer\": \"k\", \"built_by\": \"x\", \"n\": 1.00, \"size\"",
        1,
    );
    let noted = noted.replacen('{', "{\"note\": [1e400],", 1);
    std::fs::write(&path, &noted).expect("a file");
    bind("state");
    let pins = read();
    for kept in ["\"note\": [1e400]", "\"signer\": \"k\"", "\"built_by\": \"x\"", "\"n\": 1.00"] {
        assert!(pins.contains(kept), "{kept} is gone:\n{pins}");
    }
}

#[test]
fn a_special_file_is_not_treated_as_missing() {
    for name in ["environment.json", "packs.lock.json"] {
        let sandbox = Sandbox::with_fixture("fresh");
        let verbs =
            [sandbox.env().doctor(), sandbox.env().init(), sandbox.env_packs().remove("secrets")];
        let path = sandbox.environment("local").join(name);
        let _ = std::fs::remove_file(&path);
        std::fs::create_dir(&path).expect("a folder");
        for verb in &verbs {
            let message = verb.clone().refused(2, "store");
            assert!(message.contains(name) && message.contains("not a regular file"), "{message}");
        }
        std::fs::remove_dir(&path).expect("removed");
        std::os::unix::fs::symlink("nowhere.json", &path).expect("a link");
        for verb in verbs {
            let message = verb.refused(2, "io");
            assert!(message.contains(name), "{message}");
        }
    }
}

#[test]
fn a_symbolic_link_stays_and_its_target_is_updated() {
    let sandbox = Sandbox::with_local();
    let path = sandbox.environment("local").join("environment.json");
    let target = sandbox.home().join("kept/production.json");
    std::fs::create_dir(target.parent().expect("a folder")).expect("a folder");
    std::fs::rename(&path, &target).expect("moved");
    std::os::unix::fs::symlink(&target, &path).expect("a link");
    sandbox.env_packs().remove("secrets").succeeded();
    assert_eq!(std::fs::read_link(&path).expect("still a link"), target);
    assert!(!std::fs::read_to_string(&target).expect("a file").contains("dev-store"));
    assert_eq!(std::fs::read_dir(target.parent().expect("a folder")).expect("a folder").count(), 1);
}

#[test]
fn the_next_change_removes_files_of_a_killed_process() {
    let sandbox = Sandbox::with_local();
    let left = sandbox.environment("local").join(".environment.json.x7Qa0B");
    std::fs::write(&left, "{ half").expect("a file");
    sandbox.env_packs().remove("secrets").succeeded();
    assert!(!left.exists());
}

#[test]
fn concurrent_changes_all_take_place() {
    let sandbox = Sandbox::with_local();
    let add = &|number: usize| {
        let kind = format!("acme.extension.n{number}@1.0.0");
        let add = sandbox.extensions().add().kind(kind).pack_ref("/x.gtpack");
        add.no_fetch().succeeded();
    };
    std::thread::scope(|scope| (0..8).for_each(|number| drop(scope.spawn(move || add(number)))));
    assert_eq!(sandbox.document("local")["extensions"].as_array().map(Vec::len), Some(8));
}
