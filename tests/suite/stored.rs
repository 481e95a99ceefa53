//! Environment files: what others wrote survives, and what is malformed is neither used nor touched.

use crate::support::{Sandbox, repository};

fn fixture(name: &str) -> String {
    std::fs::read_to_string(repository().join("tests/fixtures/native").join(name).join("environment.json"))
        .expect("a fixture")
}

#[test]
fn every_native_file_survives_a_change() {
    for name in ["fresh", "busy"] {
        let sandbox = Sandbox::with_fixture(name);
        let flags =
            ["--env", "local", "--slot", "revocation", "--kind", "a.revocation.x@1.0.0", "--pack-ref", "/x.gtpack"];
        sandbox.gtc(["op", "env-packs", "add", "--no-fetch"].iter().chain(&flags)).succeeded();
        sandbox.gtc(["op", "env-packs", "remove", "--env", "local", "--slot", "revocation"]).succeeded();
        let written = std::fs::read_to_string(sandbox.environment("local").join("environment.json")).expect("a file");
        assert_eq!(written, fixture(name), "{name}");
        for other in ["runtime.json", "trust-root.json", "messaging/index.json"] {
            let before = repository().join("tests/fixtures/native").join(name).join(other);
            if let Ok(before) = std::fs::read(before) {
                assert_eq!(std::fs::read(sandbox.environment("local").join(other)).expect("a file"), before);
            }
        }
    }
}

#[test]
fn a_malformed_file_is_named_with_its_place_and_left_alone() {
    let fresh = fixture("fresh");
    let check = |content: &str, place: &str, reason: &str| {
        let sandbox = Sandbox::with_fixture("fresh");
        let path = sandbox.environment("local").join("environment.json");
        std::fs::write(&path, content).expect("a file");
        let verbs: [&[&str]; 5] = [
            &["op", "env", "doctor", "local"],
            &["op", "env", "init"],
            &["op", "env-packs", "list", "local"],
            &["op", "env-packs", "remove", "--env", "local", "--slot", "secrets"],
            &["op", "extensions", "resolve", "ext://a.b"],
        ];
        for verb in verbs {
            let message = sandbox.gtc(verb).refused(2, "store");
            assert!(message.contains("local/environment.json") && message.contains(place), "{message}");
            assert!(message.contains(reason) && message.contains("nothing was changed"), "{message}");
            let human = sandbox.human(verb).exited(2);
            assert!(human.stderr.contains(place) && human.stderr.contains("next:"), "{human:?}");
        }
        assert_eq!(std::fs::read_to_string(&path).expect("a file"), content);
        let listed = sandbox.gtc(["op", "env", "list"]).succeeded().result();
        assert!(listed["environments"][0]["error"].as_str().expect("an error").contains(place));
    };
    check(&fresh[..400], "line ", "EOF");
    check(&fresh.replace("greentic.environment.v1", "greentic.environment.v2"), "`schema`", "greentic.environment.v2");
    check(&fresh.replace("\"slot\": \"state\"", "\"slot\": \"secrets\""), "`packs`", "slot `secrets` is bound twice");
    check(&fresh.replace("\"slot\": \"state\"", "\"slot\": \"widgets\""), "`packs[4].slot`", "no capability slot");
    check(
        &fresh.replace("\"slot\": \"state\"", "\"slot\": \"messaging\""),
        "`packs[4].slot`",
        "gtc op messaging endpoint",
    );
}

#[test]
fn a_malformed_pin_file_is_named_too() {
    let sandbox = Sandbox::with_fixture("fresh");
    let lock = sandbox.environment("local").join("packs.lock.json");
    std::fs::write(
        &lock,
        "{\"schema\": \"greentic.env-pack-lock.v1\", \"packs\": {\"/x\": {\"archive_sha256\": \"zz\"}}}",
    )
    .expect("a file");
    let message = sandbox.gtc(["op", "env", "doctor", "local"]).refused(2, "store");
    assert!(message.contains("packs.lock.json"), "{message}");
}

#[test]
fn concurrent_changes_all_take_place() {
    let sandbox = Sandbox::with_local();
    let add = &|number: usize| {
        let kind = format!("acme.extension.n{number}@1.0.0");
        let flags = ["--env", "local", "--kind", &kind, "--pack-ref", "/x.gtpack", "--no-fetch"];
        sandbox.gtc(["op", "extensions", "add"].iter().chain(&flags)).succeeded();
    };
    std::thread::scope(|scope| (0..8).for_each(|number| drop(scope.spawn(move || add(number)))));
    assert_eq!(sandbox.document("local")["extensions"].as_array().map(Vec::len), Some(8));
}
