//! The environment `busy`, which the native tool wrote, becomes healthy by the verbs that the
//! reports name, and keeps what other tools wrote byte for byte.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Value, json};

use test_support::registry::image::Image;
use test_support::registry::scripted::ScriptedRegistry;
use test_support::verbs::Gtc;
use test_support::wat::Handler;
use test_support::{Sandbox, assert_contains, members, packs, repository, text};

const VAULT: &str = "acme.secrets.vault";
const AUTH0: &str = "acme.oauth.auth0";
const ADDRESS: &str = "vault.acme.example:8200";
const REACH: &str =
    "(import \"greentic:env-pack/network@0.1.0\" \"reach\" (func $reach (param i32 i32 i32 i32)))";

/// The members of `environment.json` that the native tool shares with `gtc`.
const SHARED: [&str; 2] = ["packs", "extensions"];

/// The environment, and a registry in place of `ghcr.io` that has the packs it is bound to.
struct Moved {
    sandbox: Sandbox,
    mirror: String,
    _registry: ScriptedRegistry,
}

impl Moved {
    fn new() -> Self {
        let registry = ScriptedRegistry::start();
        let imports = REACH.to_owned();
        let vault = Handler { imports, ..Handler::new("secrets", VAULT, "^0.4") };
        let vault = vault.archive_with(packs::permissions(&[], &[ADDRESS]));
        registry.serve_in("acme/greentic-secrets-vault", "0.4.2", &Image::pack(&vault));
        // the first version has a handler; the later one is only configuration
        let auth0 = Handler::new("extension", AUTH0, "^1").archive_by("acme", "1.0.0");
        registry.serve_in("acme/greentic-oauth-auth0", "1.0.0", &Image::pack(&auth0));
        let auth0 = packs::without_handler("acme", AUTH0, "1.1.0");
        registry.serve_in("acme/greentic-oauth-auth0", "1.1.0", &Image::pack(&auth0));
        Self {
            sandbox: Sandbox::with_fixture("busy").with_own_cache(),
            mirror: format!("ghcr.io={}", registry.host()),
            _registry: registry,
        }
    }

    /// A verb that finds the registry.
    fn online<'a>(&self, verb: Gtc<'a>) -> Gtc<'a> {
        verb.args(["--mirror", &self.mirror])
    }

    fn pin_extension(&self, instance: Option<&str>) {
        let pin = self.online(self.sandbox.extensions().pin().kind(AUTH0));
        instance.into_iter().fold(pin, Gtc::instance_id).succeeded();
    }

    /// Writes answers from standard input.
    fn put(&self, place: &[&str], answers: &Value) {
        let file = self.sandbox.write("answers.json", answers.to_string());
        let put = self.sandbox.verb("op answers put --env local --kind").args(place);
        put.arg("--file").arg(file).succeeded();
    }

    /// The states of all bindings.
    fn states(&self) -> Vec<Value> {
        members(&self.sandbox.env().doctor().run().result()["bindings"], "state")
    }

    fn document(&self) -> String {
        self.sandbox.read_text(".greentic/environments/local/environment.json")
    }

    /// Fails unless everything that belongs to other tools is what they wrote.
    #[track_caller]
    fn assert_others_are_kept(&self) {
        type Members = BTreeMap<String, Box<RawValue>>;
        let members = |text: &str| serde_json::from_str::<Members>(text).expect("an object");
        let kept = self.document();
        let kept = members(&kept);
        let native = fixture("environment.json");
        for (name, value) in members(&native) {
            if !SHARED.contains(&name.as_str()) {
                assert_eq!(kept[&name].get(), value.get(), "{name}");
            }
        }
        let files = ["runtime.json", "messaging/index.json"].map(str::to_owned);
        let endpoints = ["01M83W7WAY4Y7WM2ZJ8JZ66T2W", "01M83W7WBFW7B6ZQ8CZHY4MJGR"];
        let endpoints = endpoints.map(|id| format!("messaging/{id}.json"));
        for name in files.iter().chain(&endpoints) {
            let path = format!(".greentic/environments/local/{name}");
            assert_eq!(self.sandbox.read_text(path), fixture(name), "{name}");
        }
        let log = self.sandbox.audit_log("local");
        assert!(log.starts_with(&fixture("audit/events.jsonl")), "lines are only added");
    }
}

fn fixture(name: &str) -> String {
    let path = repository().join("tests/fixtures/native/busy").join(name);
    std::fs::read_to_string(path).expect("a fixture")
}

#[test]
fn an_environment_of_the_native_tool_becomes_healthy() {
    let moved = Moved::new();
    let sandbox = &moved.sandbox;

    // at first, nothing is known about the packs, and two answers files are missing
    let report = sandbox.env().doctor().exited(1).result();
    let unpinned: Vec<_> = report["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|finding| finding["code"] == "unpinned")
        .map(|finding| text(&finding["next"]))
        .collect();
    let extension = "gtc op extensions pin --env local --kind acme.oauth.auth0";
    assert_eq!(unpinned.len(), 4, "{unpinned:?}");
    assert_contains(&unpinned.join("\n"), &["gtc op env-packs pin --env local --slot secrets"]);
    assert_contains(&unpinned.join("\n"), &[extension, "--instance-id primary"]);

    // pinning asks for the permissions of the pack, and changes nothing of other tools
    let pin = moved.online(sandbox.env_packs().pin("secrets"));
    assert_contains(&pin.clone().refused(1, "unauthorized"), &[ADDRESS]);
    let pinned = pin.declared().succeeded().result();
    assert_eq!((&pinned["generation"], &pinned["has_previous"]), (&json!(1), &json!(true)));
    for instance in [None, Some("primary"), Some("secondary")] {
        moved.pin_extension(instance);
    }
    assert_eq!(moved.document(), fixture("environment.json"), "pins are kept in another file");
    let states = moved.states();
    assert_eq!(states[5..], ["healthy", "unreadable-answers", "healthy"], "{states:?}");

    // the two answers files, and a pack for the slot that is free
    moved.put(&[VAULT], &json!({"address": ADDRESS}));
    moved.put(&[AUTH0, "--instance-id", "secondary"], &json!({"tenant": "acme"}));
    assert_eq!(moved.document(), fixture("environment.json"), "answers are files of their own");
    assert_eq!(moved.states(), ["healthy"; 8]);
    let pack = sandbox.valid_pack("revocation", "acme.revocation.list", "^1");
    let add = sandbox.env_packs().add("revocation").kind("acme.revocation.list@1.0.0");
    add.pack_ref(pack).succeeded();

    // not even a notice is left
    let report = sandbox.env().doctor().strict().succeeded().result();
    assert_eq!((&report["healthy"], &report["findings"]), (&json!(true), &json!([])));
    let checked = sandbox.env().tool_check().strict().succeeded().result();
    let without = members(&checked["extension_bindings"], "without_handler");
    assert_eq!(without, [json!(true), Value::Null, Value::Null], "{checked}");
    let resolved = sandbox.extensions().resolve("ext://acme.oauth.auth0/secondary").succeeded();
    assert_eq!(resolved.result()["answers"], json!({"tenant": "acme"}));
    moved.assert_others_are_kept();
}

#[test]
fn what_the_native_tool_stashed_is_restored() {
    let moved = Moved::new();
    let sandbox = &moved.sandbox;
    moved.online(sandbox.env_packs().pin("secrets")).declared().succeeded();
    for instance in [None, Some("primary"), Some("secondary")] {
        moved.pin_extension(instance);
    }

    // a canary: one instance of the extension moves to the later version, and back
    let reference = "oci://ghcr.io/acme/greentic-oauth-auth0:1.1.0";
    let update = sandbox.extensions().update().kind("acme.oauth.auth0@1.1.0");
    let update = moved.online(update.pack_ref(reference).instance_id("secondary"));
    assert_eq!(update.succeeded().result()["without_handler"], true);
    let back = sandbox.extensions().rollback().kind(AUTH0).instance_id("secondary");
    let back = back.succeeded().result();
    assert_eq!(back["kind"], "acme.oauth.auth0@1.0.0");
    assert!(back["archive_sha256"].is_string() && back.get("without_handler").is_none(), "{back}");

    // the native tool recorded no bytes, so what it kept is restored without a pin, and pinned
    let primary = sandbox.extensions().rollback().kind(AUTH0).instance_id("primary");
    let report = primary.succeeded().result();
    assert_eq!(
        (&report["kind"], &report["generation"]),
        (&json!("acme.oauth.auth0@1.0.0"), &json!(2))
    );
    assert_contains(text(&report["warnings"][0]), &["has no pin", "--instance-id primary"]);
    moved.pin_extension(Some("primary"));
    moved.put(&[AUTH0, "--instance-id", "primary"], &json!({}));
    moved.put(&[AUTH0, "--instance-id", "secondary"], &json!({}));

    // the slot goes back to the built-in pack, which needs neither pin nor answers
    let secrets = sandbox.env_packs().rollback("secrets").succeeded().result();
    assert_eq!(secrets["kind"], "greentic.secrets.dev-store@0.1.0");
    assert_eq!(moved.states(), ["healthy"; 8]);
    sandbox.env().doctor().succeeded();
    sandbox.env().tool_check().succeeded();
    moved.assert_others_are_kept();
}
