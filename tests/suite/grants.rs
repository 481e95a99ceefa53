//! Permissions of packs: declared, granted, listed, revoked, and confirmed at a terminal.

use serde_json::{Value, json};

use test_support::wat::Handler;
use test_support::{Output, Sandbox, gtc, packs, terminal, text};

const ADD: [&str; 8] =
    ["op", "env-packs", "add", "--env", "local", "--slot", "revocation", "--kind"];
const KIND: &str = "acme.revocation.list@1.0.0";
const PATH: &str = "acme.revocation.list";

/// A handler that imports the interfaces for programs and connections.
fn component(version: &str) -> Vec<u8> {
    let mut handler = Handler::new("revocation", PATH, "^1");
    handler.imports =
        "(import \"greentic:env-pack/tools@0.1.0\" \"probe\" (func (param i32 i32 i32 i32 i32)))
        (import \"greentic:env-pack/network@0.1.0\" \"reach\" (func (param i32 i32 i32 i32)))"
            .to_owned();
    handler.fields = format!("(@custom \"version\" \"{version}\")");
    handler.component()
}

/// Writes a pack that declares these commands and addresses.
fn pack(sandbox: &Sandbox, component: Vec<u8>, tools: &[&str], network: &[&str]) -> String {
    let permissions = packs::permissions(tools, network);
    let bytes = packs::archive("revocation", PATH, "^1", component, permissions);
    sandbox.write("packs/list.gtpack", bytes).display().to_string()
}

fn add(sandbox: &Sandbox, pack: &str, grants: &[&str]) -> Output {
    sandbox.gtc(ADD.iter().chain(&[KIND, "--pack-ref", pack]).chain(grants))
}

fn change(sandbox: &Sandbox, verb: &str, grants: &[&str]) -> Output {
    sandbox.gtc(["op", "grants", verb, "--env", "local", "--kind", PATH].iter().chain(grants))
}

fn listed(sandbox: &Sandbox) -> Value {
    sandbox.grants().list().succeeded().result()["packs"].clone()
}

#[test]
fn nothing_is_granted_by_default() {
    let sandbox = Sandbox::with_local();
    let pack =
        pack(&sandbox, component("1"), &["reboot --version", "crl 'a b' *"], &["crl.example:443"]);
    let refused = add(&sandbox, &pack, &[]).refused(1, "unauthorized");
    for words in [
        "to run `reboot --version`",
        "to run `crl 'a b' *`",
        "to reach `crl.example:443`",
        "--grant-tool 'reboot --version'",
        "--grant-network crl.example:443",
    ] {
        assert!(refused.contains(words), "{words}: {refused}");
    }
    let part =
        add(&sandbox, &pack, &["--grant-tool", "reboot --version"]).refused(1, "unauthorized");
    assert!(!part.contains("reboot") && part.contains("crl.example"), "{part}");
    assert_eq!(listed(&sandbox), json!([]));
    add(&sandbox, &pack, &["--grant", "declared"]).succeeded();
    assert_eq!(listed(&sandbox)[0]["grants"]["tools"], json!(["reboot --version", "crl 'a b' *"]));
}

#[test]
fn a_suggested_command_cannot_do_more_than_it_shows() {
    let sandbox = Sandbox::with_local();
    let pack = pack(
        &sandbox,
        component("1"),
        &["crl '$(touch pasted)`touch pasted`' \"it's\" '\"x'"],
        &[],
    );
    let refused = add(&sandbox, &pack, &[]).refused(1, "unauthorized");
    let flags = refused
        .split("grant them with `")
        .nth(1)
        .and_then(|rest| rest.split("`, or all declared").next());
    let command =
        ADD.iter().chain(&[KIND, "--pack-ref", &pack]).copied().collect::<Vec<_>>().join(" ");
    let script = format!("{} {command} {}", gtc(), flags.expect("flags"));
    let pasted = test_support::run(sandbox.command("/bin/sh").arg("-c").arg(script));
    assert_eq!(pasted.code, 0, "{pasted:?}");
    assert!(!sandbox.home().join("pasted").exists());
}

#[test]
fn a_grant_is_listed_revoked_and_granted_again() {
    let sandbox = Sandbox::with_local();
    let pack = pack(&sandbox, component("1"), &["crl fetch *"], &["crl.example:443"]);
    add(&sandbox, &pack, &["--grant", "declared"]).succeeded();
    let pinned = listed(&sandbox)[0].clone();
    assert_eq!((&pinned["kinds"], &pinned["pack_ref"]), (&json!([PATH]), &json!(pack)));
    assert_eq!(pinned["grants"], json!({"tools": ["crl fetch *"], "network": ["crl.example:443"]}));

    let report = change(&sandbox, "revoke", &["--tool", "crl fetch *"]).succeeded().result();
    assert_eq!(report["grants"], json!({"tools": [], "network": ["crl.example:443"]}));
    let doctor = sandbox.env().doctor().exited(1).result();
    let finding = &doctor["permission_faults"][0];
    assert_eq!(finding["code"], "permission-not-granted");
    assert!(text(&finding["next"]).contains(
        "gtc op grants add --env local --kind acme.revocation.list --tool 'crl fetch *'"
    ));
    let human = sandbox.env().doctor().human().exited(1);
    human.shows(&["✗ permission-not-granted", "next: grant them with `gtc op grants add"]);
    change(&sandbox, "revoke", &["--tool", "crl fetch *"]).refused(1, "not-found");

    change(&sandbox, "add", &["--tool", "crl fetch *", "--idempotency-key", "7"]).succeeded();
    sandbox.env().doctor().succeeded();
    change(&sandbox, "revoke", &["--declared"]).succeeded();
    assert_eq!(listed(&sandbox)[0]["grants"], json!({"tools": [], "network": []}));
    change(&sandbox, "add", &["--declared"]).succeeded();
    assert_eq!(listed(&sandbox)[0]["grants"], pinned["grants"]);
    let human = sandbox.grants().list().human().succeeded();
    human.shows(&[
        "`acme.revocation.list`",
        "  may run `crl fetch *`\n  may reach `crl.example:443`",
    ]);

    let log = std::fs::read_to_string(sandbox.environment("local").join("audit/events.jsonl"))
        .expect("a log");
    let last: Value = serde_json::from_str(log.lines().last().expect("a line")).expect("JSON");
    assert_eq!((&last["noun"], &last["verb"]), (&json!("grants"), &json!("add")));
    assert_eq!(last["target"]["grants"], "crl fetch *, crl.example:443");
}

#[test]
fn a_refused_grant_names_the_reason() {
    let sandbox = Sandbox::with_local();
    let pack = pack(&sandbox, component("1"), &["crl fetch *"], &[]);
    add(&sandbox, &pack, &["--grant", "declared"]).succeeded();
    let undeclared = change(&sandbox, "add", &["--tool", "sh -c id"]).refused(1, "unauthorized");
    assert!(
        undeclared.contains("does not declare the permission to run `sh -c id`"),
        "{undeclared}"
    );
    change(&sandbox, "add", &["--network", "a.example:1"]).refused(1, "unauthorized");
    change(&sandbox, "add", &[]).refused(2, "invalid-argument");
    let other =
        ["op", "grants", "add", "--env", "local", "--kind", "acme.revocation.other", "--declared"];
    assert!(sandbox.gtc(other).refused(1, "not-found").contains("acme.revocation.other"));
    let builtin = [
        "op",
        "grants",
        "add",
        "--env",
        "local",
        "--kind",
        "greentic.state.in-memory",
        "--declared",
    ];
    sandbox.gtc(builtin).refused(1, "not-found");
    // a grant applies to the bound archive, not to the file that replaced it
    let wanted = packs::permissions(&["crl fetch *", "sh -c *"], &[]);
    sandbox.write(
        "packs/list.gtpack",
        packs::archive("revocation", PATH, "^1", component("2"), wanted),
    );
    change(&sandbox, "add", &["--tool", "sh -c *"]).refused(1, "unauthorized");
}

#[test]
fn a_new_version_needs_consent_only_for_more_permissions() {
    let sandbox = Sandbox::with_local();
    let update = |pack: &str| {
        let update =
            ["op", "env-packs", "update", "--env", "local", "--slot", "revocation", "--kind", KIND];
        sandbox.gtc(update.iter().chain(&["--pack-ref", pack]))
    };
    let first = pack(&sandbox, component("1"), &["crl fetch *"], &[]);
    add(&sandbox, &first, &["--grant-tool", "crl fetch *"]).succeeded();
    let second = pack(&sandbox, component("2"), &["crl fetch *"], &[]);
    assert_eq!(update(&second).succeeded().result()["grants"]["tools"], json!(["crl fetch *"]));
    let third = pack(&sandbox, component("3"), &["crl fetch *", "crl push *"], &[]);
    let refused = update(&third).refused(1, "unauthorized");
    assert!(refused.contains("crl push") && !refused.contains("crl fetch"), "{refused}");
    // permissions that it no longer declares are no longer granted
    let fourth = pack(&sandbox, component("4"), &[], &["crl.example:443"]);
    update(&fourth).refused(1, "unauthorized");
    let fifth = pack(&sandbox, component("5"), &[], &[]);
    update(&fifth).succeeded();
    assert_eq!(listed(&sandbox)[0]["grants"], json!({"tools": [], "network": []}));
}

#[test]
fn imports_and_declared_permissions_must_agree() {
    let sandbox = Sandbox::with_local();
    let greedy = pack(&sandbox, component("1"), &[], &[]);
    add(&sandbox, &greedy, &[]).succeeded();
    let doctor = sandbox.env().doctor().exited(1).result();
    let reasons: Vec<_> = doctor["permission_faults"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|fault| text(&fault["reason"]))
        .collect();
    assert_eq!(reasons.len(), 2, "{doctor}");
    assert!(
        reasons[0].contains("imports `greentic:env-pack/tools`, but the pack does not declare"),
        "{reasons:?}"
    );
    assert!(reasons[1].contains("imports `greentic:env-pack/network`"), "{reasons:?}");

    let sandbox = Sandbox::with_local();
    let idle =
        pack(&sandbox, Handler::new("revocation", PATH, "^1").component(), &["crl fetch *"], &[]);
    add(&sandbox, &idle, &["--grant", "declared"]).succeeded();
    let doctor = sandbox.env().doctor().exited(1).result();
    let fault = &doctor["permission_faults"][0];
    assert_eq!(
        (&fault["code"], fault["pack_ref"] == json!(idle)),
        (&json!("permission-mismatch"), true)
    );
    assert!(
        text(&fault["reason"]).contains("does not import `greentic:env-pack/tools`"),
        "{fault}"
    );
}

#[test]
fn a_user_at_a_terminal_is_asked() {
    let sandbox = Sandbox::with_local();
    let pack = pack(&sandbox, component("1"), &["crl 'it is' *"], &["crl.example:443"]);
    let bind: Vec<&str> = ADD.iter().chain(&[KIND, "--pack-ref", &pack]).copied().collect();
    for no in ["\n", "n\n", "yesterday\n", "\u{4}"] {
        let (code, screen) = terminal::talk(sandbox.gtc_command().args(&bind), no);
        assert_eq!(code, 1, "{screen}");
        assert!(screen.contains("Grant? [y/N]") && screen.contains("not granted"), "{screen}");
        assert!(screen.contains("to run `crl 'it is' *`"), "{screen}");
    }
    assert_eq!(listed(&sandbox), json!([]));
    let (code, screen) = terminal::talk(sandbox.gtc_command().args(&bind), "y\n");
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains("may reach `crl.example:443`"), "{screen}");
    assert_eq!(listed(&sandbox)[0]["grants"]["network"], json!(["crl.example:443"]));
}

#[test]
fn undeclared_imports_are_warned_about() {
    let sandbox = Sandbox::with_local();
    let component = test_artifacts::prober().display().to_string();
    let build =
        ["pack", "build", "--component", &component, "--version", "1.0.0", "--output", "p.gtpack"];
    let report = sandbox.gtc(build).succeeded().result();
    assert_eq!(report["warnings"].as_array().map(Vec::len), Some(2), "{report}");
    let imports =
        "! component `handler` imports `greentic:env-pack/tools`, but the pack does not declare";
    sandbox.human(build).succeeded().shows(&[imports]);
    let flags = [
        "--env",
        "local",
        "--slot",
        "deployer",
        "--kind",
        "test.deployer.prober@1.0.0",
        "--pack-ref",
        "p.gtpack",
    ];
    let update = ["op", "env-packs", "update"].into_iter().chain(flags);
    sandbox.human(update.clone()).succeeded().shows(&[imports]);
    let report = sandbox.gtc(update.clone()).succeeded().result();
    let found = sandbox.env().doctor().exited(1).result();
    assert_eq!(
        report["warnings"][0], found["permission_faults"][0]["reason"],
        "doctor says the same"
    );

    let declares_all =
        [&build[..], &["--allow-tool", "vault version", "--allow-network", "127.0.0.1:1"]].concat();
    assert_eq!(sandbox.gtc(declares_all).succeeded().result()["warnings"], Value::Null);
    let valid = test_artifacts::witness().display().to_string();
    let declares_more =
        ["pack", "build", "--component", &valid, "--version", "1.0.0", "--allow-network", "a.b:1"];
    let report = sandbox.gtc(declares_more).succeeded().result();
    assert!(text(&report["warnings"][0]).contains("does not import `greentic:env-pack/network`"));
}

#[test]
fn revoked_permissions_stay_revoked() {
    let sandbox = Sandbox::with_local();
    let first = pack(&sandbox, component("1"), &["vault version"], &["crl.example:443"]);
    let granted =
        add(&sandbox, &first, &["--grant-network", "crl.example:443"]).succeeded().result();
    assert_eq!(
        granted["grants"]["tools"],
        json!(["vault version"]),
        "a known version query is granted on first sight"
    );
    change(&sandbox, "revoke", &["--tool", "vault version"]).succeeded();
    let update =
        ["op", "env-packs", "update", "--env", "local", "--slot", "revocation", "--kind", KIND];
    let update = |pack: &str, grants: &[&str]| {
        sandbox.gtc(update.iter().chain(&["--pack-ref", pack]).chain(grants))
    };
    let refused = update(&first, &[]).refused(1, "unauthorized");
    assert!(refused.contains("vault version") && !refused.contains("crl.example"), "{refused}");
    let second = pack(&sandbox, component("2"), &["vault version"], &["crl.example:443"]);
    update(&second, &[]).refused(1, "unauthorized");
    update(&second, &["--grant-tool", "vault version"]).succeeded();
}
