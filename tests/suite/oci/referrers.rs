//! Registries that lie about who signed a pack: the pack is what it is, and nobody
//! vouches for it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{archive, bind};
use crate::support::Sandbox;
use crate::support::registry::hostile::{Hostile, REPOSITORY, blob_path, manifest_path};
use crate::support::registry::image::{Image, digest};
use crate::support::registry::reply::Reply;

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
/// When a bind is over that asks the registry several times, on a machine that runs other
/// tests too.
const BOUND: Duration = Duration::from_secs(12);
/// What a bind may ask for beside the signatures: whether it is there, manifest, layer,
/// and lists of signatures.
const OTHER_REQUESTS: usize = 24;

/// A list of signatures, each under its own digest.
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

/// What a registry says of signatures, and how a pack is refused then where somebody must
/// have signed it.
fn cases() -> Vec<(&'static str, Reply, &'static str)> {
    const UNREADABLE: &str = "signature-unreadable";
    vec![
        ("no list", Reply::new(404), "unsigned"),
        ("a list without end", Reply::of("{").without_length().endless(), UNREADABLE),
        ("a list of 5 MB", Reply::of(vec![b' '; 5_000_000]), UNREADABLE),
        ("no word", Reply::silent(), UNREADABLE),
        ("a byte a second", Reply::of(index(1)).slow_body(Duration::from_millis(500)), UNREADABLE),
        ("no JSON", Reply::of("\u{1b}[2Jsigned by everybody"), UNREADABLE),
        ("somewhere else", Reply::redirect("http://127.0.0.1:1/list"), "unsigned"),
        ("a login elsewhere", Reply::bearer("https://login.example/token"), UNREADABLE),
        ("signatures that are not there", Reply::of(index(2)), UNREADABLE),
        ("thousands of signatures", Reply::of(index(4_000)), UNREADABLE),
    ]
}

#[test]
fn what_a_registry_says_of_signatures_harms_nobody() {
    for (name, reply, kind) in cases() {
        let sandbox = Sandbox::with_local().with_own_cache();
        let image = Image::pack(&archive());
        let registry = Hostile::with(&image);
        registry.says(&format!("/v2/{REPOSITORY}/referrers/{}", image.digest()), [reply]);
        let start = Instant::now();
        bind(&sandbox, &registry.reference("1"), &LIMITS).succeeded();
        assert!(start.elapsed() < BOUND, "{name}: {:?}", start.elapsed());
        assert!(
            registry.requests().len() <= OTHER_REQUESTS + 3,
            "{name}: {:#?}",
            registry.requests()
        );

        // and whoever trusts somebody is not misled
        let key = sandbox.key("somebody.pem");
        sandbox.trust(&key);
        let refusal = bind(&sandbox, &registry.reference("1"), &LIMITS);
        // where the registry does not answer, nobody knows who signed it
        assert_eq!(
            refusal.code,
            if ["no word", "a byte a second"].contains(&name) { 2 } else { 1 },
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
fn a_signature_that_never_ends_is_given_up() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let image = Image::pack(&archive());
    let registry = Hostile::with(&image);
    let mut signature =
        Image::new("application/vnd.oci.empty.v1+json", b"{}", &[(ENVELOPE, b"{}")]);
    signature.manifest["artifactType"] = json!(ENVELOPE);
    registry.says(&manifest_path(&signature.digest()), [Reply::of(signature.manifest_bytes())]);
    registry.says(&blob_path(signature.layer()), [Reply::of("{}").without_length().endless()]);
    let list = json!({"schemaVersion": 2, "manifests": [{
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": signature.digest(),
        "size": signature.manifest_bytes().len(),
        "artifactType": ENVELOPE,
    }]});
    registry
        .says(&format!("/v2/{REPOSITORY}/referrers/{}", image.digest()), [Reply::json(200, &list)]);
    sandbox.trust(&sandbox.key("somebody.pem"));
    let start = Instant::now();
    let refusal = bind(&sandbox, &registry.reference("1"), &LIMITS).exited(1);
    assert!(start.elapsed() < BOUND, "{:?}", start.elapsed());
    assert!(registry.asked(&blob_path(signature.layer())) > 0, "{refusal:?}");
}
