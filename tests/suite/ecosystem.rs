//! Packs written by the ecosystem's own tools, one of every kind:
//! `tests/fixtures/ecosystem`.

use std::path::PathBuf;

use serde_json::json;

use test_support::{Sandbox, repository, text};

/// The codes of all findings, and the exit code of `gtc pack validate`.
type Expected = (&'static [&'static str], i32);

/// The only finding is that the pack has no handler.
const NONE: Expected = (&["pack-without-handler"], 0);
/// The pack has a handler and no findings.
const HANDLER: Expected = (&[], 0);

/// All archives with their ids; `None` if the container is refused.
const PACKS: [(&str, Option<&str>, Expected); 18] = [
    ("application", Some("acme.application"), NONE),
    ("application-dev", Some("acme.application"), NONE),
    ("provider", Some("acme.messaging.telegram"), NONE),
    ("digital-worker", Some("acme.worker"), NONE),
    ("library", Some("acme.library"), NONE),
    ("infrastructure", Some("acme.infra"), NONE),
    ("flow", Some("acme.flow"), NONE),
    ("gui", Some("acme.gui"), NONE),
    ("deployer", Some("deployer.extension"), NONE),
    ("handler", Some("acme.vault"), HANDLER),
    ("packc-provider", Some("acme.messaging.telegram"), NONE),
    ("packc-library", Some("acme.library"), NONE),
    ("research-digital-worker", Some("acme.worker"), NONE),
    ("builder", Some("acme.older"), NONE),
    ("builder-signed", Some("acme.older"), NONE),
    ("builder-handler", Some("acme.older"), HANDLER),
    // the doctor of its own tool reports the same
    ("provider-without-components", Some("acme.messaging.telegram"), (&["component-missing"], 1)),
    // readers differ about names that are not ASCII
    ("names", None, (&["zip-name"], 1)),
];

fn folder() -> PathBuf {
    repository().join("tests/fixtures/ecosystem")
}

fn path(name: &str) -> String {
    folder().join(format!("{name}.gtpack")).display().to_string()
}

#[test]
fn every_ecosystem_pack_gets_the_expected_verdict() {
    let sandbox = Sandbox::new();
    for (name, id, (codes, code)) in PACKS {
        let path = path(name);
        let validate = ["pack", "validate", "--strict", &path];
        let report = sandbox.gtc(validate).exited(code).result();
        let pack = &report["packs"][0];
        let found = pack["findings"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|finding| text(&finding["code"]));
        assert_eq!(found.collect::<Vec<_>>(), codes, "{name}: {pack}");
        assert_eq!(pack["id"].as_str(), id, "{name}: {pack}");
        let human = sandbox.human(validate).exited(code);
        codes.iter().for_each(|code| human.shows(&[code]));

        let inspected = sandbox.pack().inspect(&path).exited(code);
        if code == 0 {
            let handlers = inspected.result()["handlers"].as_array().map(Vec::len);
            assert_eq!(handlers, Some(usize::from(codes.is_empty())), "{name}");
        }
    }
    let listed = PACKS.map(|(name, ..)| path(name));
    let there =
        std::fs::read_dir(folder()).expect("a folder").map(|entry| entry.expect("an entry").path());
    let unlisted: Vec<_> = there
        .filter(|file| file.extension().is_some_and(|extension| extension == "gtpack"))
        .filter(|file| !listed.contains(&file.display().to_string()))
        .collect();
    assert!(unlisted.is_empty(), "{unlisted:?}");
}

/// A pack without a handler can be bound as an extension only.
#[test]
fn a_pack_without_a_handler_is_an_extension() {
    for (name, id, _) in PACKS.iter().filter(|(_, _, expected)| *expected == NONE) {
        let sandbox = Sandbox::with_local();
        let update = sandbox.env_packs().update("state").kind("acme.state.x@1.0.0");
        let message = update.pack_ref(path(name)).grant_declared().refused(1, "no-handler");
        assert!(message.contains("holds no env-pack handler"), "{name}: {message}");
        let inspected = sandbox.pack().inspect(path(name)).succeeded().result();
        let kind = format!("{}@{}", id.expect("an id"), text(&inspected["version"]));
        sandbox.extensions().add().kind(&kind).pack_ref(path(name)).succeeded();
        sandbox.env().doctor().succeeded();
        sandbox.env().tool_check().succeeded();
    }
}

/// Packed by `greentic-pack` together with a flow, and in the legacy format.
#[test]
fn a_handler_packed_by_another_tool_is_bound() {
    for name in ["handler", "builder-handler"] {
        let mut sandbox = Sandbox::with_local();
        sandbox.program("vault", "echo 'Vault v1.15.2'");
        let update = sandbox.env_packs().update("secrets").kind("acme.secrets.vault@0.4.2");
        update.pack_ref(path(name)).grant_declared().succeeded();
        sandbox.env().doctor().succeeded();
        let checked = sandbox.env().tool_check().run();
        let bindings = checked.result()["bindings"].as_array().expect("a list").clone();
        let secrets =
            bindings.iter().find(|binding| binding["slot"] == "secrets").expect("a binding");
        assert_eq!(secrets["checks"][0]["outcome"]["status"], "ok", "{name}: {secrets}");
        let grants = sandbox.grants().list().succeeded().result();
        assert!(grants.to_string().contains("vault.acme.example:8200"), "{name}: {grants}");
    }
}

/// Exports of greentic-designer have no components and no bill of materials.
#[test]
fn a_designer_application_is_reported_as_a_note() {
    let sandbox = Sandbox::new();
    let entries = [
        (
            "manifest.json",
            json!({"manifest_id": "acme.greeter", "display_name": "Greeter", "manifest": {}}),
        ),
        ("metadata.json", json!({"kind": "DwApplication", "pack_id": "acme.greeter"})),
    ];
    let entries =
        entries.map(|(name, content)| (name.to_owned(), content.to_string().into_bytes()));
    let archive = test_support::zips::Zip::stored(&entries).bytes();
    let path = sandbox.write("greeter.gtpack", archive).display().to_string();
    let report = sandbox.gtc(["pack", "validate", "--strict", &path]).succeeded().result();
    let finding = &report["packs"][0]["findings"][0];
    assert_eq!(
        (text(&finding["code"]), text(&finding["severity"])),
        ("pack-without-handler", "note")
    );
    assert!(report["packs"][0]["stopped"].is_null(), "{report}");
    sandbox.pack().validate(&path).arg("--require-handler").exited(1);
    assert!(
        sandbox.pack().inspect(&path).refused(1, "application").contains("no env-pack handler")
    );
}
