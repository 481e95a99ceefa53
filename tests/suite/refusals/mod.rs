//! Refused commands: human and JSON output agree, and nothing is written.

mod bad_packs;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use test_support::wat::Handler;
use test_support::{Sandbox, packs, text};

/// Collects every file below a folder with its content, except the audit log, which records
/// refusals.
fn files(folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let kind = entry.file_type().expect("a type");
        if kind.is_dir() && entry.file_name() != "audit" {
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
fn refused(sandbox: &Sandbox, command: &[&str], code: i32, kind: &str, words: &[&str]) {
    let before = written(sandbox);
    let json = sandbox.gtc(command);
    let human = sandbox.human(command);
    assert_eq!((json.code, human.code), (code, code), "{command:?}: {json:?}");
    assert_eq!((json.stdout.as_str(), human.stdout.as_str()), ("", ""), "{command:?}");
    assert_eq!(json.stderr.lines().count(), 1, "{json:?}");
    let envelope: Value =
        serde_json::from_str(&json.stderr).unwrap_or_else(|error| panic!("{error}: {json:?}"));
    let error = &envelope["error"];
    assert_eq!(error["kind"], kind, "{envelope}");
    let (message, hint) = (text(&error["message"]), error["hint"].as_str());
    let next = hint.map(|hint| format!("next: {hint}\n")).unwrap_or_default();
    assert_eq!(human.stderr, format!("error: {message}\n{next}"), "{command:?}");
    assert!(
        !message.contains(char::is_control) && !next.trim_end().contains(char::is_control),
        "{envelope}"
    );
    for word in words {
        assert!(message.contains(word) || next.contains(word), "`{word}` is not said: {envelope}");
    }
    assert_eq!(written(sandbox), before, "{command:?} wrote something");
}

/// Returns a command about the environment `local`.
fn about_local<'a>(noun: &'a str, verb: &'a str, flags: &[&'a str]) -> Vec<&'a str> {
    [&["op", noun, verb, "--env", "local"], flags].concat()
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
        ("a.b\u{1b}[2J\u{202e}@1.0.0", r"\u{1b}"),
    ];
    for (kind, why) in cases {
        let bind = about_local(
            "env-packs",
            "update",
            &["--slot", "secrets", "--kind", kind, "--pack-ref", "x"],
        );
        refused(&sandbox, &bind, 2, "invalid-argument", &["argument `kind`", why]);
        let bind = about_local("extensions", "add", &["--kind", kind, "--pack-ref", "x"]);
        refused(&sandbox, &bind, 2, "invalid-argument", &["argument `kind`", why]);
    }
}

/// Asserts that binding this pack to the free slot `state` is refused.
#[track_caller]
fn pack_refused(sandbox: &Sandbox, kind: &str, pack: &str, code: i32, error: &str, words: &[&str]) {
    let bind =
        about_local("env-packs", "add", &["--slot", "state", "--kind", kind, "--pack-ref", pack]);
    refused(sandbox, &bind, code, error, &[words, &["was not bound"]].concat());
}

fn with_free_state() -> Sandbox {
    let sandbox = Sandbox::with_local();
    sandbox.gtc(about_local("env-packs", "remove", &["--slot", "state"])).succeeded();
    sandbox
}

#[test]
fn changes_that_the_bindings_do_not_allow() {
    let sandbox = with_free_state();
    let pack = "greentic.secrets.dev-store@0.1.0";
    let bind = |verb, slot| {
        about_local("env-packs", verb, &["--slot", slot, "--kind", pack, "--pack-ref", pack])
    };
    refused(&sandbox, &bind("add", "secrets"), 1, "conflict", &["already bound", "`update`"]);
    refused(
        &sandbox,
        &bind("update", "state"),
        1,
        "not-found",
        &["is not bound", "use `add` to bind it"],
    );
    refused(
        &sandbox,
        &bind("add", "messaging"),
        1,
        "invalid-argument",
        &["gtc op messaging endpoint"],
    );
    refused(&sandbox, &bind("add", "extension"), 1, "invalid-argument", &["gtc op extensions"]);
    refused(
        &sandbox,
        &bind("add", "widgets"),
        2,
        "invalid-argument",
        &["`widgets` is not a capability slot"],
    );
    let unbind = |verb, slot| about_local("env-packs", verb, &["--slot", slot]);
    refused(
        &sandbox,
        &unbind("remove", "state"),
        1,
        "not-found",
        &["slot `state` is not bound", "env-packs list"],
    );
    refused(&sandbox, &unbind("rollback", "state"), 1, "not-found", &["slot `state` is not bound"]);
    refused(
        &sandbox,
        &unbind("rollback", "secrets"),
        1,
        "conflict",
        &["no previous binding to roll back to"],
    );
    let said = sandbox.gtc(unbind("remove", "state")).refused(1, "not-found");
    assert!(!said.contains("`add`"), "a removal suggests no addition: {said}");

    // a previous binding that another tool wrote, and a damaged one
    sandbox.gtc(bind("update", "secrets")).succeeded();
    let path = sandbox.environment("local").join("environment.json");
    let stashed = std::fs::read_to_string(&path).expect("a file");
    std::fs::write(&path, stashed.replace("inline://ey", "inline://!!")).expect("a file");
    refused(
        &sandbox,
        &unbind("rollback", "secrets"),
        1,
        "conflict",
        &["cannot be restored", "with `update`"],
    );

    let local = ["op", "env", "create", "--env", "local"];
    refused(&sandbox, &local, 1, "conflict", &["already exists", "gtc op env show local"]);
    refused(
        &sandbox,
        &["op", "env", "doctor", "none"],
        1,
        "not-found",
        &["there is no environment `none`"],
    );
    refused(&sandbox, &["op", "env", "show", "../x"], 2, "invalid-argument", &["`/`"]);
}

#[test]
fn extensions_that_are_bound_already_or_not_at_all() {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.valid_pack("extension", "acme.oauth.auth0", "^1").display().to_string();
    let answers = ["--instance-id", "primary", "--answers-ref", "answers.json"];
    let kind = ["--kind", "acme.oauth.auth0@1.0.0"];
    let bind = [&kind[..], &["--pack-ref", &pack]].concat();
    sandbox.gtc(about_local("extensions", "add", &bind)).succeeded();
    sandbox.gtc(about_local("extensions", "add", &[&bind[..], &answers].concat())).succeeded();
    for instance in [&[][..], &answers] {
        let add = about_local("extensions", "add", &[&bind[..], instance].concat());
        refused(&sandbox, &add, 1, "conflict", &["extension `acme.oauth.auth0`", "`update`"]);
    }
    let other = packs::archive(
        "extension",
        "acme.oauth.auth0",
        "^1, <9",
        Handler::new("extension", "acme.oauth.auth0", "^1, <9").component(),
        Default::default(),
    );
    let other = sandbox.write("packs/other.gtpack", other).display().to_string();
    let add = about_local(
        "extensions",
        "add",
        &[&kind[..], &["--pack-ref", &other, "--instance-id", "b"]].concat(),
    );
    refused(&sandbox, &add, 1, "conflict", &["another archive", "add `--all-instances`"]);
    for (instance, code, error) in
        [("Primary", 2, "invalid-argument"), ("tertiary", 1, "not-found")]
    {
        let remove = about_local(
            "extensions",
            "remove",
            &[&kind[..], &["--instance-id", instance]].concat(),
        );
        refused(&sandbox, &remove, code, error, &[instance]);
    }
    let escaping = about_local(
        "extensions",
        "update",
        &[&bind[..], &["--answers-ref", "../../x.json"]].concat(),
    );
    refused(
        &sandbox,
        &escaping,
        2,
        "invalid-argument",
        &["argument `answers_ref`", "without `..`"],
    );

    let primary = ["op", "extensions", "resolve", "ext://acme.oauth.auth0/primary"];
    refused(&sandbox, &primary, 1, "answers-parse", &["there is no answers file"]);
    let file = sandbox.write(".greentic/environments/local/answers.json", "{");
    refused(&sandbox, &primary, 1, "answers-parse", &["is not a JSON document"]);
    std::fs::remove_file(&file).expect("removed");
    std::os::unix::fs::symlink("/etc/hostname", &file).expect("a link");
    refused(&sandbox, &primary, 1, "answers-parse", &["leads out of the environment's folder"]);
    refused(
        &sandbox,
        &["op", "extensions", "resolve", "ext://a.b/c"],
        1,
        "not-found",
        &["extensions list local"],
    );
    for bad in ["acme.oauth.auth0", "ext://", "ext://a.b/", "ext://a.b@1.0.0", "ext://a.b/c/d"] {
        refused(
            &sandbox,
            &["op", "extensions", "resolve", bad],
            2,
            "invalid-argument",
            &["argument `reference`"],
        );
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
        (fresh.replace(state, "\"slot\": \"widgets\""), "`packs[4].slot`"),
        (fresh.replace("\"packs\"", "\"parcels\""), "`packs`: it is missing"),
    ];
    for (content, place) in &cases {
        let sandbox = Sandbox::with_local();
        std::fs::write(sandbox.environment("local").join("environment.json"), content)
            .expect("a file");
        for command in [
            &["op", "env", "doctor"][..],
            &["op", "env", "init"],
            &["op", "env-packs", "remove", "--env", "local", "--slot", "secrets"],
        ] {
            refused(
                &sandbox,
                command,
                2,
                "store",
                &["local/environment.json", place, "nothing was changed"],
            );
        }
    }
    let sandbox = Sandbox::with_local();
    let pins = sandbox.environment("local").join("packs.lock.json");
    for content in
        ["{", "{}", r#"{"schema": "greentic.env-pack-lock.v1", "packs": {"/x": {"size": 1}}}"#]
    {
        std::fs::write(&pins, content).expect("a file");
        refused(&sandbox, &["op", "env", "doctor"], 2, "store", &["packs.lock.json"]);
    }
}

#[test]
fn arguments_in_files() {
    let sandbox = Sandbox::with_local();
    let remove = |file: &str| {
        let path = sandbox.home().join(file).display().to_string();
        ["op", "env-packs", "remove", "--answers"]
            .map(str::to_owned)
            .into_iter()
            .chain([path])
            .collect::<Vec<_>>()
    };
    let check = |file: &str, kind: &str, words: &[&str]| {
        let command = remove(file);
        refused(&sandbox, &command.iter().map(String::as_str).collect::<Vec<_>>(), 2, kind, words);
    };
    check("none.json", "file-not-found", &["there is no file", "check the path of the file"]);
    sandbox.write("list.yaml", "environment_id: [a\nslot: 1");
    check("list.yaml", "invalid-argument", &["list.yaml", "line 1", "column 17"]);
    sandbox.write("typo.yaml", "environment_id: local\nslots: \"\u{1b}[2J\"");
    check("typo.yaml", "invalid-argument", &["line 2", "unknown field `slots`"]);
    sandbox.write("typo.json", "{\"environment_id\": \"local\",\n \"slots\": 1}");
    check("typo.json", "invalid-argument", &["line 2", "unknown field `slots`"]);
    let said = sandbox.gtc(remove("list.yaml")).exited(2).stderr;
    assert_eq!(said.matches("column 17").count(), 1, "it is said once: {said}");
    assert!(!said.contains("<input>"), "{said}");
    sandbox.write("good.json", r#"{"environment_id": "local", "slot": "state"}"#);
    let both = [remove("good.json"), vec!["--slot".to_owned(), "state".to_owned()]].concat();
    let both: Vec<_> = both.iter().map(String::as_str).collect();
    refused(&sandbox, &both, 2, "invalid-argument", &["cannot be combined with flags"]);
}

#[test]
fn grants_that_do_not_fit() {
    let sandbox = Sandbox::with_local();
    let flags = ["--allow-tool", "vault version", "--allow-network", "127.0.0.1:1"];
    let pack = sandbox.built_pack(test_artifacts::prober(), "1.0.0", &flags).display().to_string();
    let bind = ["--slot", "deployer", "--kind", "test.deployer.prober@1.0.0", "--pack-ref", &pack];
    let update = about_local("env-packs", "update", &bind);
    sandbox.gtc(update.iter().chain(&["--grant", "declared"])).succeeded();
    let change =
        |verb: &str, kind: &str, flags: &[&str], code: i32, error: &str, words: &[&str]| {
            refused(
                &sandbox,
                &about_local("grants", verb, &[&["--kind", kind], flags].concat()),
                code,
                error,
                words,
            );
        };
    let prober = "test.deployer.prober";
    change("add", prober, &["--network", "bad"], 2, "invalid-argument", &["argument `network`"]);
    change("add", prober, &["--tool", ""], 2, "invalid-argument", &["argument `tools`"]);
    change("add", prober, &[], 2, "invalid-argument", &["name at least one of"]);
    change("add", prober, &["--tool", "rm -r"], 1, "unauthorized", &["does not declare"]);
    change("revoke", prober, &["--tool", "rm -r"], 1, "not-found", &["was not granted"]);
    change("add", "a.b.c", &["--declared"], 1, "not-found", &["no pack that provides `a.b.c`"]);
    let wrong = [&update[..], &["--grant-network", "bad"]].concat();
    refused(&sandbox, &wrong, 2, "invalid-argument", &["argument `grants.network`"]);
}
