//! Registries with hostile lists of signatures: without trusted keys the pack is bound, with
//! them it is refused.

use std::time::Duration;

use serde_json::{Value, json};

use super::{archive, bind};
use test_support::Sandbox;
use test_support::registry::image::{Image, digest};
use test_support::registry::reply::Reply;
use test_support::registry::scripted::{REPOSITORY, ScriptedRegistry, blob_path, manifest_path};

const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
const LIMITS: [&str; 8] = [
    "--limit",
    "registry.total-time=2s",
    "--limit",
    "registry.read-time=1s",
    "--limit",
    "registry.attempts=1",
    "--limit",
    "registry.signatures=3",
];
/// The most requests of a bind other than for signatures.
const OTHER_REQUESTS: usize = 24;

/// An index with this many signatures.
fn index(count: usize) -> Vec<u8> {
    let entry = |number: usize| {
        let digest = digest(&number.to_be_bytes());
        let media_type = "application/vnd.oci.image.manifest.v1+json";
        json!({"mediaType": media_type, "digest": digest, "size": 500, "artifactType": ENVELOPE})
    };
    let entries: Vec<Value> = (0..count).map(entry).collect();
    let media_type = "application/vnd.oci.image.index.v1+json";
    json!({"schemaVersion": 2, "mediaType": media_type, "manifests": entries})
        .to_string()
        .into_bytes()
}

/// A name, the response to the request for referrers, and the kind of the error if a signature
/// is required.
fn cases() -> Vec<(&'static str, Reply, &'static str)> {
    const UNREADABLE: &str = "signature-unreadable";
    vec![
        ("no list", Reply::new(404), "unsigned"),
        ("an endless list", Reply::ok("{").without_length().endless(), UNREADABLE),
        ("a list of 5 MB", Reply::ok(vec![b' '; 5_000_000]), UNREADABLE),
        ("no response", Reply::silent(), UNREADABLE),
        ("a slow list", Reply::ok(index(1)).slow_body(Duration::from_millis(500)), UNREADABLE),
        ("no JSON", Reply::ok("\u{1b}[2Jsigned"), UNREADABLE),
        ("a redirect", Reply::redirect("http://127.0.0.1:1/list"), "unsigned"),
        ("a login at another host", Reply::bearer("https://login.example/token"), UNREADABLE),
        ("missing signatures", Reply::ok(index(2)), UNREADABLE),
        ("thousands of signatures", Reply::ok(index(4_000)), UNREADABLE),
    ]
}

#[test]
fn hostile_signature_lists_do_no_harm() {
    for (name, reply, kind) in cases() {
        let sandbox = Sandbox::with_local().with_own_cache();
        let image = Image::pack(&archive());
        let registry = ScriptedRegistry::with_image(&image);
        registry.respond(&format!("/v2/{REPOSITORY}/referrers/{}", image.digest()), [reply]);
        bind(&sandbox, &registry.reference("1"), &LIMITS).succeeded();
        assert!(
            registry.requests().len() <= OTHER_REQUESTS + 3,
            "{name}: {:#?}",
            registry.requests()
        );

        // if an environment trusts a key, the pack is refused
        let key = sandbox.key("author.pem");
        sandbox.trust(&key);
        let refusal = bind(&sandbox, &registry.reference("1"), &LIMITS);
        // without a response it is unknown whether there is a signature
        assert_eq!(
            refusal.code,
            if ["no response", "a slow list"].contains(&name) { 2 } else { 1 },
            "{name}: {refusal:?}"
        );
        assert!(refusal.stderr.contains(&format!("\"{kind}\"")), "{name}: {refusal:?}");
        assert!(
            !refusal.stderr.contains(|c: char| c.is_control() && c != '\n'),
            "{name}: {refusal:?}"
        );
    }
}

#[test]
fn an_endless_signature_is_refused() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let image = Image::pack(&archive());
    let registry = ScriptedRegistry::with_image(&image);
    let mut signature =
        Image::new("application/vnd.oci.empty.v1+json", b"{}", &[(ENVELOPE, b"{}")]);
    signature.manifest["artifactType"] = json!(ENVELOPE);
    registry.respond(&manifest_path(&signature.digest()), [Reply::ok(signature.manifest_bytes())]);
    registry.respond(&blob_path(signature.layer()), [Reply::ok("{}").without_length().endless()]);
    let list = json!({"schemaVersion": 2, "manifests": [{
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": signature.digest(),
        "size": signature.manifest_bytes().len(),
        "artifactType": ENVELOPE,
    }]});
    registry.respond(
        &format!("/v2/{REPOSITORY}/referrers/{}", image.digest()),
        [Reply::json(200, &list)],
    );
    sandbox.trust(&sandbox.key("author.pem"));
    let refusal = bind(&sandbox, &registry.reference("1"), &LIMITS).exited(1);
    assert!(registry.request_count(&blob_path(signature.layer())) > 0, "{refusal:?}");
}
