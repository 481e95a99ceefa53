//! Permissions of packs: declared, granted, listed, revoked, and confirmed at a terminal.

use serde_json::{Value, json};
use snapbox::str;

use test_support::registry::image::Image;
use test_support::registry::scripted::ScriptedRegistry;
use test_support::snapshots::assert_json;
use test_support::verbs::Gtc;
use test_support::wat::Handler;
use test_support::{Sandbox, assert_contains, gtc, packs, run, terminal, text};

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

fn add<'a>(sandbox: &'a Sandbox, pack: &str) -> Gtc<'a> {
    sandbox.env_packs().add("revocation").kind(KIND).pack_ref(pack)
}

fn update<'a>(sandbox: &'a Sandbox, pack: &str) -> Gtc<'a> {
    sandbox.env_packs().update("revocation").kind(KIND).pack_ref(pack)
}

fn listed(sandbox: &Sandbox) -> Value {
    sandbox.grants().list().succeeded().result()["bindings"].clone()
}

#[test]
fn nothing_is_granted_by_default() {
    let sandbox = Sandbox::with_local();
    let pack =
        pack(&sandbox, component("1"), &["reboot --version", "crl 'a b' *"], &["crl.example:443"]);
    let refused = add(&sandbox, &pack).refused(1, "unauthorized");
    for words in [
        "to run `reboot --version`",
        "to run `crl 'a b' *`",
        "to reach `crl.example:443`",
        "--tool 'reboot --version'",
        "--network crl.example:443",
    ] {
        assert!(refused.contains(words), "{words}: {refused}");
    }
    let part = add(&sandbox, &pack).grant_tool("reboot --version").refused(1, "unauthorized");
    assert!(!part.contains("reboot") && part.contains("crl.example"), "{part}");
    assert_eq!(listed(&sandbox), json!([]));
    add(&sandbox, &pack).grant_declared().succeeded();
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
    let refused = add(&sandbox, &pack).refused(1, "unauthorized");
    let flags = refused
        .split("grant them with `")
        .nth(1)
        .and_then(|rest| rest.split("`, or all declared").next());
    let add = "op env-packs add --env local --slot revocation --kind";
    let script = format!("{} {add} {KIND} --pack-ref {pack} {}", gtc(), flags.expect("flags"));
    run(sandbox.command("/bin/sh").arg("-c").arg(script)).succeeded();
    assert!(!sandbox.home().join("pasted").exists());
}

#[test]
fn a_grant_is_listed_revoked_and_granted_again() {
    let sandbox = Sandbox::with_local();
    let pack = pack(&sandbox, component("1"), &["crl fetch *"], &["crl.example:443"]);
    add(&sandbox, &pack).grant_declared().succeeded();
    let pinned = listed(&sandbox);
    assert_json(
        &pinned,
        str![[r#"
[{
  "slot": "revocation",
  "kind": "acme.revocation.list@1.0.0",
  "pack_ref": "[HOME]/packs/list.gtpack",
  "archive_sha256": "[DIGEST]",
  "grants": {"tools": ["crl fetch *"], "network": ["crl.example:443"]}
}]
"#]],
    );

    let revoke = sandbox.grants().revoke(PATH).tool("crl fetch *");
    revoke.clone().succeeded().has(
        &["bindings"],
        str![[r#"
bindings: [{
  "slot": "revocation",
  "kind": "acme.revocation.list@1.0.0",
  "pack_ref": "[HOME]/packs/list.gtpack",
  "archive_sha256": "[DIGEST]",
  "grants": {"tools": [], "network": ["crl.example:443"]}
}]
"#]],
    );
    sandbox.env().doctor().exited(1).has(&["permission_faults"], str![[r#"
permission_faults: [{
  "pack_ref": "[HOME]/packs/list.gtpack",
  "code": "permission-not-granted",
  "reason": "it requires permissions that are not granted: to run `crl fetch *`",
  "next": "grant them with `gtc op grants add --env local --kind acme.revocation.list --tool 'crl fetch *'`"
}]
"#]]);
    let human = sandbox.env().doctor().human().exited(1);
    human.shows(&["✗ permission-not-granted", "next: grant them with `gtc op grants add"]);
    revoke.refused(1, "not-found");

    sandbox.grants().add(PATH).tool("crl fetch *").idempotency_key("7").succeeded();
    sandbox.env().doctor().succeeded();
    sandbox.grants().revoke(PATH).declared().succeeded();
    assert_eq!(listed(&sandbox)[0]["grants"], json!({"tools": [], "network": []}));
    sandbox.grants().add(PATH).declared().succeeded();
    assert_eq!(listed(&sandbox), pinned);
    let human = sandbox.grants().list().human().succeeded();
    human.shows(&[
        "slot `revocation`: `acme.revocation.list@1.0.0`",
        "  may run `crl fetch *`\n  may reach `crl.example:443`",
    ]);
    assert_json(
        sandbox.audit_events("local").last().expect("an event"),
        str![[r#"
{
  "seq": 7,
  "prev": "sha256:[DIGEST]",
  "schema": "greentic.audit.event.v1",
  "event_id": "[ID]",
  "ts": "[TIME]",
  "actor": [USER],
  "env_id": "local",
  "noun": "grants",
  "verb": "add",
  "target": {
    "kind": "acme.revocation.list",
    "pack_ref": "[HOME]/packs/list.gtpack",
    "grants": "crl fetch *, crl.example:443"
  },
  "authorization": {
    "decision": "allow",
    "policy": "file-permissions",
    "reason": "the user may write the folder of the environment"
  },
  "result": {"outcome": "ok"}
}
"#]],
    );
}

#[test]
fn a_refused_grant_names_the_reason() {
    let sandbox = Sandbox::with_local();
    let pack = pack(&sandbox, component("1"), &["crl fetch *"], &[]);
    add(&sandbox, &pack).grant_declared().succeeded();
    let grant = sandbox.grants().add(PATH);
    let undeclared = grant.clone().tool("sh -c id").refused(1, "unauthorized");
    assert_contains(&undeclared, &["does not declare the permission to run `sh -c id`"]);
    grant.clone().network("a.example:1").refused(1, "unauthorized");
    grant.clone().refused(2, "invalid-argument");
    let other = sandbox.grants().add("acme.revocation.other").declared().refused(1, "not-found");
    assert!(other.contains("acme.revocation.other"), "{other}");
    sandbox.grants().add("greentic.state.in-memory").declared().refused(1, "not-found");
    // a grant applies to the bound archive, not to the file that replaced it
    self::pack(&sandbox, component("2"), &["crl fetch *", "sh -c *"], &[]);
    grant.tool("sh -c *").refused(1, "unauthorized");
}

#[test]
fn a_new_version_needs_consent_only_for_more_permissions() {
    let sandbox = Sandbox::with_local();
    let first = pack(&sandbox, component("1"), &["crl fetch *"], &[]);
    add(&sandbox, &first).grant_tool("crl fetch *").succeeded();
    let second = pack(&sandbox, component("2"), &["crl fetch *"], &[]);
    assert_eq!(
        update(&sandbox, &second).succeeded().result()["grants"]["tools"],
        json!(["crl fetch *"])
    );
    let third = pack(&sandbox, component("3"), &["crl fetch *", "crl push *"], &[]);
    let refused = update(&sandbox, &third).refused(1, "unauthorized");
    assert!(refused.contains("crl push") && !refused.contains("crl fetch"), "{refused}");
    // permissions that it no longer declares are no longer granted
    let fourth = pack(&sandbox, component("4"), &[], &["crl.example:443"]);
    update(&sandbox, &fourth).refused(1, "unauthorized");
    let fifth = pack(&sandbox, component("5"), &[], &[]);
    update(&sandbox, &fifth).succeeded();
    assert_eq!(listed(&sandbox)[0]["grants"], json!({"tools": [], "network": []}));
}

#[test]
fn imports_and_declared_permissions_must_agree() {
    let sandbox = Sandbox::with_local();
    let greedy = pack(&sandbox, component("1"), &[], &[]);
    add(&sandbox, &greedy).succeeded();
    sandbox.env().doctor().strict().exited(1);
    sandbox.env().doctor().succeeded().has(&["permission_faults"], str![[r#"
permission_faults: [{
  "pack_ref": "[HOME]/packs/list.gtpack",
  "code": "permission-mismatch",
  "reason": "component `handler` imports `greentic:env-pack/tools`, but the pack does not declare that it wants to run programs",
  "next": "ask the author of the pack to declare exactly the permissions it needs"
}, {
  "pack_ref": "[HOME]/packs/list.gtpack",
  "code": "permission-mismatch",
  "reason": "component `handler` imports `greentic:env-pack/network`, but the pack does not declare that it wants to open connections",
  "next": "ask the author of the pack to declare exactly the permissions it needs"
}]
"#]]);

    let sandbox = Sandbox::with_local();
    let idle =
        pack(&sandbox, Handler::new("revocation", PATH, "^1").component(), &["crl fetch *"], &[]);
    add(&sandbox, &idle).grant_declared().succeeded();
    sandbox.env().doctor().succeeded().has(&["permission_faults"], str![[r#"
permission_faults: [{
  "pack_ref": "[HOME]/packs/list.gtpack",
  "code": "permission-mismatch",
  "reason": "the pack declares that it wants to run programs, but component `handler` does not import `greentic:env-pack/tools`",
  "next": "ask the author of the pack to declare exactly the permissions it needs"
}]
"#]]);
}

#[test]
fn a_user_at_a_terminal_is_asked() {
    let sandbox = Sandbox::with_local();
    let pack = pack(&sandbox, component("1"), &["crl 'it is' *"], &["crl.example:443"]);
    let bind = add(&sandbox, &pack);
    for no in ["\n", "n\n", "yesterday\n", "\u{4}"] {
        let (code, screen) = terminal::talk(&mut bind.command(), no);
        assert_eq!(code, 1, "{screen}");
        assert!(screen.contains("Grant? [y/N]") && screen.contains("not granted"), "{screen}");
        assert!(screen.contains("to run `crl 'it is' *`"), "{screen}");
    }
    assert_eq!(listed(&sandbox), json!([]));
    let (code, screen) = terminal::talk(&mut bind.command(), "y\n");
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains("may reach `crl.example:443`"), "{screen}");
    assert_eq!(listed(&sandbox)[0]["grants"]["network"], json!(["crl.example:443"]));
}

#[test]
fn undeclared_imports_are_warned_about() {
    let sandbox = Sandbox::with_local();
    let build = sandbox.pack().build(test_artifacts::prober()).version("1.0.0").output("p.gtpack");
    build.clone().succeeded().has(&["warnings"], str![[r#"
warnings: [
  "component `handler` imports `greentic:env-pack/tools`, but the pack does not declare that it wants to run programs",
  "component `handler` imports `greentic:env-pack/network`, but the pack does not declare that it wants to open connections"
]
"#]]);
    let imports =
        "! component `handler` imports `greentic:env-pack/tools`, but the pack does not declare";
    build.clone().human().succeeded().shows(&[imports]);
    let update = sandbox.env_packs().update("deployer").kind("test.deployer.prober@1.0.0");
    let update = update.pack_ref("p.gtpack");
    update.clone().human().succeeded().shows(&[imports]);
    let report = update.succeeded().result();
    let found = sandbox.env().doctor().succeeded().result();
    assert_eq!(
        report["warnings"][0], found["permission_faults"][0]["reason"],
        "doctor says the same"
    );

    let declares_all = build.allow_tool("vault version").allow_network("127.0.0.1:1");
    assert_eq!(declares_all.succeeded().result()["warnings"], Value::Null);
    let valid = sandbox.pack().build(test_artifacts::witness()).version("1.0.0");
    let report = valid.allow_network("a.b:1").succeeded().result();
    assert!(text(&report["warnings"][0]).contains("does not import `greentic:env-pack/network`"));
}

#[test]
fn a_refresh_grants_what_was_revoked() {
    let sandbox = Sandbox::with_local();
    let pack = pack(&sandbox, component("1"), &["crl fetch *"], &[]);
    add(&sandbox, &pack).grant_declared().succeeded();
    let refresh = || sandbox.env_packs().update("revocation").refresh();
    refresh().succeeded().has(&["unchanged"], str!["unchanged: true"]);
    sandbox.grants().revoke(PATH).declared().succeeded();
    let refused = refresh().refused(1, "unauthorized");
    assert!(refused.contains("--tool 'crl fetch *'"), "{refused}");
    refresh().grant_tool("crl fetch *").succeeded();
    assert_eq!(listed(&sandbox)[0]["grants"]["tools"], json!(["crl fetch *"]));
    refresh().succeeded().has(&["unchanged"], str!["unchanged: true"]);
}

#[test]
fn a_component_without_an_archive_declares_nothing() {
    let sandbox = Sandbox::with_local();
    let registry = ScriptedRegistry::with_image(&Image::component(&component("1")));
    add(&sandbox, &registry.reference("1")).succeeded();
    sandbox.grants().add(PATH).tool("crl fetch *").refused(1, "unauthorized");
}

#[test]
fn revoked_permissions_stay_revoked() {
    let sandbox = Sandbox::with_local();
    let first = pack(&sandbox, component("1"), &["vault version"], &["crl.example:443"]);
    let granted = add(&sandbox, &first).grant_network("crl.example:443").succeeded().result();
    assert_eq!(
        granted["grants"]["tools"],
        json!(["vault version"]),
        "a known version query is granted on first sight"
    );
    sandbox.grants().revoke(PATH).tool("vault version").succeeded();
    let refused = update(&sandbox, &first).refused(1, "unauthorized");
    assert!(refused.contains("vault version") && !refused.contains("crl.example"), "{refused}");
    let second = pack(&sandbox, component("2"), &["vault version"], &["crl.example:443"]);
    update(&sandbox, &second).refused(1, "unauthorized");
    update(&sandbox, &second).grant_tool("vault version").succeeded();
}

#[test]
fn what_a_pack_does_not_declare_is_never_granted() {
    let sandbox = Sandbox::with_local();
    let pack = pack(&sandbox, component("1"), &["crl fetch *"], &[]);
    let bind = add(&sandbox, &pack).grant_declared();
    let message = bind.clone().grant_tool("crl push *").refused(1, "unauthorized");
    assert_contains(&message, &["does not declare the permission to run `crl push *`"]);
    bind.clone().grant_network("crl.example:1").refused(1, "unauthorized");
    let message = bind.clone().no_fetch().refused(2, "invalid-argument");
    assert_contains(&message, &["`grants`", "`--no-fetch`", "`pin`"]);
    bind.succeeded();
}

#[test]
fn earlier_spellings_of_flags_are_accepted() {
    let sandbox = Sandbox::with_local();
    let build = sandbox.pack().build(test_artifacts::prober()).version("1.0.0").output("p.gtpack");
    build.args(["--allow-tool", "vault version", "--allow-network", "127.0.0.1:1"]).succeeded();
    let update = sandbox.env_packs().update("deployer").kind("test.deployer.prober@1.0.0");
    let update = update.pack_ref("p.gtpack");
    update.clone().args(["--grant", "declared"]).succeeded();
    sandbox.env_packs().rollback("deployer").succeeded();
    update.args(["--grant-tool", "vault version", "--grant-network", "127.0.0.1:1"]).succeeded();
}
