//! The documents of registries, bundles and signatures. Those of a signature are so small, by
//! fixed limits, that their growth cannot be measured.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use env_pack_domain::Sha256Digest;
use gtc_fetch::layout::{self, LayoutBlob, LayoutEntry};
use serde_json::{Map, Value, json};

use super::{check, environment};
use test_support::cosign::CosignKey;
use test_support::registry::image::Image;
use test_support::registry::reply::Reply;
use test_support::registry::scripted::{ScriptedRegistry, manifest_path};

const TRUST_ROOT: &str = "application/vnd.greentic.trust-root.v1+json";
const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
/// Limits that keep the documents small.
const LIMITS: [&str; 5] = [
    "layout.entries=1000000",
    "layout.index-bytes=1GiB",
    "layout.all-manifest-bytes=1GiB",
    "layout.trust-root-bytes=1GiB",
    "layout.signatures=1000000",
];

/// A layout of these images, each under a name.
fn layout_of(images: &[Image]) -> Vec<u8> {
    let entry = |(at, image): (usize, &Image)| {
        LayoutEntry::new(Some(format!("ghcr.io/team/pack{at}:1")), image.manifest_bytes())
    };
    let entries: Vec<_> = images.iter().enumerate().map(entry).collect();
    let blob = |bytes: &Vec<u8>| {
        let content = bytes.clone();
        let open = Box::new(move || Ok::<Box<dyn Read>, _>(Box::new(Cursor::new(content))));
        (Sha256Digest::compute(bytes), LayoutBlob { bytes: bytes.len() as u64, open })
    };
    let blobs: BTreeMap<_, _> = images.iter().flat_map(|image| &image.blobs).map(blob).collect();
    let mut out = Vec::new();
    layout::write(&mut out, &entries, blobs).expect("written");
    out
}

/// A document of another kind than a pack, such as a signature of this manifest.
fn artifact(kind: &str, document: &[u8], subject: Option<&str>) -> Image {
    let mut image = Image::new("application/vnd.oci.empty.v1+json", b"{}", &[(kind, document)]);
    image.manifest["artifactType"] = kind.into();
    if let Some(subject) = subject {
        image.manifest["subject"] =
            json!({"mediaType": layout::MANIFEST_TYPE, "digest": subject, "size": 1});
    }
    image
}

/// The archives are refused, but only after the layout was read.
#[test]
fn packs_and_signatures_of_a_bundle() {
    check("packs", 350, 1, |sandbox, number| {
        let image = |at| Image::pack(format!("archive {at}").as_bytes());
        let images: Vec<_> = (0..number).map(image).collect();
        sandbox.write("packs.tar", layout_of(&images));
        LIMITS
            .into_iter()
            .fold(sandbox.pack().load("packs.tar"), |load, it| load.limit(it))
            .command()
    });
    check("packs and signatures", 250, 1, |sandbox, number| {
        let packs = (0..number).map(|at| Image::pack(format!("archive {at}").as_bytes()));
        let packs: Vec<_> = packs.collect();
        let sign = |pack: &Image| artifact(ENVELOPE, b"{}", Some(&pack.digest()));
        let images: Vec<_> = packs.iter().map(sign).chain(packs.iter().cloned()).collect();
        sandbox.write("packs.tar", layout_of(&images));
        LIMITS
            .into_iter()
            .fold(sandbox.pack().load("packs.tar"), |load, it| load.limit(it))
            .command()
    });
}

#[test]
fn keys_of_a_bundle() {
    let keys: Vec<Value> = (0..400)
        .map(|_| {
            let key = CosignKey::generate();
            json!({"key_id": key.public().id().to_string(), "public_key_pem": key.pem()})
        })
        .collect();
    check("pack load --trust-in", keys.len() / 4, 0, |sandbox, number| {
        environment(sandbox, []);
        let document = json!({"schema": "greentic.trust-root.v1", "keys": keys[..number]});
        let root = artifact(TRUST_ROOT, document.to_string().as_bytes(), None);
        sandbox.write("keys.tar", layout_of(&[root]));
        let load = sandbox.pack().load("keys.tar").trust_in("local");
        LIMITS.into_iter().fold(load, |load, it| load.limit(it)).command()
    });
}

#[test]
fn credentials_and_manifests_of_a_registry() {
    let registry = ScriptedRegistry::start();
    let challenge = Reply::new(401).header("WWW-Authenticate", "Basic realm=\"x\"");
    registry.respond(&manifest_path("1"), [challenge]);
    check("config.json", 15_000, 1, |sandbox, number| {
        let auth = |at| (format!("registry{at}.example/team"), json!({"auth": "dTpw"}));
        let auths: Map<String, Value> = (0..number).map(auth).collect();
        sandbox.write(".docker/config.json", json!({"auths": auths}).to_string());
        let pull = sandbox.pack().pull(registry.reference("1")).output("a.gtpack");
        pull.limit("credentials.file-bytes=1GiB").command()
    });
    check("a manifest", 15_000, 1, |sandbox, number| {
        let mut image = Image::pack(b"no archive");
        let annotations: Map<String, Value> =
            (0..number).map(|at| (format!("annotation{at}"), json!("x"))).collect();
        image.manifest["annotations"] = annotations.into();
        let tag = number.to_string();
        registry.serve(&tag, &image);
        let inspect = sandbox.pack().inspect(registry.reference(&tag));
        inspect.limit("registry.manifest-bytes=1GiB").command()
    });
}
