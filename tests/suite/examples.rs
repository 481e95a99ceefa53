//! The examples are built, tested and bound as their READMEs describe. The preflights of those
//! in Rust also run with scripts in place of programs, and with the real program if this machine
//! has it.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::net::TcpListener;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::toolchains::{component, copy, toolchains};
use test_support::toolchain::{path, toolchain};
use test_support::verbs::Gtc;
use test_support::{Output, Sandbox, repository, text};

/// A listener on this machine, and its address.
fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    (listener, address)
}

/// Creates a program that records its command line before it answers.
fn recording_program(sandbox: &mut Sandbox, name: &str, answer: &str) {
    sandbox.program(name, &format!("echo \"{name} $*\" >> \"$HOME/asked\"\n{answer}"));
}

fn commands_run(sandbox: &Sandbox) -> BTreeSet<String> {
    let asked = std::fs::read_to_string(sandbox.home().join("asked")).unwrap_or_default();
    asked.lines().map(str::to_owned).collect()
}

/// Packs an example. Returns the pack and its declared commands, without quotes.
fn packed(
    sandbox: &Sandbox,
    component: PathBuf,
    version: &str,
    flags: &[&str],
) -> (String, BTreeSet<String>) {
    let pack = sandbox.built_pack(component, version, flags).display().to_string();
    let report = sandbox.pack().inspect(&pack).succeeded().result();
    let declared = &report["handlers"][0]["declared"];
    assert_eq!(report["handlers"][0].get("problem"), None);
    let tools = declared["tools"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|tool| text(tool).replace('\'', ""));
    (pack, tools.collect())
}

fn bind_slot(sandbox: &Sandbox, slot: &str, kind: &str, pack: &str, answers: &Value) {
    sandbox.write(".greentic/environments/local/answers.json", answers.to_string());
    let update = sandbox.env_packs().update(slot).kind(kind).pack_ref(pack);
    update.answers_ref("answers.json").grant_declared().succeeded();
    sandbox.env().doctor().succeeded();
}

/// The outcomes of one binding, by the names of its checks.
fn outcomes(sandbox: &Sandbox, code: i32, kind: &str) -> Value {
    let report = sandbox.env().tool_check().exited(code).result();
    let bindings = report["bindings"].as_array().expect("a list");
    let checks =
        &bindings.iter().find(|binding| binding["kind"] == kind).expect("the binding")["checks"];
    let entry = |check: &Value| (text(&check["name"]).to_owned(), check["outcome"].clone());
    checks.as_array().expect("a list").iter().map(entry).collect::<serde_json::Map<_, _>>().into()
}

/// Runs the commands of an example's README in a copy of its folders, up to the command that
/// checks this machine.
fn follow_readme(example: &str, toolchain_in: Option<&str>) {
    let sandbox = Sandbox::new();
    let root = sandbox.home().join("repository");
    ["examples", "guest-sdk", "wit"]
        .iter()
        .for_each(|folder| copy(&repository().join(folder), &root.join(folder)));
    let folder = root.join("examples").join(example);
    if let Some(place) = toolchain_in {
        component(example);
        std::os::unix::fs::symlink(toolchains().join(example).join(place), folder.join(place))
            .expect("a link");
    }
    let readme = std::fs::read_to_string(folder.join("README.md")).expect("a file");
    let block =
        readme.split("```sh\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a block");
    let (commands, last) =
        block.split_once("gtc op env tool-check local").expect("the last command");
    assert_eq!(last.lines().count(), 1, "{last}");
    let project = std::fs::read_to_string(folder.join("gtc-pack.toml")).expect("a file");
    let test = (!project.contains("handler = false")).then_some("gtc pack test ");
    for command in ["gtc pack build ", "gtc pack validate ", "gtc op env init "] {
        assert!(commands.contains(command), "{commands}");
    }
    assert!(test.is_none_or(|test| commands.contains(test)), "{commands}");
    let is_install =
        |line: &&str| line.starts_with("python3 -m venv") || line.starts_with("npm ci");
    let commands: Vec<&str> = commands.lines().filter(|line| !is_install(line)).collect();
    let mut shell = sandbox.command("/bin/sh");
    toolchain(&mut shell);
    shell
        .args(["-ec", &commands.join("\n")])
        .current_dir(&folder)
        .env("PATH", path())
        .env("CARGO_NET_OFFLINE", "true");
    // without the time limit of other commands, because toolchains are slow
    Output::from(shell.output().expect("it starts")).succeeded();
    let environment = sandbox.document("local").to_string();
    let id = project
        .lines()
        .find_map(|line| line.strip_prefix("id = "))
        .expect("an id")
        .trim_matches('"');
    assert!(environment.contains(id), "{environment}");
    sandbox.env().doctor().succeeded();
}

#[test]
fn vault_secrets_is_a_project() {
    follow_readme("vault-secrets", None);
}

#[test]
fn terraform_deployer_is_a_project() {
    follow_readme("terraform-deployer", None);
}

#[test]
fn oauth_extension_is_a_project() {
    follow_readme("oauth-extension", None);
}

#[test]
fn fast2flow_extension_is_a_project() {
    follow_readme("fast2flow-extension", None);
}

#[test]
#[ignore = "needs python3; `cargo xtask test` runs it"]
fn a_python_example_is_a_project() {
    follow_readme("python-secrets", Some(".venv"));
}

#[test]
#[ignore = "needs node and npm; `cargo xtask test` runs it"]
fn a_javascript_example_is_a_project() {
    follow_readme("javascript-telemetry", Some("node_modules"));
}

/// The SDK and the examples hold copies of the WIT, as a project outside of this
/// repository does.
#[test]
fn copies_of_the_wit_are_current() {
    let original = wit_files("wit/env-pack/0.1.0");
    for copy in [
        "guest-sdk/wit",
        "examples/python-secrets/wit/deps/env-pack",
        "examples/javascript-telemetry/wit/deps/env-pack",
    ] {
        assert_eq!(wit_files(copy), original, "{copy}");
    }
}

/// The WIT files of a folder: names and content.
fn wit_files(folder: &str) -> BTreeMap<OsString, String> {
    let entries = std::fs::read_dir(repository().join(folder)).expect("a folder");
    let files = entries.map(|entry| entry.expect("an entry"));
    files
        .map(|file| (file.file_name(), std::fs::read_to_string(file.path()).expect("a WIT file")))
        .collect()
}

#[test]
fn vault_secrets_runs_exactly_what_it_declares() {
    let mut sandbox = Sandbox::with_local();
    let (server, address) = listener();
    let (pack, declared) =
        packed(&sandbox, test_artifacts::vault(), "0.4.2", &["--network", &address]);
    let kind = "acme.secrets.vault@0.4.2";
    // the error does not suggest grants, which would not help
    let misplaced = sandbox.env_packs().update("state").kind(kind).pack_ref(&pack);
    assert!(!misplaced.refused(1, "slot-mismatch").contains("grant"));
    bind_slot(&sandbox, "secrets", kind, &pack, &json!({"address": format!("http://{address}")}));
    recording_program(
        &mut sandbox,
        "vault",
        "[ \"$1\" = version ] && echo 'Vault v1.15.2 (cf1b5ca)' || echo 'id  s.secret'",
    );
    let found = outcomes(&sandbox, 0, kind);
    let expected =
        json!({"vault": {"status": "ok", "detail": "1.15.2"}, "vault-token": {"status": "ok"}});
    assert_eq!(
        (&found["vault"], &found["vault-token"]["status"]),
        (&expected["vault"], &json!("ok"))
    );
    assert_eq!(found[&address]["status"], "ok");
    assert_eq!(
        commands_run(&sandbox),
        declared,
        "the declared commands are exactly those that run"
    );

    drop(server);
    sandbox.program(
        "vault",
        "[ \"$1\" = version ] && echo 'Vault v1.15.2' || { echo '* permission denied' >&2; exit 2; }",
    );
    let found = outcomes(&sandbox, 1, kind);
    assert_eq!(
        (&found["vault-token"]["status"], &found[&address]["status"]),
        (&json!("auth_failed"), &json!("unreachable"))
    );
    sandbox.program(
        "vault",
        "echo 'dial tcp 127.0.0.1:8200: connect: connection refused' >&2; exit 2",
    );
    assert_eq!(outcomes(&sandbox, 1, kind)["vault-token"]["status"], "unreachable");
    // an endless line is excerpted, and other checks keep their outcomes
    let endless = "head -c 1000000 /dev/zero | tr '\\0' x";
    sandbox.program(
        "vault",
        &format!("[ \"$1\" = version ] && echo 'Vault v1.15.2' || {{ {endless} >&2; exit 2; }}"),
    );
    let found = outcomes(&sandbox, 1, kind);
    assert_eq!(
        (&found["vault"], &found["vault-token"]["status"]),
        (&expected["vault"], &json!("probe_error"))
    );
    let detail = text(&found["vault-token"]["detail"]);
    assert!(detail.len() < 2 << 10 && detail.ends_with("more bytes)"), "{detail}");
}

#[test]
fn terraform_deployer_runs_exactly_what_it_declares() {
    let mut sandbox = Sandbox::with_local();
    let (_state, address) = listener();
    let (pack, declared) =
        packed(&sandbox, test_artifacts::terraform(), "1.2.0", &["--network", &address]);
    let kind = "acme.deployer.terraform@1.2.0";
    recording_program(
        &mut sandbox,
        "terraform",
        "echo '{'; echo '  \"terraform_version\": \"1.9.8\"'; echo '}'",
    );
    recording_program(
        &mut sandbox,
        "aws",
        "printf '123456789012\\tarn:aws:iam::123456789012:user/alice\\tAIDA\\n'",
    );
    recording_program(&mut sandbox, "gcloud", "");
    recording_program(
        &mut sandbox,
        "az",
        "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1",
    );
    for (cloud, name, status) in [
        ("aws", "aws-identity", "ok"),
        ("gcp", "gcloud-account", "auth_failed"),
        ("azure", "az-account", "auth_failed"),
    ] {
        bind_slot(
            &sandbox,
            "deployer",
            kind,
            &pack,
            &json!({"cloud": cloud, "state": format!("http://{address}/x")}),
        );
        let found = outcomes(&sandbox, i32::from(status != "ok"), kind);
        assert_eq!(found["terraform"], json!({"status": "ok", "detail": "1.9.8"}));
        assert_eq!(
            (&found[name]["status"], &found[&address]["status"]),
            (&json!(status), &json!("ok")),
            "{found}"
        );
        assert_eq!(
            found.as_object().map(serde_json::Map::len),
            Some(3),
            "only the cloud of the answers is checked: {found}"
        );
    }
    assert_eq!(
        commands_run(&sandbox),
        declared,
        "the declared commands are exactly those that run"
    );
}

#[test]
#[ignore = "needs terraform; `cargo xtask test` runs it"]
fn terraform_deployer_reads_the_terraform_of_this_machine() {
    let program = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .map(|folder| folder.join("terraform"))
        .find(|program| program.is_file())
        .expect("a terraform on PATH");
    let mut sandbox = Sandbox::with_local();
    let (pack, _) =
        packed(&sandbox, test_artifacts::terraform(), "1.2.0", &["--network", "127.0.0.1:1"]);
    bind_slot(&sandbox, "deployer", "acme.deployer.terraform@1.2.0", &pack, &json!({}));
    sandbox.program("terraform", &format!("exec '{}' \"$@\"", program.display()));
    let report = sandbox.env().tool_check().run().result();
    let outcome = &report["bindings"][0]["checks"][0]["outcome"];
    let version = outcome["detail"].as_str().or(outcome["found"].as_str());
    assert!(version.is_some_and(|version| version.split('.').count() >= 3), "{report}");
}

#[test]
fn oauth_extension_is_bound_as_often_as_it_is_needed() {
    let sandbox = Sandbox::with_local();
    let (_provider, address) = listener();
    let (pack, declared) =
        packed(&sandbox, test_artifacts::oauth(), "1.1.0", &["--network", &address]);
    assert!(declared.is_empty());
    let complete = json!({"issuer": format!("http://{address}/"), "client_id": "shop", "client_secret_ref": "secret://oauth/x"});
    let mut leaked = complete.clone();
    leaked["client_secret_ref"] = json!("hunter2");
    for (instance, answers) in [
        (None, &complete),
        (Some("staff"), &complete),
        (Some("guests"), &leaked),
        (Some("new"), &json!({})),
    ] {
        let file = format!("{}.json", instance.unwrap_or("default"));
        sandbox.write(format!(".greentic/environments/local/{file}"), answers.to_string());
        let add = sandbox.extensions().add().kind("acme.oauth.oidc@1.1.0").pack_ref(&pack);
        let add = add.answers_ref(&file).grant_declared();
        instance.into_iter().fold(add, Gtc::instance_id).succeeded();
    }
    sandbox.env().doctor().succeeded();
    let resolved = sandbox.extensions().resolve("ext://acme.oauth.oidc/staff").succeeded().result();
    assert!(resolved.to_string().contains("secret://oauth/x"), "{resolved}");

    let report = sandbox.env().tool_check().exited(1).result();
    let statuses = |binding: &Value| -> Vec<String> {
        let checks = binding["checks"].as_array().expect("a list").iter();
        checks.map(|check| text(&check["outcome"]["status"]).to_owned()).collect()
    };
    let found: Vec<_> =
        report["extension_bindings"].as_array().expect("a list").iter().map(statuses).collect();
    assert_eq!(
        found,
        [["ok"; 3], ["ok"; 3], ["ok", "missing", "ok"], ["missing"; 3]],
        "the instances: default, staff, guests, new"
    );
    assert!(!report.to_string().contains("hunter2"), "a secret is not repeated: {report}");
}

/// The example without a handler is built, bound and resolved.
#[test]
fn fast2flow_extension_gives_its_answers_to_workloads() {
    let sandbox = Sandbox::with_local();
    let folder = sandbox.home().join("fast2flow");
    copy(&repository().join("examples/fast2flow-extension"), &folder);
    let name = folder.display().to_string();
    let built = sandbox.gtc(["pack", "build", &name]).succeeded().result();
    assert_eq!((&built["slot"], &built["without_handler"]), (&json!("extension"), &json!(true)));
    let pack = text(&built["path"]);
    let answers = json!({"endpoint": "http://router.acme.example/", "default_flow": "support"});
    sandbox.write(".greentic/environments/local/router.json", answers.to_string());
    let add = sandbox.extensions().add().kind("acme.fast2flow.router@0.1.0").pack_ref(pack);
    let add = add.answers_ref("router.json");
    // its schema wants HTTPS
    add.clone().refused(1, "answers-mismatch");
    let answers = json!({"endpoint": "https://router.acme.example/", "default_flow": "support"});
    sandbox.write(".greentic/environments/local/router.json", answers.to_string());
    add.succeeded();
    sandbox.env().doctor().succeeded();
    sandbox.env().tool_check().succeeded();
    let resolved = sandbox.extensions().resolve("ext://acme.fast2flow.router").succeeded().result();
    assert_eq!(resolved["answers"], answers);
    let slot = sandbox.env_packs().update("state").kind("acme.fast2flow.router@0.1.0");
    slot.pack_ref(pack).refused(1, "no-handler");
}
