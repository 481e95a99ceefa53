//! Valid packs, and the options of `gtc pack validate`.

use std::collections::BTreeSet;

use greentic_types::{PackManifest, encode_pack_manifest};
use serde_json::{Value, json};

use super::declarations::{asking, without_handler};
use super::{codes, findings, handler, pack_of};
use test_support::registry::image::Image;
use test_support::registry::scripted::ScriptedRegistry;
use test_support::wat::Handler;
use test_support::zips::{Zip, sealed};
use test_support::{Sandbox, repository};

/// Built-in packs, examples and test packs have no errors and no warnings.
#[test]
fn good_packs_are_clean() {
    let mut sandbox = Sandbox::new();
    sandbox.program("vault", "echo 'Vault v1.15.2'");
    let packed = repository().join("builtins/packed");
    let files =
        std::fs::read_dir(&packed).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut packs: Vec<String> = files.map(|path| path.display().to_string()).collect();
    packs.retain(|path| path.ends_with(".gtpack"));
    assert_eq!(packs.len(), 5);
    packs.push("greentic.state.in-memory@0.1.0".to_owned());
    packs.push(sandbox.write("valid.gtpack", pack_of(handler().component())).display().to_string());
    let asking =
        asking(&handler(), &["vault version", "kubectl auth can-i * *"], &["vault.example:8200"]);
    packs.push(sandbox.write("asking.gtpack", asking).display().to_string());
    // the operator chooses the server, so the author of the build declares its address
    let vault = ["--network", "vault.example:8200"];
    packs.push(sandbox.built_pack(test_artifacts::vault(), "0.4.2", &vault).display().to_string());
    packs.push(sandbox.built_pack(test_artifacts::witness(), "1.0.0", &[]).display().to_string());
    packs.push(
        sandbox.built_pack(test_artifacts::std_witness(), "1.0.0", &[]).display().to_string(),
    );
    let ran = sandbox
        .gtc(["pack", "validate", "--strict"].iter().map(|word| (*word).to_owned()).chain(packs));
    let report = ran.result();
    let packs = report["packs"].as_array().expect("a list").iter();
    let found: Vec<_> = packs
        .filter(|pack| pack["findings"] != json!([]))
        .map(|pack| format!("{}: {}", pack["pack_ref"], pack["findings"]))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert_eq!((ran.code, &report["passed"]), (0, &json!(true)));
}

/// A pack of the ecosystem without a handler is not an error.
#[test]
fn a_pack_of_another_kind_is_a_note() {
    let sandbox = Sandbox::new();
    let path = sandbox.write("flows.gtpack", without_handler());
    for strict in [&[][..], &["--strict"]] {
        let ran = sandbox.pack().validate(&path).args(strict).succeeded();
        assert_eq!(codes(&findings(&ran)), BTreeSet::from(["pack-without-handler"]));
        assert_eq!(findings(&ran)[0]["severity"], "note");
    }
    let ran = sandbox.pack().validate(&path).arg("--require-handler").exited(1);
    assert_eq!(findings(&ran)[0]["severity"], "error");
}

/// An application of flows, as the ecosystem's library writes it.
#[test]
fn an_application_is_a_note() {
    let manifest = json!({"schema_version": "pack-v1", "pack_id": "acme.flows", "name": "Flows", "version": "2.1.0",
        "kind": "application", "publisher": "acme", "components": [], "flows": [], "dependencies": [],
        "capabilities": [], "secret_requirements": [], "signatures": {"signatures": []}});
    let manifest: PackManifest = serde_json::from_value(manifest).expect("a manifest");
    let manifest = encode_pack_manifest(&manifest).expect("a manifest");
    let entries = [("manifest.cbor", manifest), ("assets/flow.ygtc", b"id: hello\n".to_vec())];
    let entries = entries.map(|(name, content)| (name.to_owned(), content)).to_vec();
    let sandbox = Sandbox::new();
    let path = sandbox.write("flows.gtpack", Zip::stored(&sealed(entries)).bytes());
    let ran = sandbox.pack().validate(path).strict().succeeded();
    assert_eq!(codes(&findings(&ran)), BTreeSet::from(["pack-without-handler"]));
    assert_eq!(ran.result()["packs"][0]["id"], "acme.flows");
}

/// Packs and bare components in a registry are validated too.
#[test]
fn packs_in_registries_are_validated() {
    let sandbox = Sandbox::new();
    let validate = |image: &Image| {
        let registry = ScriptedRegistry::with_image(image);
        sandbox.pack().validate(registry.reference("1")).run()
    };
    let ran = validate(&Image::pack(&pack_of(handler().component()))).succeeded();
    assert_eq!(findings(&ran), Vec::<Value>::new());
    assert_eq!(ran.result()["packs"][0]["handlers"][0]["descriptor_path"], "test.state.broken");
    let ran = validate(&Image::component(&handler().component())).succeeded();
    assert_eq!(codes(&findings(&ran)), BTreeSet::from(["handler-undeclared"]));
    let ran = validate(&Image::pack(b"no archive")).exited(1);
    assert_eq!(codes(&findings(&ran)), BTreeSet::from(["zip-end-record"]));
}

#[test]
fn strict_makes_errors_of_warnings() {
    let sandbox = Sandbox::new();
    let pack = asking(&handler(), &["vault status", "vault status"], &[]);
    let path = sandbox.write("odd.gtpack", pack);
    let ran = sandbox.pack().validate(&path).succeeded();
    assert_eq!(findings(&ran)[0]["severity"], "warning");
    let strict = sandbox.pack().validate(&path).strict().exited(1);
    assert_eq!(findings(&strict)[0]["severity"], "error");
}

/// A pack cannot hide errors behind warnings.
#[test]
fn an_error_is_never_left_out() {
    let sandbox = Sandbox::new();
    // 249 repeated commands and a path of another slot are warnings, another slot is an error
    let handler = Handler::new("sessions", "test.state.broken", "^1");
    let pack = asking(&handler, &["vault status"; 250], &[]);
    let path = sandbox.write("many.gtpack", pack);
    let ran = sandbox.pack().validate(&path).exited(1);
    assert_eq!((findings(&ran).len(), &ran.result()["packs"][0]["omitted"]), (200, &json!(51)));
    assert_eq!(findings(&ran)[0]["code"], "slot-differs");
    for form in ["human", "sarif", "junit", "github"] {
        let ran = sandbox.pack().validate(&path).args(["--report", form]).exited(1);
        assert!(ran.stdout.contains("51 more"), "{form}: {}", ran.stdout);
    }
}

/// A pack that cannot be fetched has no finding, and does not affect other packs.
#[test]
fn a_pack_that_cannot_be_examined_exits_with_2() {
    let sandbox = Sandbox::new();
    let good = sandbox.write("good.gtpack", pack_of(handler().component())).display().to_string();
    let bad = sandbox.write("bad.gtpack", "no archive").display().to_string();
    let report = sandbox.pack().validate("nowhere.gtpack").args([&good, &bad]).exited(2).result();
    assert_eq!(report["packs"][0]["failure"]["kind"], "file-not-found");
    assert_eq!(report["packs"][1]["findings"], json!([]));
    assert_eq!(report["packs"][2]["findings"][0]["code"], "zip-end-record");
    sandbox.pack().validate("oci://ghcr.io/acme/x:1").offline().exited(2);
    std::fs::create_dir(sandbox.home().join("packs")).expect("a folder");
    let folder = sandbox.pack().validate("packs/").exited(2).result();
    assert_eq!(
        folder["packs"][0]["failure"]["hint"],
        "name the packs in it: `gtc pack validate packs/*.gtpack`"
    );
    let unknown = sandbox.pack().validate(&good).key("nowhere.pub").exited(2).result();
    assert_eq!(unknown["packs"][0]["failure"]["kind"], "file-not-found");
    sandbox.pack().validate(&good).key("x").args(["--env", "local"]).refused(2, "invalid-argument");
    sandbox.gtc(["pack", "validate"]).refused(2, "invalid-argument");
}

#[test]
fn required_signatures_are_verified() {
    let sandbox = Sandbox::with_local();
    let pack = sandbox.write("good.gtpack", pack_of(handler().component()));
    let key = sandbox.key("key");
    let other = sandbox.key("other");
    sandbox.sign(&pack, &key);
    let path = pack.display().to_string();
    let validate = |flags: &[&str]| sandbox.pack().validate(&path).args(flags).run();
    validate(&["--require-signature"]).succeeded();
    validate(&["--key", &other.public, "--key", &key.public]).succeeded();
    let ran = validate(&["--key", &other.public]).exited(1);
    assert_eq!(findings(&ran)[0]["code"], "signature-refused");
    // the environment trusts no key yet
    assert_eq!(
        validate(&["--env", "local"]).exited(2).result()["packs"][0]["failure"]["kind"],
        "not-found"
    );
    sandbox.trust(&key);
    validate(&["--env", "local"]).succeeded();
}

/// `--answers` reads the arguments from a file.
#[test]
fn arguments_are_taken_from_a_file() {
    let sandbox = Sandbox::new();
    sandbox.write("flows.gtpack", without_handler());
    sandbox.write(
        "answers.json",
        json!({"pack_refs": ["flows.gtpack"], "require_handler": true}).to_string(),
    );
    sandbox.verb("pack validate").answers("answers.json").exited(1);
    sandbox.write("answers.yaml", "pack_refs: [flows.gtpack]\nreport: github\n");
    let ran = sandbox.verb("pack validate").answers("answers.yaml").succeeded();
    assert!(
        ran.stdout.starts_with("::notice file=flows.gtpack,title=pack-without-handler::"),
        "{}",
        ran.stdout
    );
    sandbox.write("answers.json", json!({"pack_refs": []}).to_string());
    sandbox.verb("pack validate").answers("answers.json").refused(2, "invalid-argument");
    let schema = sandbox.gtc(["pack", "validate", "--schema"]).succeeded();
    assert!(schema.stdout.contains("\"minItems\":1"), "{}", schema.stdout);
}
