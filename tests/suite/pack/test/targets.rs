//! The packs and scenarios that `pack test` finds, and the errors if there are none.

use std::time::{Duration, SystemTime};

use env_pack_domain::Permissions;
use gtc_archive::{HandlerDeclaration, NewHandler, NewPack};
use serde_json::json;

use super::{run_scenario, with_vault};
use test_support::wat::Handler;
use test_support::{Sandbox, assert_contains, members, run, text};

const NOTHING: &str = "expect: {}";

#[test]
fn the_newest_pack_of_a_folder_is_tested() {
    let sandbox = Sandbox::new();
    let age = |path: std::path::PathBuf, seconds: u64| {
        let file = std::fs::File::options().write(true).open(path).expect("a file");
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).expect("its time");
    };
    age(sandbox.valid_pack("secrets", "acme.secrets.a", "^1"), 2_000);
    age(sandbox.valid_pack("secrets", "acme.secrets.b", "^1"), 3_000);
    age(sandbox.valid_pack("secrets", "acme.secrets.c", "^1"), 1_000);
    let report = run_scenario(&sandbox, NOTHING).succeeded().result();
    assert_eq!(report["path"], "packs/acme.secrets.b.gtpack");
    assert_eq!(report["scenarios"][0]["handler"], "acme.secrets.b");
    // the current folder is the default
    let mut here = sandbox.verb("pack test").command();
    let report = run(here.current_dir(sandbox.home().join("packs"))).succeeded().result();
    assert_eq!(report["path"], "./acme.secrets.b.gtpack");
}

#[test]
fn nothing_to_test_is_an_error_of_its_own() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.home().join("packs")).expect("a folder");
    let none = sandbox.pack().test("packs").refused(2, "not-found");
    assert_contains(&none, &["contains no `.gtpack` file", "gtc pack build"]);
    sandbox.pack().test("nowhere").refused(2, "file-not-found");
    let registry = sandbox.pack().test("oci://host.example/pack:1").refused(2, "file-not-found");
    assert!(registry.contains("gtc pack pull"), "{registry}");
    sandbox.valid_pack("secrets", "acme.secrets.a", "^1");
    let none = sandbox.pack().test("packs").refused(2, "not-found");
    assert_contains(&none, &["there is no scenario in `packs/tests`", "--record"]);
    sandbox.pack().test("packs").args(["--scenario", "nowhere.yaml"]).refused(2, "file-not-found");
    let broken = sandbox.write("packs/broken.gtpack", "no archive").display().to_string();
    sandbox.write("packs/tests/only.yaml", NOTHING);
    let broken = sandbox.pack().test(&broken).refused(2, "zip-end-record");
    assert!(broken.contains("cannot test pack"), "{broken}");
}

#[test]
fn a_scenario_names_the_handler_it_is_for() {
    let (sandbox, _) = with_vault();
    let other = run_scenario(&sandbox, "handler: acme.secrets.other\nexpect: {}")
        .refused(2, "invalid-scenario");
    assert_contains(
        &other,
        &["is for handler `acme.secrets.other`; the pack has `acme.secrets.vault`"],
    );
    let sandbox = Sandbox::new();
    let handler = |path: &str| {
        let declared = HandlerDeclaration {
            slot: "state".parse().expect("a slot"),
            descriptor_path: path.parse().expect("a path"),
            supported_versions: "^1".parse().expect("a requirement"),
            permissions: Permissions::default(),
        };
        let bytes = Handler::new("state", path, "^1").component();
        NewHandler { component: path.replace('.', "-"), bytes, declared }
    };
    let handlers = vec![handler("acme.state.a"), handler("acme.state.b")];
    let pack = gtc_archive::write(&NewPack {
        id: "acme.state".to_owned(),
        version: "1.0.0".parse().expect("a version"),
        publisher: "test".to_owned(),
        answers_schema: None,
        handlers,
    })
    .expect("a pack");
    sandbox.write("packs/both.gtpack", pack);
    let both = run_scenario(&sandbox, NOTHING).refused(2, "invalid-scenario");
    assert_contains(&both, &["names no handler; the pack has `acme.state.a`, `acme.state.b`"]);
    let report = run_scenario(&sandbox, "handler: acme.state.b\nexpect: {}").succeeded().result();
    assert_eq!(report["scenarios"][0]["handler"], "acme.state.b");
}

#[test]
fn number_and_size_of_scenarios_are_limited() {
    let sandbox = Sandbox::new();
    sandbox.valid_pack("secrets", "acme.secrets.a", "^1");
    for at in 0..3 {
        sandbox.write(format!("packs/tests/{at}.yaml"), NOTHING);
    }
    let limited = |limit: &str| sandbox.pack().test("packs").limit(limit).run();
    limited("scenario.files=3").succeeded();
    let many = limited("scenario.files=2").refused(2, "invalid-scenario");
    assert!(many.contains("3 scenarios, more than the limit of 2"), "{many}");
    limited("scenario.file-bytes=9").refused(2, "archive-too-large");
}

#[test]
fn scenarios_are_named_one_by_one_or_by_folder() {
    let sandbox = Sandbox::new();
    let pack = sandbox.valid_pack("secrets", "acme.secrets.a", "^1").display().to_string();
    for name in ["packs/tests/a.yaml", "packs/tests/b.json", "more/c.yml", "more/d.yaml"] {
        sandbox.write(name, r#"{"expect": {}}"#);
    }
    let names = |flags: &str| {
        let report = sandbox.pack().test(&pack).args(flags.split(' ')).succeeded().result();
        let paths = members(&report["scenarios"], "path");
        paths.iter().map(text).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names("--scenario more"), "more/c.yml more/d.yaml");
    assert_eq!(
        names("--scenario packs/tests/b.json --scenario more/d.yaml"),
        "packs/tests/b.json more/d.yaml"
    );
    assert_eq!(
        names("--scenario packs/tests/b.json more"),
        "packs/tests/b.json more/c.yml more/d.yaml"
    );
    std::fs::create_dir(sandbox.home().join("empty")).expect("a folder");
    let none = sandbox.pack().test(&pack).args(["--scenario", "empty"]).refused(2, "not-found");
    assert!(none.contains("there is no scenario in `empty`"), "{none}");
    // an argument after `--scenario` is a scenario too
    let pack_as_scenario = sandbox
        .gtc(["pack", "test", "--scenario", "more/c.yml", &pack])
        .refused(2, "invalid-scenario");
    assert_contains(
        &pack_as_scenario,
        &["is a pack or a component", "name it before `--scenario`"],
    );
}

#[test]
fn arguments_come_from_a_file_too() {
    let sandbox = Sandbox::new();
    let pack = sandbox.valid_pack("state", "acme.state.a", "^1");
    let scenario = sandbox.write("s.yaml", NOTHING);
    let arguments = json!({"target": pack, "scenario": [scenario]});
    let file = sandbox.write("arguments.json", arguments.to_string());
    assert_eq!(sandbox.verb("pack test").answers(file).succeeded().result()["passed"], 1);
    let schema = sandbox.gtc(["pack", "test", "--schema"]).succeeded().stdout;
    assert!(schema.contains("\"scenario\"") && schema.contains("\"record\""), "{schema}");
    let name = sandbox.gtc(["pack", "test", "--record", "x.gtpack"]).refused(2, "invalid-argument");
    assert_contains(&name, &["`x.gtpack` is not a name of a scenario", "before `--record`"]);
    for wrong in [
        &["--yes"][..],
        &["--replace"],
        &["--record", "a/b"],
        &["--record", "a", "--scenario", "x", "y"],
    ] {
        sandbox.pack().test("x").args(wrong).refused(2, "invalid-argument");
    }
}
