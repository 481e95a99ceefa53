//! `list` of many environments.

use serde_json::{Value, json};

use super::{damage, three_environments};
use test_support::wat::Handler;
use test_support::{Sandbox, assert_contains, members};

fn environments(list: &Value) -> Vec<Value> {
    members(list, "environment_id")
}

#[test]
fn all_environments_are_one_list() {
    let (sandbox, _) = three_environments();
    let listed = sandbox.env_packs().list().all().succeeded().result();
    assert_eq!(listed["environments"], json!(3));
    assert_eq!(listed["bindings"].as_array().expect("a list").len(), 15);
    assert_eq!(listed["unreadable"], json!([]));
}

#[test]
fn patterns_choose_environments_kinds_and_packs() {
    let (sandbox, first) = three_environments();
    let vault = |environment: &str, kind: &str| {
        let list = sandbox.env_packs().list().arg("--env").arg(environment).kind(kind);
        environments(&list.succeeded().result()["bindings"])
    };
    assert_eq!(vault("*", "acme.secrets.vault"), ["dev", "prod-eu", "prod-us"]);
    assert_eq!(vault("prod-*", "acme.*"), ["prod-eu", "prod-us"]);
    assert_eq!(vault("prod-[e-f]u", "*@1.0.0"), ["prod-eu"]);
    assert_eq!(vault("prod-?s", "acme.secrets.vault@1.0.0"), ["prod-us"]);
    assert_eq!(vault("*", "acme.secrets.vault@2.0.0"), [""; 0]);
    let by_pack = |pack_ref: &str| {
        let list = sandbox.env_packs().list().all().pack_ref(pack_ref).succeeded();
        environments(&list.result()["bindings"])
    };
    assert_eq!(by_pack(&first), ["dev", "prod-eu"]);
    assert_eq!(by_pack("packs/vault.gtpack"), ["dev", "prod-eu"]);
    assert_eq!(by_pack("*/later.gtpack"), ["prod-us"]);
    // `--all` with one name or a pattern is about those that match
    let list = sandbox.env_packs().list().all().kind("acme.*").env("prod-us").succeeded();
    assert_eq!(environments(&list.result()["bindings"]), ["prod-us"]);
}

#[test]
fn the_table_says_who_has_which_version_of_a_pack() {
    let (sandbox, _) = three_environments();
    let list = sandbox.env_packs().list().all().kind("acme.secrets.vault").human().succeeded();
    let digest = sandbox.env_packs().list().env("dev").succeeded().result();
    let digest = &digest["bindings"][1]["archive_sha256"].as_str().expect("a digest")[..16];
    let lines: Vec<_> = list.stdout.lines().collect();
    let columns = ["ENVIRONMENT", "SLOT", "KIND", "GENERATION", "VERSION", "DIGEST", "PACK"];
    assert_contains(lines[0], &columns);
    let kind = "acme.secrets.vault@1.0.0";
    assert_contains(lines[1], &["dev", "secrets", kind, "1.0.0", digest, "/packs/vault.gtpack"]);
    assert_contains(lines[2], &["prod-eu", "1.0.0", digest]);
    assert_contains(lines[3], &["prod-us", "1.1.0", "/packs/later.gtpack"]);
    assert_eq!(lines[4..], ["", "3 packs in 3 environments"]);
}

#[test]
fn extensions_of_many_environments_are_listed() {
    let sandbox = Sandbox::new();
    let handler = Handler::new("extension", "acme.oauth.auth0", "^1");
    let pack = sandbox.write("auth0.gtpack", handler.archive_by("acme", "1.0.0"));
    for (id, instance) in [("dev", None), ("prod", Some("eu"))] {
        sandbox.env().create(id).succeeded();
        let add = sandbox.extensions().add().env(id).kind("acme.oauth.auth0@1.0.0");
        let add = add.pack_ref(&pack);
        match instance {
            Some(instance) => add.instance_id(instance).succeeded(),
            None => add.succeeded(),
        };
    }
    let list = sandbox.extensions().list().all();
    let listed = list.clone().succeeded().result();
    assert_eq!(environments(&listed["extensions"]), ["dev", "prod"]);
    assert_eq!(members(&listed["extensions"], "pack_version"), ["1.0.0", "1.0.0"]);
    list.human().succeeded().shows(&["(default)", "eu", "2 extensions in 2 environments"]);
}

#[test]
fn an_unreadable_environment_is_part_of_the_list() {
    let (sandbox, _) = three_environments();
    damage(&sandbox, "prod-eu");
    let list = sandbox.env_packs().list().all().kind("acme.*");
    let listed = list.clone().exited(1).result();
    assert_eq!(listed["environments"], json!(3));
    assert_eq!(environments(&listed["bindings"]), ["dev", "prod-us"]);
    assert_eq!(environments(&listed["unreadable"]), ["prod-eu"]);
    let error = listed["unreadable"][0]["error"].as_str().expect("a text");
    assert_contains(error, &["prod-eu/environment.json", "EOF"]);
    list.human().exited(1).shows(&[
        "prod-eu",
        "EOF",
        "2 packs in 3 environments",
        "1 environment could not be read",
        "next: see what to correct with `gtc op env doctor prod-eu`",
    ]);
    // those that are not chosen are not read
    sandbox.env_packs().list().env("prod-u*").succeeded();
}

#[test]
fn a_binding_that_cannot_be_read_is_reported_with_its_place() {
    let sandbox = Sandbox::with_fixture("fresh");
    let path = sandbox.environment("local").join("environment.json");
    let content = std::fs::read_to_string(&path).expect("a file");
    let changed = content.replacen("\"generation\": ", "\"generation\": -", 1);
    assert_ne!(changed, content);
    std::fs::write(&path, changed).expect("a file");
    let listed = sandbox.env_packs().list().all().exited(1).result();
    let error = listed["unreadable"][0]["error"].as_str().expect("a text");
    assert_contains(error, &["generation"]);
}

#[test]
fn a_slot_of_a_later_version_is_listed_too() {
    let sandbox = Sandbox::with_fixture("fresh");
    let path = sandbox.environment("local").join("environment.json");
    let content = std::fs::read_to_string(&path).expect("a file");
    std::fs::write(&path, content.replace("\"slot\": \"state\"", "\"slot\": \"widgets\""))
        .expect("a file");
    let list = sandbox.env_packs().list().all();
    let listed = list.clone().succeeded().result();
    assert_eq!(environments(&listed["unknown_slots"]), ["local"]);
    list.human().succeeded().shows(&["unknown slot"]);
}

#[test]
fn a_pattern_without_a_match_is_refused() {
    let (sandbox, _) = three_environments();
    for list in [sandbox.env_packs().list(), sandbox.extensions().list()] {
        let message = list.env("test-*").refused(1, "not-found");
        assert_contains(&message, &["matches `test-*`", "gtc op env list"]);
    }
    let none = Sandbox::new().env_packs().list().all().human().succeeded();
    none.shows(&["0 packs in 0 environments"]);
}

#[test]
fn malformed_patterns_and_selectors_without_a_fleet_are_refused() {
    let sandbox = Sandbox::with_local();
    for (arguments, reason) in [
        (&["--env", "prod-["][..], "`prod-[` is not a valid pattern"),
        (&["--env", "prod-**"], "`**` is not used"),
        (&["--all", "--kind", ""], "it is empty"),
        (&["--kind", "acme.*"], "needs `--all`"),
        (&["local", "--pack-ref", "x"], "needs `--all`"),
    ] {
        let message = sandbox.env_packs().list().args(arguments).refused(2, "invalid-argument");
        assert_contains(&message, &[reason]);
        assert!(!message.contains('\u{1b}'), "{message:?}");
    }
    let message = sandbox.env_packs().list().env("\u{1b}[31*").refused(2, "invalid-argument");
    assert!(!message.contains('\u{1b}'), "{message:?}");
}
