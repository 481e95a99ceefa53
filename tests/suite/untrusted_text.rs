//! Text of packs, tools, files, names and arguments: control characters never reach a
//! terminal, and only the host begins a line. JSON has exactly the original text, with
//! the same characters escaped.

use std::os::unix::process::CommandExt as _;

use env_pack_domain::{ForeignText, Permissions};
use serde_json::{Value, json};

use test_support::verbs::Gtc;
use test_support::wat::Handler;
use test_support::{Output, Sandbox, gtc_folder, packs, run, text};

/// The text that the guest `liar` returns everywhere.
const LIE: &str = "\u{1b}[2J\u{1b}]0;t\u{7}\u{9b}31m\u{202e}\u{200b}\u{7f}\r\nFAKED a\nFAKED b\u{85}FAKED c\u{2028}FAKED d";
/// The same, without characters that a file name cannot have.
const NAME: &str = "\u{1b}[2J\u{9b}31m\u{202e}\r\nFAKED\n$(touch faked)'x";

/// Requires that neither output has control characters or a line begun by the text.
#[track_caller]
fn harmless(ran: &Output) {
    for shown in [&ran.stdout, &ran.stderr] {
        for line in shown.split('\n') {
            let odd = line.chars().find(|c| !ForeignText::is_plain(&c.to_string()));
            assert_eq!(odd, None, "{shown}");
            assert!(!line.trim_start().starts_with("FAKED"), "{shown}");
        }
    }
}

/// Runs a command with text and JSON output. Returns the latter.
#[track_caller]
fn both(command: Gtc<'_>) -> Output {
    harmless(&command.clone().human().run());
    let json = command.run();
    harmless(&json);
    json
}

/// A pack with hostile text everywhere, including its file name.
fn spoofing_pack(sandbox: &Sandbox) -> String {
    let pack = sandbox.home().join(format!("{NAME}.gtpack")).display().to_string();
    let build = sandbox.pack().build(test_artifacts::liar()).version("1.0.0").output(&pack);
    let built = both(build.args(["--publisher", LIE]).allow_tool("probed *")).succeeded();
    assert_eq!(built.result()["path"], pack);
    pack
}

#[test]
fn text_of_a_pack_cannot_spoof_terminal_output() {
    let mut sandbox = Sandbox::with_local();
    sandbox.program(
        "probed",
        "printf '\\033[2J\\r\\nFAKED a\\nFAKED b'; printf '\\302\\233FAKED' >&2",
    );
    let pack = spoofing_pack(&sandbox);
    let inspected = both(sandbox.pack().inspect(&pack)).succeeded().result();
    assert_eq!((&inspected["publisher"], &inspected["pack_ref"]), (&json!(LIE), &json!(pack)));
    for instance in ["lies", "panic", "twins"] {
        sandbox.write(
            format!(".greentic/environments/local/{instance}.json"),
            json!({ instance: LIE }).to_string(),
        );
        let add = sandbox.extensions().add().kind("test.extension.liar@1.0.0").pack_ref(&pack);
        let add = add.instance_id(instance).answers_ref(format!("{instance}.json"));
        harmless(&add.grant_declared().succeeded());
    }
    let checked = both(sandbox.env().tool_check().arg("-v")).exited(1);
    let bindings = &checked.result()["extension_bindings"];
    let checks = bindings[0]["checks"].as_array().expect("a list");
    assert_eq!(checks[0]["outcome"]["detail"], "\u{1b}[2J\r\nFAKED a\nFAKED b\u{9b}FAKED");
    assert_eq!(
        checks[2],
        json!({"name": format!("{LIE}2"), "description": LIE, "outcome": {"status": "missing", "install_hint": LIE}})
    );
    assert!(text(&bindings[0]["probes"][1]["asked"]).starts_with(LIE), "{bindings}");
    assert_eq!(
        (&bindings[1]["fault"]["kind"], &bindings[2]["fault"]["kind"]),
        (&json!("trapped"), &json!("wrong-shape"))
    );
    assert_eq!(
        checked.stderr.matches(" ERROR handler: ").count(),
        4,
        "five levels in three preflights, and a panic: {checked:?}"
    );

    both(sandbox.env().show()).succeeded();
    both(sandbox.env().doctor()).succeeded();
    both(sandbox.env().list()).succeeded();
    both(sandbox.extensions().list()).succeeded();
    both(sandbox.grants().list()).succeeded();
    let resolved = both(
        sandbox.extensions().resolve("ext://test.extension.liar/lies").args(["--env", "local"]),
    );
    assert_eq!(resolved.succeeded().result()["answers"], json!({"lies": LIE}));

    // the file is missing, then replaced
    std::fs::write(&pack, LIE).expect("a file");
    both(sandbox.env().doctor()).exited(1);
    both(sandbox.pack().inspect(&pack)).exited(1);
    std::fs::remove_file(&pack).expect("a file");
    both(sandbox.pack().inspect(&pack)).exited(1);
    both(sandbox.env().doctor());
    both(sandbox.grants().revoke("test.extension.liar").args(["--tool", "other"])).exited(1);
    audited(&sandbox);
}

/// Requires that every line of the audit log is a JSON document without control characters.
#[track_caller]
fn audited(sandbox: &Sandbox) {
    let log = sandbox.audit_log("local");
    harmless(&Output { code: 0, stdout: log.clone(), stderr: String::new() });
    assert!(
        log.lines()
            .all(|line| serde_json::from_str::<Value>(line).is_ok_and(|line| line.is_object())),
        "{log}"
    );
}

#[test]
fn text_of_a_component_cannot_spoof_terminal_output() {
    let sandbox = Sandbox::with_local();
    for (path, versions) in [(LIE, "^1"), ("test.state.liar", LIE), ("", "")] {
        let component = Handler::new("state", path, versions).component();
        let file = sandbox.write("liar.wasm", &component).display().to_string();
        both(sandbox.pack().build(&file).version("1.0.0")).exited(1);
        let bytes =
            packs::archive("state", "test.state.liar", "^1", component, Permissions::default());
        let pack = sandbox.write("liar.gtpack", bytes).display().to_string();
        let update = sandbox.env_packs().update("state").kind("test.state.liar@1.0.0");
        both(update.pack_ref(pack)).exited(1);
    }
    // an import and an archive entry with this name
    let mut handler = Handler::new("state", "test.state.liar", "^1");
    handler.fields = format!("(@custom \"{}\" \"\")", "FAKED");
    let valid = handler.archive();
    let name = b"components/handler.wasm";
    let lie = b"components/\x1b[2J\r\nFAKED";
    let mut bytes = valid.clone();
    while let Some(at) = bytes.windows(name.len()).position(|window| window == name) {
        bytes[at..at + lie.len()].copy_from_slice(lie);
    }
    let pack = sandbox.write("liar.gtpack", bytes).display().to_string();
    both(sandbox.pack().inspect(&pack)).exited(1);
    // malformed documents in an archive
    for (from, to) in [
        ("pack-v1", "\u{1b}[2J\r\nF"),
        ("test.state.liar", "\u{1b}[2J\r\nFAKED xx"),
        ("greentic:env-pack/env-pack-handler", "greentic:env-pack/\u{1b}[2J\r\nFAKED x"),
    ] {
        let bytes = edited(&valid, from, to);
        let pack = sandbox.write("liar.gtpack", bytes).display().to_string();
        both(sandbox.pack().inspect(&pack));
        let update = sandbox.env_packs().update("state").kind("test.state.liar@1.0.0");
        both(update.pack_ref(pack));
    }
    audited(&sandbox);
}

/// Replaces a text in the manifest of an archive by one of the same length, and updates
/// the checksums.
fn edited(archive: &[u8], from: &str, to: &str) -> Vec<u8> {
    use std::io::{Cursor, Read as _, Write as _};
    let mut entries: Vec<(String, Vec<u8>)> = Vec::new();
    let mut zip = zip::ZipArchive::new(Cursor::new(archive)).expect("an archive");
    for at in 0..zip.len() {
        let mut file = zip.by_index(at).expect("an entry");
        let mut content = Vec::new();
        file.read_to_end(&mut content).expect("its content");
        entries.push((file.name().expect("a name").into_owned(), content));
    }
    let hash = |content: &[u8]| blake3::hash(content).to_hex().to_string().into_bytes();
    let before = hash(&entries[0].1);
    let to = format!("{to:x<width$}", width = from.len());
    replace(&mut entries[0].1, from.as_bytes(), &to.as_bytes()[..from.len()]);
    let after = hash(&entries[0].1);
    replace(&mut entries.last_mut().expect("a bill").1, &before, &after);
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Stored)
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o644);
    for (name, content) in entries {
        writer.start_file(name.as_str(), stored).expect("a name");
        writer.write_all(&content).expect("memory");
    }
    writer.finish().expect("an archive").into_inner()
}

fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    while let Some(at) = bytes.windows(from.len()).position(|window| window == from) {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
}

#[test]
fn files_of_an_environment_cannot_spoof_terminal_output() {
    let sandbox = Sandbox::with_local();
    let document = sandbox.document("local");
    let change = |change: &dyn Fn(&mut Value)| {
        let mut changed = document.clone();
        change(&mut changed);
        sandbox.write(".greentic/environments/local/environment.json", changed.to_string());
        for verb in [
            sandbox.env().show(),
            sandbox.env().doctor(),
            sandbox.env().list(),
            sandbox.env().tool_check(),
            sandbox.env_packs().list(),
            sandbox.grants().list(),
            sandbox.env().init(),
        ] {
            both(verb);
        }
    };
    change(&|document| document["name"] = json!(LIE));
    change(&|document| document[LIE] = json!([LIE, {LIE: LIE}]));
    for member in ["schema", "environment_id", "packs"] {
        change(&|document| document[member] = json!(LIE));
    }
    for member in ["slot", "kind", "pack_ref", "answers_ref", "generation", "previous_binding_ref"]
    {
        change(&|document| document["packs"][0][member] = json!(LIE));
    }
    change(&|document| document["packs"][0]["pack_ref"] = json!(format!("/tmp/{NAME}")));
    change(&|document| document["packs"][0]["pack_ref"] = json!(format!("{}://{NAME}", "repo")));
    sandbox.write(".greentic/environments/local/environment.json", format!("{{\"a\": {LIE}"));
    both(sandbox.env().doctor()).exited(2);
    sandbox.write(".greentic/environments/local/environment.json", document.to_string());
    for lock in [
        json!(LIE),
        json!({"schema": LIE, "packs": {}}),
        json!({"schema": "greentic.env-pack-lock.v1", "packs": {LIE: {"archive_sha256": LIE, "size": 1, "handlers": [], "locked_at": LIE}}}),
    ] {
        sandbox.write(".greentic/environments/local/packs.lock.json", lock.to_string());
        both(sandbox.env().doctor()).exited(2);
    }
    // a folder with this name is not an environment
    std::fs::create_dir(sandbox.home().join(".greentic/environments").join(NAME))
        .expect("a folder");
    both(sandbox.env().list());
}

#[test]
fn arguments_and_file_names_cannot_spoof_terminal_output() {
    let sandbox = Sandbox::with_local();
    let flag = format!("--{LIE}");
    let value = format!("--format={LIE}");
    for arguments in [
        &[LIE][..],
        &[&flag],
        &[&value],
        &["op", LIE],
        &["op", "env", LIE],
        &["op", "env", "doctor", LIE],
        &["op", "env", "doctor", "local", LIE],
        &["op", "env", "doctor", "local", &flag],
        &["op", "env", "doctor", "--store-root", LIE],
        &["op", "env", "list", "--store-root", LIE],
        &["op", "env", "create", "--env", LIE],
        &["op", "extensions", "resolve", LIE],
        &["op", "env-packs", "list", "--answers", LIE],
        &["completions", LIE],
        &["pack", "inspect", LIE],
        &["pack", "build", "--component", LIE, "--version", LIE],
        &["pack", "build", "--component", LIE, "--version", "1.0.0"],
    ] {
        both(sandbox.verb("").args(arguments));
    }
    let add = |slot, kind, pack_ref| sandbox.env_packs().add(slot).kind(kind).pack_ref(pack_ref);
    let valid = add("revocation", "a.b@1.0.0", "x");
    for command in [
        add(LIE, "a.b@1.0.0", "x"),
        add("revocation", LIE, "x"),
        add("revocation", "a.b@1.0.0", LIE),
        valid.clone().grant_tool(LIE),
        valid.clone().grant_network(LIE),
        valid.answers_ref(LIE).idempotency_key(LIE),
        add("revocation", "a.b@1.0.0", LIE).no_fetch().idempotency_key(LIE),
        sandbox.env().doctor(),
    ] {
        both(command);
    }
    for (name, content) in [
        ("a.json", format!("{{{}: 1}}", json!(LIE))),
        ("a.yaml", format!("{}: 1", json!(LIE))),
        ("b.yaml", LIE.to_owned()),
        ("c.json", json!({"environment_id": LIE}).to_string()),
    ] {
        sandbox.write(name, content);
        let ran = both(sandbox.verb("op env create").answers(name)).exited(2);
        assert!(ran.stderr.contains("invalid-argument"), "{ran:?}");
    }
    // the program name, a variable, and bytes that are not UTF-8
    let mut command = sandbox.gtc_command();
    harmless(&run(command.arg0(LIE).args(["op", "env", "list", "x", "--format", "human"])));
    let mut command = sandbox.gtc_command();
    harmless(&run(command.env("GTC_FORMAT", LIE).args(["op", "env", "list"])));
    let mut command = sandbox.gtc_command();
    let no_text = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"\xff\x1b[2J");
    harmless(&run(command.args(["op", "env", "doctor"]).arg(no_text)).exited(2));
    audited(&sandbox);
}

#[test]
fn suggested_commands_quote_untrusted_text() {
    let sandbox = Sandbox::with_local();
    let valid = sandbox.valid_pack("state", "test.state.valid", "^1");
    let pack = sandbox.home().join("x; touch pasted $(touch pasted)'.gtpack").display().to_string();
    std::fs::copy(&valid, &pack).expect("a copy");
    let update = sandbox.env_packs().update("state").kind("test.state.valid@1.0.0");
    update.pack_ref(&pack).succeeded();
    let other = packs::archive(
        "state",
        "test.state.valid",
        "^1",
        Handler::new("state", "test.state.valid", "^1.1").component(),
        Permissions::default(),
    );
    std::fs::write(&pack, other).expect("a file");
    let doctor = sandbox.env().doctor().exited(1).result();
    let next = text(&doctor["digest_drift"][0]["next"]);
    let commands: Vec<&str> = next.split('`').skip(1).step_by(2).collect();
    assert!(
        commands.len() == 2 && commands.iter().all(|command| command.starts_with("gtc ")),
        "{next}"
    );
    for pasted in commands {
        let path = format!("{}:/usr/bin:/bin", gtc_folder());
        run(sandbox.command("/bin/sh").env("PATH", path).args(["-c", pasted]));
        assert!(!sandbox.home().join("pasted").exists(), "{pasted}");
    }
}

/// JSON has all of a long text, and a terminal its beginning.
#[test]
fn text_of_a_handler_does_not_fill_the_terminal() {
    let mut sandbox = Sandbox::with_asker(&["probed *"], &[]);
    sandbox.program("probed", "printf 'x%.0s' $(seq 3000)");
    sandbox.questions(&["run|probed|x"]);
    let check = sandbox.env().tool_check().env("local");
    let longest = |output: &str| {
        let words = output.split(|it: char| it != 'x');
        words.map(str::len).max().expect("a word")
    };
    assert_eq!(longest(&check.clone().succeeded().stdout), 3000);
    let human = check.human().succeeded().stdout;
    assert!((1..=400).contains(&longest(&human)), "{human}");
    assert!(human.contains('…'), "{human}");
}
