//! Bundles: packs that are saved to a file on one machine and loaded on another.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::path::PathBuf;

use env_pack_domain::Sha256Digest;
use gtc_fetch::layout::{self, LayoutBlob, LayoutEntry};
use gtc_signing::CosignBundle;
use serde_json::{Value, json};
use snapbox::str;

use test_support::cosign::{CosignKey, payload};
use test_support::registry::docker::DockerRegistry;
use test_support::registry::image::Image;
use test_support::registry::scripted::ScriptedRegistry;
use test_support::snapshots::assert_json;
use test_support::wat::Handler;
use test_support::{Output, Sandbox, assert_contains, run, text};

const KIND: &str = "acme.secrets.vault@0.4.2";

fn archive() -> Vec<u8> {
    Handler::new("secrets", "acme.secrets.vault", "^0.4").archive()
}

fn bind(sandbox: &Sandbox, reference: &str) -> Output {
    let update = sandbox.env_packs().update("secrets").kind(KIND).pack_ref(reference);
    update.offline().run()
}

/// Another machine, with an empty cache and a copy of a file.
fn other_machine(here: &Sandbox, file: &str) -> Sandbox {
    let there = Sandbox::with_local().with_own_cache();
    let bytes = here.read(file);
    there.write(file, bytes);
    there
}

/// All files in the cache of a sandbox, except locks and compiled code.
fn cached(sandbox: &Sandbox) -> Vec<PathBuf> {
    fn below(path: PathBuf) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(&path) else { return vec![path] };
        entries.flat_map(|entry| below(entry.expect("an entry").path())).collect()
    }
    let folders = ["blobs", "manifests", "references", "signatures"]
        .map(|name| sandbox.cache_folder().join(name));
    let files = folders.into_iter().filter(|folder| folder.exists()).flat_map(below);
    files.filter(|path| !path.ends_with(".lock")).collect()
}

#[test]
fn a_saved_pack_can_be_bound_without_a_network() {
    let here = Sandbox::new().with_own_cache();
    let image = Image::pack(&archive());
    let registry = ScriptedRegistry::with_image(&image);
    let reference = registry.reference("1");
    let saved = here.pack().save(&reference).output("packs.tar").succeeded().result();
    assert_eq!(saved["packs"][0]["manifest_digest"], image.digest());
    drop(registry);

    let there = other_machine(&here, "packs.tar");
    let loaded = there.pack().load("packs.tar").output("out").succeeded().result();
    assert_eq!(loaded["packs"][0]["pack_ref"], reference);
    assert_eq!(loaded["packs"][0]["manifest_digest"], image.digest());
    assert_json(
        &loaded,
        str![[r#"
{
  "path": "packs.tar",
  "packs": [{
    "pack_ref": "oci://[HOST]/team/vault:1",
    "id": "acme.secrets.vault",
    "version": "1.0.0",
    "manifest_digest": "sha256:[DIGEST]",
    "sha256": "[DIGEST]",
    "size": 5412,
    "signatures": 0,
    "claimed_signers": [],
    "path": "out/vault-1.gtpack"
  }],
  "next": [
    "gtc --offline op env-packs update --env <env> --slot secrets --kind acme.secrets.vault@1.0.0 --pack-ref oci://[HOST]/team/vault:1"
  ]
}
"#]],
    );
    assert_eq!(there.read(text(&loaded["packs"][0]["path"])), archive());
    bind(&there, &reference).succeeded();
    there.env().doctor().offline().succeeded();
    // garbage collection keeps bound packs
    there.cache().gc().succeeded();
    there.env().doctor().offline().succeeded();

    // saved again without a network, it is the same file
    there.pack().save(&reference).output("again.tar").offline().succeeded();
    there.verb("pack save --env local --output bound.tar").offline().succeeded();
    assert!(
        there.read("packs.tar") == there.read("again.tar")
            && there.read("packs.tar") == there.read("bound.tar"),
        "the files differ"
    );
}

#[test]
fn a_component_is_saved_with_its_configuration() {
    let here = Sandbox::new().with_own_cache();
    let component = Handler::new("secrets", "acme.secrets.vault", "^0.4").component();
    let registry = ScriptedRegistry::with_image(&Image::component(&component));
    let reference = registry.reference("1");
    here.pack().save(&reference).output("packs.tar").succeeded();
    drop(registry);
    let there = other_machine(&here, "packs.tar");
    there.pack().load("packs.tar").succeeded();
    bind(&there, &reference).succeeded();
    // the configuration is not cached, and a warning says so
    let again = there.pack().save(&reference).output("again.tar").offline().succeeded().result();
    assert!(text(&again["warnings"][0]).contains("is not cached and not included"), "{again}");
}

#[test]
fn the_same_packs_give_the_same_bundle() {
    let here = Sandbox::new().with_own_cache();
    let one = here.valid_pack("secrets", "acme.secrets.vault", "^0.4").display().to_string();
    let two = here.valid_pack("state", "acme.state.redis", "^0.4").display().to_string();
    let save = |packs: [&str; 2], output: &str| {
        here.pack().save(packs[0]).arg(packs[1]).output(output).succeeded();
        here.read(output)
    };
    let bytes = save([&one, &two], "a.tar");
    assert!(bytes == save([&two, &one], "b.tar"), "the order matters");
    // the same pack twice is one entry; different packs with the same name are refused
    here.write("c.gtpack", std::fs::read(&one).expect("a file"));
    here.pack().save(&one).arg("c.gtpack").output("a.tar").succeeded();
    let other = Handler::new("secrets", "acme.secrets.vault", "^9").archive();
    here.write("d.gtpack", other);
    let before = here.read("a.tar");
    let refusal =
        here.pack().save(&one).arg("d.gtpack").output("a.tar").refused(1, "invalid-layout");
    assert!(refusal.contains("acme.secrets.vault:1.0.0"), "{refusal}");
    assert!(before == here.read("a.tar"), "an incomplete file was written");
}

#[test]
fn a_bundle_contains_signatures_and_the_trust_root() {
    let here = Sandbox::with_local().with_own_cache();
    let registry = ScriptedRegistry::with_image(&Image::pack(&archive()));
    let reference = registry.reference("1");
    let pack = here.write("vault.gtpack", archive());
    let key = here.key("key");
    here.trust(&key);
    here.sign(&pack, &key);
    // one signature is next to the file, those of cosign are in the cache
    bind(&here, &pack.display().to_string()).succeeded();
    let cosign = CosignKey::generate();
    here.write("cosign.pub", cosign.pem());
    here.trust_root().add("cosign.pub").succeeded();
    let image = Image::pack(&archive());
    let mut renamed = image.clone();
    renamed.manifest["annotations"] =
        json!({"org.opencontainers.image.title": "another manifest of the same archive"});
    let folder =
        here.cache_folder().join("signatures/sha256").join(Sha256Digest::compute(&archive()).hex());
    let cache_signature = |bytes: Vec<u8>| {
        std::fs::write(folder.join(Sha256Digest::compute(&bytes).hex()), bytes).expect("a file");
    };
    for manifest in [image.manifest_bytes(), renamed.manifest_bytes()] {
        let payload = payload(&Sha256Digest::compute(&manifest)).to_string();
        let signed = cosign.sign(payload.as_bytes());
        cache_signature(
            CosignBundle::new(&manifest, payload.as_bytes(), &signed).expect("a bundle").render(),
        );
    }
    // not saved: a signature of something that is not a manifest of the archive, and an invalid one
    cache_signature(cosign.bundle(&Sha256Digest::compute(&archive())).render());
    cache_signature(b"nothing".to_vec());
    let save = here.pack().save(&reference).output("packs.tar");
    let saved = save.args(["--trust-root-of", "local"]).succeeded().result();
    assert_eq!(saved["packs"][0]["signatures"], 3, "{saved}");
    // the signatures are in the order of their digests
    let mut warnings: Vec<&str> =
        saved["warnings"].as_array().expect("a list").iter().map(text).collect();
    warnings.sort_by_key(|warning| warning.len());
    assert_eq!(warnings.len(), 2, "{saved}");
    assert_contains(warnings[0], &["it signs another manifest"]);
    assert_contains(warnings[1], &["its signature is malformed at line 1 column 2"]);
    drop(registry);

    let there = other_machine(&here, "packs.tar");
    let loaded = there.pack().load("packs.tar").succeeded().result();
    let ids = json!([key.id, cosign.public().id().to_string()]);
    assert_eq!(loaded["packs"][0]["claimed_signers"], json!([key.id]));
    assert_eq!(loaded["trust_root"]["keys"], ids);
    assert_json(
        &loaded,
        str![[r#"
{
  "path": "packs.tar",
  "packs": [{
    "pack_ref": "oci://[HOST]/team/vault:1",
    "id": "acme.secrets.vault",
    "version": "1.0.0",
    "manifest_digest": "sha256:[DIGEST]",
    "sha256": "[DIGEST]",
    "size": 5412,
    "signatures": 3,
    "claimed_signers": ["[ID]"]
  }],
  "trust_root": {
    "environment": "local",
    "keys": ["[ID]", "[ID]"]
  },
  "next": [
    "gtc --offline op env-packs update --env <env> --slot secrets --kind acme.secrets.vault@1.0.0 --pack-ref oci://[HOST]/team/vault:1"
  ]
}
"#]],
    );
    let listed = there.trust_root().list().succeeded().result();
    assert_eq!(listed["keys"], json!([]), "it was trusted without a flag");
    there.pack().load("packs.tar").human().succeeded().shows(&[
        "which is not trusted yet",
        &key.id,
        "--trust-in <env>",
    ]);

    there.pack().load("packs.tar").trust_in("nowhere").refused(1, "not-found");
    // nothing is imported before the trust root is known to be usable
    let trust_root = there.environment("local").join("trust-root.json");
    std::fs::write(&trust_root, "{").expect("a file");
    let malformed = there.pack().load("packs.tar").trust_in("local").output("loaded");
    malformed.refused(2, "store");
    assert!(!there.home().join("loaded").exists());
    std::fs::remove_file(&trust_root).expect("a file");
    there.pack().load("packs.tar").trust_in("local").succeeded();
    let listed = there.trust_root().list().succeeded().result();
    assert_eq!(listed["keys"].as_array().map(Vec::len), Some(2));
    let audit = there.audit_log("local");
    let added =
        audit.lines().filter(|line| line.contains("trust-root") && line.contains("packs.tar"));
    assert_eq!(added.count(), 2, "{audit}");
    let bound = bind(&there, &reference).succeeded().result();
    assert!(ids.as_array().is_some_and(|ids| ids.contains(&bound["signer"])), "{bound}");

    // the key of cosign alone is enough to bind it
    there.trust_root().remove(&key.id).succeeded();
    there.env().doctor().offline().succeeded();
}

#[test]
fn an_environment_is_saved_with_its_packs() {
    let here = Sandbox::with_local().with_own_cache();
    here.verb("pack save --env local --output a.tar").refused(1, "not-found");
    let pack = here.valid_pack("secrets", "acme.secrets.vault", "^0.4");
    bind(&here, &pack.display().to_string()).succeeded();
    // a bound pack is cached, so the file is not needed
    std::fs::remove_file(&pack).expect("removed");
    let saved = here.verb("pack save --env local --output a.tar").succeeded().result();
    assert_eq!(saved["packs"].as_array().map(Vec::len), Some(1), "{saved}");
    let there = other_machine(&here, "a.tar");
    let loaded = there.pack().load("a.tar").output("packs").succeeded().result();
    assert_eq!(loaded["packs"][0]["name"], "acme.secrets.vault:1.0.0");
    assert_eq!(loaded["packs"][0]["path"], "packs/acme.secrets.vault-1.0.0.gtpack");
    bind(&there, "packs/acme.secrets.vault-1.0.0.gtpack").succeeded();
}

#[test]
fn save_and_load_take_answers_and_have_schemas() {
    let here = Sandbox::new().with_own_cache();
    here.write("vault.gtpack", archive());
    here.write("save.yaml", "pack_refs: [vault.gtpack]\noutput: packs.tar\n");
    here.write("load.json", r#"{"layout": "packs.tar", "output": "out"}"#);
    here.verb("pack save").answers("save.yaml").succeeded();
    here.verb("pack load").answers("load.json").succeeded();
    here.pack().load("packs.tar").output("out").succeeded();
    // a signature file of another pack is not overwritten silently
    let left = here.write("out/acme.secrets.vault-1.0.0.gtpack.sig", "of another pack");
    here.pack().load("packs.tar").output("out").refused(1, "conflict");
    here.pack().load("packs.tar").output("out").force().succeeded();
    assert!(!left.exists(), "the signature of another pack is still there");
    for verb in ["save", "load"] {
        let schema = here.gtc(["pack", verb, "--schema"]).succeeded();
        let schema: Value = serde_json::from_str(&schema.stdout).expect("JSON");
        assert_eq!(schema["additionalProperties"], false);
    }
    here.verb("pack save --output a.tar").refused(2, "invalid-argument");
    let save = here.pack().save("vault.gtpack").output("a.tar");
    save.clone().args(["--env", "local"]).refused(2, "invalid-argument");
    here.pack().save("vault.gtpack").output("vault.gtpack").refused(1, "conflict");
    save.limit("layout.total-bytes=1KiB").refused(1, "layout-too-large");
    assert!(!here.home().join("a.tar").exists(), "an incomplete file was written");
    here.pack().load("absent.tar").refused(2, "file-not-found");
}

/// A layout with these manifests, by name, and blobs.
fn layout(entries: &[(Option<&str>, &Value)], blobs: &[&[u8]]) -> Vec<u8> {
    let entry = |(name, manifest): &(Option<&str>, &Value)| {
        LayoutEntry::new(name.map(str::to_owned), manifest.to_string().into_bytes())
    };
    let entries: Vec<_> = entries.iter().map(entry).collect();
    let blob = |bytes: &&[u8]| {
        let content = bytes.to_vec();
        let open = Box::new(move || Ok::<Box<dyn Read>, _>(Box::new(Cursor::new(content))));
        (Sha256Digest::compute(bytes), LayoutBlob { bytes: bytes.len() as u64, open })
    };
    let mut out = Vec::new();
    layout::write(&mut out, &entries, blobs.iter().map(blob).collect::<BTreeMap<_, _>>())
        .expect("written");
    out
}

#[test]
fn hostile_bundles_are_refused_and_leave_nothing() {
    const NAME: Option<&str> = Some("ghcr.io/team/vault:1");
    let archive = archive();
    let pack = Image::pack(&archive);
    let blobs: Vec<&[u8]> = pack.blobs.iter().map(Vec::as_slice).collect();
    let valid = layout(&[(NAME, &pack.manifest)], &blobs);
    let artifact = |kind: &str, document: &[u8], subject: &str| {
        let mut image =
            Image::new("application/vnd.oci.empty.v1+json", b"{}", &[(kind, document)]).manifest;
        image["artifactType"] = kind.into();
        image["subject"] =
            json!({"mediaType": layout::MANIFEST_TYPE, "digest": subject, "size": 1});
        image
    };
    const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
    const TRUST: &str = "application/vnd.greentic.trust-root.v1+json";
    let signature = artifact(ENVELOPE, b"{}", &pack.digest());
    let mut renamed = pack.manifest.clone();
    renamed["annotations"] = json!({"org.opencontainers.image.title": "the same archive"});
    let of_renamed = artifact(
        ENVELOPE,
        b"{}",
        &Sha256Digest::compute(renamed.to_string().as_bytes()).to_string(),
    );
    let without_subject = artifact(ENVELOPE, b"{}", &Sha256Digest::compute(b"another").to_string());
    let trust =
        artifact(TRUST, b"{\"schema\":\"greentic.trust-root.v1\",\"keys\":[{}]}", &pack.digest());
    let document: &[u8] = b"{\"schema\":\"greentic.trust-root.v1\",\"keys\":[{}]}";
    let container = Image::container();
    let no_archive = Image::pack(b"no archive");
    let mut other_size = pack.manifest.clone();
    other_size["layers"][0]["size"] = 5.into();
    let pinned = format!("ghcr.io/team/vault@{}", Sha256Digest::compute(b"another"));
    let flipped = {
        let mut bytes = valid.clone();
        let at =
            bytes.windows(archive.len()).position(|window| window == archive).expect("the archive");
        bytes[at + archive.len() / 2] ^= 1;
        bytes
    };
    let with_document = [&blobs[..], &[document]].concat();
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("an empty file", Vec::new(), "invalid-layout"),
        ("not a tar file", vec![b'x'; 4096], "invalid-layout"),
        ("a truncated file", valid[..valid.len() / 2].to_vec(), "invalid-layout"),
        ("a flipped bit", flipped, "damaged"),
        ("no pack", layout(&[], &[]), "invalid-layout"),
        (
            "a container",
            layout(&[(NAME, &container.manifest)], &[b"\x1f\x8b no archive"]),
            "not-a-pack",
        ),
        ("an index", layout(&[(NAME, &Image::index(&pack).manifest)], &blobs), "not-a-pack"),
        (
            "a manifest that is not an object",
            layout(&[(NAME, &json!("\u{1b}[2J"))], &[]),
            "invalid-layout",
        ),
        ("a missing layer", layout(&[(NAME, &pack.manifest)], &[b"{}"]), "invalid-layout"),
        ("a wrong size", layout(&[(NAME, &other_size)], &blobs), "damaged"),
        (
            "a layer that is not an archive",
            layout(&[(NAME, &no_archive.manifest)], &[b"no archive"]),
            "zip-end-record",
        ),
        ("a wrong digest", layout(&[(Some(&pinned), &pack.manifest)], &blobs), "damaged"),
        (
            "an invalid signature",
            layout(&[(NAME, &pack.manifest), (None, &signature)], &blobs),
            "signature-malformed",
        ),
        (
            "a signature of a manifest without a name",
            layout(&[(NAME, &pack.manifest), (None, &renamed), (None, &of_renamed)], &blobs),
            "signature-malformed",
        ),
        (
            "a signature without its subject",
            layout(&[(NAME, &pack.manifest), (None, &without_subject)], &blobs),
            "invalid-layout",
        ),
        (
            "an invalid trust root",
            layout(&[(NAME, &pack.manifest), (None, &trust)], &with_document),
            "invalid-layout",
        ),
    ];
    let sandbox = Sandbox::with_local().with_own_cache();
    for (name, bytes, kind) in cases {
        sandbox.write("hostile.tar", bytes);
        let ran = sandbox.pack().load("hostile.tar").output("out").run();
        let envelope: Value = serde_json::from_str(&ran.stderr)
            .unwrap_or_else(|error| panic!("{name}: {error}: {ran:?}"));
        assert_eq!(envelope["error"]["kind"], kind, "{name}: {envelope}");
        assert!(
            envelope["error"]["hint"].is_string() && !ran.stderr.contains('\u{1b}'),
            "{name}: {envelope}"
        );
        assert_eq!(cached(&sandbox), Vec::<PathBuf>::new(), "{name} left something");
        assert!(!sandbox.home().join("out").exists(), "{name} wrote a file");
    }
    sandbox.write("valid.tar", valid);
    sandbox.pack().load("valid.tar").succeeded();
    bind(&sandbox, "oci://ghcr.io/team/vault:1").succeeded();
}

/// Names in a bundle choose neither paths nor, unless they are valid, references.
#[test]
fn names_in_a_bundle_are_not_paths() {
    let here = Sandbox::with_local().with_own_cache();
    let archive = archive();
    let pack = Image::pack(&archive);
    let blobs: Vec<&[u8]> = pack.blobs.iter().map(Vec::as_slice).collect();
    for name in ["../../../escaped", "/tmp/escaped", "a b", "\u{1b}[2J:1", "-o"] {
        here.write("a.tar", layout(&[(Some(name), &pack.manifest)], &blobs));
        let loaded = here.pack().load("a.tar").output("out").succeeded().result();
        assert_eq!(text(&loaded["packs"][0]["path"]), "out/acme.secrets.vault-1.0.0.gtpack");
        let human = here.pack().load("a.tar").human().succeeded();
        assert!(!human.stdout.contains('\u{1b}'), "{human:?}");
    }
    assert!(!here.cache_folder().join("references").exists(), "an invalid reference was recorded");
}

#[test]
#[ignore = "needs docker-registry and skopeo; `cargo xtask test` runs it"]
fn a_bundle_transfers_a_pack_between_registries() {
    let here = Sandbox::with_local().with_own_cache();
    let registry = DockerRegistry::open();
    let reference = registry.reference("team/vault:0.4.2");
    let pack = here.write("vault.gtpack", archive());
    let pushed = here.pack().push(&pack).arg(&reference).succeeded().result();
    let key = here.key("key");
    here.pack().sign(text(&pushed["pack_ref"])).key(&key.private).succeeded();
    let saved = here.pack().save(&reference).output("packs.tar").succeeded().result();
    assert_eq!(saved["packs"][0]["signatures"], 1, "{saved}");

    let there = other_machine(&here, "packs.tar");
    let name = reference.trim_start_matches("oci://");
    let source = format!("oci-archive:packs.tar:{name}");
    let skopeo = |arguments: &[&str]| {
        let mut command = there.command("skopeo");
        run(command.arg("--insecure-policy").args(arguments).env("TMPDIR", there.home()))
            .succeeded()
    };
    let manifest = skopeo(&["inspect", "--raw", &source]).stdout;
    assert_eq!(
        Sha256Digest::compute(manifest.as_bytes()).to_string(),
        text(&saved["packs"][0]["manifest_digest"])
    );
    let copy = format!("docker://{}/copied/vault:1", registry.host());
    skopeo(&["copy", "--preserve-digests", "--dest-tls-verify=false", &source, &copy]);
    there.pack().pull(registry.reference("copied/vault:1")).output("copy.gtpack").succeeded();
    drop(registry);

    there.trust(&import_key(&there, &key.public));
    there.pack().load("packs.tar").succeeded();
    let bound = bind(&there, &reference).succeeded().result();
    assert_eq!(bound["signer"], key.id);
    there.env().doctor().offline().succeeded();
}

/// A public key from another machine.
fn import_key(there: &Sandbox, public: &str) -> test_support::signing::Key {
    let path = there.write("key.pub", std::fs::read(public).expect("a key")).display().to_string();
    test_support::signing::Key { private: String::new(), public: path, id: String::new() }
}
