//! Refused commands: human and JSON output agree, and nothing is written.

mod bad_packs;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use test_support::verbs::Gtc;
use test_support::wat::Handler;
use test_support::{Sandbox, text};

/// Files that a refused command may change: the audit log with its end, and the lock.
const RECORDS: [&str; 3] = ["audit", "revision.json", ".lock"];

/// Collects every file below a folder with its content, except those that record refusals.
fn files(folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let kind = entry.file_type().expect("a type");
        if RECORDS.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        if kind.is_dir() {
            files(&entry.path(), found);
        } else if kind.is_file() {
            found.insert(entry.path(), std::fs::read(entry.path()).expect("a file"));
        }
    }
}

fn written(sandbox: &Sandbox) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    files(sandbox.home(), &mut found);
    found
}

/// Runs a refused command in both formats, and asserts that they agree.
#[track_caller]
fn refused(sandbox: &Sandbox, command: Gtc<'_>, code: i32, kind: &str, words: &[&str]) {
    let before = written(sandbox);
    let shown = format!("{:?}", command.command());
    let json = command.clone().run();
    let human = command.human().run();
    assert_eq!((json.code, human.code), (code, code), "{shown}: {json:?}");
    assert_eq!((json.stdout.as_str(), human.stdout.as_str()), ("", ""), "{shown}");
    assert_eq!(json.stderr.lines().count(), 1, "{json:?}");
    let envelope: Value =
        serde_json::from_str(&json.stderr).unwrap_or_else(|error| panic!("{error}: {json:?}"));
    let error = &envelope["error"];
    assert_eq!(error["kind"], kind, "{envelope}");
    let (message, hint) = (text(&error["message"]), error["hint"].as_str());
    let next = hint.map(|hint| format!("next: {hint}\n")).unwrap_or_default();
    assert_eq!(human.stderr, format!("error: {message}\n{next}"), "{shown}");
    assert!(
        !message.contains(char::is_control) && !next.trim_end().contains(char::is_control),
        "{envelope}"
    );
    for word in words {
        assert!(message.contains(word) || next.contains(word), "`{word}` is not said: {envelope}");
    }
    assert_eq!(written(sandbox), before, "{shown} wrote something");
}

#[test]
fn bad_descriptors() {
    let sandbox = Sandbox::with_local();
    let long = "a.".repeat(5000);
    let cases = [
        ("A.b@1", "`A` at offset 0"),
        ("nodot@1.0.0", "`.`"),
        ("a.b", "has no `@<version>`"),
        ("a.b@1.0.0@2", "second `@` at offset 9"),
        ("a..b@1.0.0", "empty path segment at offset 2"),
        ("", "empty"),
        (long.as_str(), "10000 bytes"),
        ("a.b@1", "no valid SemVer version after the `@`"),
        ("a.b\u{1b}[2J\u{202e}@1.0.0", r"\u{1b}"),
    ];
    for (kind, why) in cases {
        let words = ["argument `kind`", why];
        let update = sandbox.env_packs().update("secrets").kind(kind).pack_ref("x");
        refused(&sandbox, update, 2, "invalid-argument", &words);
        let add = sandbox.extensions().add().kind(kind).pack_ref("x");
        refused(&sandbox, add, 2, "invalid-argument", &words);
    }
}

/// Asserts that binding this pack to the free slot `state` is refused.
#[track_caller]
fn pack_refused(sandbox: &Sandbox, kind: &str, pack: &str, code: i32, error: &str, words: &[&str]) {
    let add = sandbox.env_packs().add("state").kind(kind).pack_ref(pack);
    refused(sandbox, add, code, error, &[words, &[pack, "was not bound"]].concat());
}

fn with_free_state() -> Sandbox {
    let sandbox = Sandbox::with_local();
    sandbox.env_packs().remove("state").succeeded();
    sandbox
}

#[test]
fn changes_that_the_bindings_do_not_allow() {
    let sandbox = with_free_state();
    let pack = "greentic.secrets.dev-store@0.1.0";
    let check = |command: Gtc<'_>, code, kind, words: &[&str]| {
        refused(&sandbox, command, code, kind, words);
    };
    let slots = sandbox.env_packs();
    let add = |slot| slots.add(slot).kind(pack).pack_ref(pack);
    let update = |slot| slots.update(slot).kind(pack).pack_ref(pack);
    check(add("secrets"), 1, "conflict", &["already bound", "`update`"]);
    check(update("state"), 1, "not-found", &["is not bound", "use `add` to bind it"]);
    check(add("messaging"), 1, "invalid-argument", &["gtc op messaging endpoint"]);
    check(add("extension"), 1, "invalid-argument", &["gtc op extensions"]);
    check(add("widgets"), 2, "invalid-argument", &["`widgets` is not a capability slot"]);
    let unbound = "slot `state` is not bound";
    check(slots.remove("state"), 1, "not-found", &[unbound, "env-packs list"]);
    check(slots.rollback("state"), 1, "not-found", &[unbound]);
    let none = "no previous binding to roll back to";
    check(slots.rollback("secrets"), 1, "conflict", &[none]);
    let said = slots.remove("state").refused(1, "not-found");
    assert!(!said.contains("`add`"), "a removal suggests no addition: {said}");

    // a previous binding that another tool wrote, and a damaged one
    update("secrets").answers_ref("answers.json").succeeded();
    let path = sandbox.environment("local").join("environment.json");
    let stashed = std::fs::read_to_string(&path).expect("a file");
    std::fs::write(&path, stashed.replace("inline://ey", "inline://!!")).expect("a file");
    let words = ["cannot be restored: its reference `inline://!!", "with `update`"];
    check(slots.rollback("secrets"), 1, "conflict", &words);

    let words = ["already exists", "gtc op env show local"];
    check(sandbox.env().create("local"), 1, "conflict", &words);
    let words = ["there is no environment `none`"];
    check(sandbox.env().doctor().env("none"), 1, "not-found", &words);
    check(sandbox.env().show().env("../x"), 2, "invalid-argument", &["`/`"]);
}

#[test]
fn extensions_that_are_bound_already_or_not_at_all() {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.valid_pack("extension", "acme.oauth.auth0", "^1");
    let kind = "acme.oauth.auth0@1.0.0";
    let bind = sandbox.extensions().add().kind(kind).pack_ref(&pack);
    let bind_primary = bind.clone().instance_id("primary").answers_ref("answers.json");
    bind.clone().succeeded();
    bind_primary.clone().succeeded();
    for add in [bind, bind_primary] {
        refused(&sandbox, add, 1, "conflict", &["extension `acme.oauth.auth0`", "`update`"]);
    }
    let other = Handler::new("extension", "acme.oauth.auth0", "^1").archive_by("other", "1.0.0");
    let other = sandbox.write("packs/other.gtpack", other);
    let add = sandbox.extensions().add().kind(kind).pack_ref(other).instance_id("b");
    refused(&sandbox, add, 1, "conflict", &["already provided by", "only versions of one pack"]);
    for (instance, code, error) in
        [("Primary", 2, "invalid-argument"), ("tertiary", 1, "not-found")]
    {
        let remove = sandbox.extensions().remove().kind(kind).instance_id(instance);
        refused(&sandbox, remove, code, error, &[instance]);
    }
    let escaping = sandbox.extensions().update().kind(kind).pack_ref(pack);
    let escaping = escaping.answers_ref("../../x.json");
    let words = ["argument `answers_ref`", "without `..`"];
    refused(&sandbox, escaping, 2, "invalid-argument", &words);

    let resolve = |reference| sandbox.extensions().resolve(reference);
    let primary = |words: &[&str]| {
        let resolve = resolve("ext://acme.oauth.auth0/primary");
        refused(&sandbox, resolve, 1, "answers-parse", words);
    };
    primary(&["there is no answers file"]);
    let file = sandbox.write(".greentic/environments/local/answers.json", "{");
    primary(&["is not a JSON document"]);
    std::fs::remove_file(&file).expect("removed");
    std::os::unix::fs::symlink("/etc/hostname", &file).expect("a link");
    primary(&["leads out of the environment's folder"]);
    refused(&sandbox, resolve("ext://a.b/c"), 1, "not-found", &["extensions list local"]);
    for bad in ["acme.oauth.auth0", "ext://", "ext://a.b/", "ext://a.b@1.0.0", "ext://a.b/c/d"] {
        refused(&sandbox, resolve(bad), 2, "invalid-argument", &["argument `reference`"]);
    }
}

#[test]
fn files_that_are_malformed() {
    let fresh = Sandbox::with_local();
    let fresh = std::fs::read_to_string(fresh.environment("local").join("environment.json"))
        .expect("a file");
    let state = "\"slot\": \"state\"";
    let cases = [
        (fresh[..400].to_owned(), "line "),
        (fresh.replace("environment.v1", "environment.v2\u{202e}"), "`schema`"),
        (fresh.replace(state, "\"slot\": \"secrets\""), "first at `packs[1]`"),
        (fresh.replace("\"packs\"", "\"parcels\""), "`packs`: it is missing"),
    ];
    for (content, place) in &cases {
        let sandbox = Sandbox::with_local();
        std::fs::write(sandbox.environment("local").join("environment.json"), content)
            .expect("a file");
        let words = ["local/environment.json", place, "nothing was changed"];
        // one malformed binding is a finding of `doctor`
        if !place.contains("first at") {
            refused(&sandbox, sandbox.env().doctor(), 2, "store", &words);
        }
        refused(&sandbox, sandbox.env().init(), 2, "store", &words);
        refused(&sandbox, sandbox.env_packs().remove("secrets"), 2, "store", &words);
    }
    let sandbox = Sandbox::with_local();
    let pins = sandbox.environment("local").join("packs.lock.json");
    for content in
        ["{", "{}", r#"{"schema": "greentic.env-pack-lock.v1", "packs": {"/x": {"size": 1}}}"#]
    {
        std::fs::write(&pins, content).expect("a file");
        refused(&sandbox, sandbox.env().doctor(), 2, "store", &["packs.lock.json"]);
    }
}

#[test]
fn arguments_in_files() {
    let sandbox = Sandbox::with_local();
    let remove = |file: &str| sandbox.verb("op env-packs remove").answers(file);
    let check = |file: &str, kind: &str, words: &[&str]| {
        refused(&sandbox, remove(file), 2, kind, words);
    };
    check("none.json", "file-not-found", &["there is no file", "check the path of the file"]);
    sandbox.write("list.yaml", "environment_id: [a\nslot: 1");
    check("list.yaml", "invalid-argument", &["list.yaml", "line 1", "column 17"]);
    sandbox.write("typo.yaml", "environment_id: local\nslots: \"\u{1b}[2J\"");
    check("typo.yaml", "invalid-argument", &["line 2", "unknown field `slots`"]);
    sandbox.write("typo.json", "{\"environment_id\": \"local\",\n \"slots\": 1}");
    check("typo.json", "invalid-argument", &["line 2", "unknown field `slots`"]);
    let said = remove("list.yaml").exited(2).stderr;
    assert_eq!(said.matches("column 17").count(), 1, "it is said once: {said}");
    assert!(!said.contains("<input>"), "{said}");
    sandbox.write("good.json", r#"{"environment_id": "local", "slot": "state"}"#);
    let both = remove("good.json").args(["--slot", "state"]);
    refused(&sandbox, both, 2, "invalid-argument", &["cannot be combined with flags"]);
}

#[test]
fn grants_that_do_not_fit() {
    let sandbox = Sandbox::with_local();
    let flags = ["--tool", "vault version", "--network", "127.0.0.1:1"];
    let pack = sandbox.built_pack(test_artifacts::prober(), "1.0.0", &flags);
    let update = sandbox.env_packs().update("deployer").kind("test.deployer.prober@1.0.0");
    let update = update.pack_ref(pack);
    update.clone().grant_declared().succeeded();
    let check = |command: Gtc<'_>, code, kind, words: &[&str]| {
        refused(&sandbox, command, code, kind, words);
    };
    let prober = "test.deployer.prober";
    let add = || sandbox.grants().add(prober);
    let revoke = sandbox.grants().revoke(prober);
    check(add().network("bad"), 2, "invalid-argument", &["argument `network`"]);
    check(add().tool(""), 2, "invalid-argument", &["argument `tools`"]);
    check(add(), 2, "invalid-argument", &["name at least one of"]);
    check(add().tool("rm -r"), 1, "unauthorized", &["does not declare"]);
    check(revoke.tool("rm -r"), 1, "not-found", &["was not granted"]);
    let other = sandbox.grants().add("a.b.c").declared();
    check(other, 1, "not-found", &["no pack is bound as `a.b.c`"]);
    let words = ["argument `grants.network`"];
    check(update.grant_network("bad"), 2, "invalid-argument", &words);
}
