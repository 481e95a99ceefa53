//! Packs in registries.

mod crowds;
mod cut_off;
mod encrypted;
mod hostile;
mod moves;
mod proxies;
mod pushes;
mod real;
mod referrers;
mod servers;
mod skopeo;
mod tags;
mod transfers;
mod vouched;
mod wkg;

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::support::registry::hostile::{Hostile, REPOSITORY, blob_path, manifest_path};
use crate::support::registry::image::{Image, digest};
use crate::support::registry::reply::Reply;
use crate::support::wat::Handler;
use crate::support::{Ran, Sandbox, packs};

/// What the packs of these tests are bound as.
const KIND: &str = "acme.secrets.vault@0.4.2";

/// A component with an honest handler for [`KIND`].
fn component() -> Vec<u8> {
    Handler::new("secrets", "acme.secrets.vault", "^0.4").component()
}

/// An honest pack for [`KIND`].
fn archive() -> Vec<u8> {
    packs::archive(
        "secrets",
        "acme.secrets.vault",
        "^0.4",
        component(),
        packs::permissions(&[], &[]),
    )
}

/// Binds a reference in the environment `local`.
fn bind<'a>(sandbox: &Sandbox, reference: &'a str, flags: &[&'a str]) -> Ran {
    let update = [
        "op",
        "env-packs",
        "update",
        "--env",
        "local",
        "--slot",
        "secrets",
        "--kind",
        KIND,
        "--pack-ref",
    ];
    sandbox.gtc(update.iter().chain(&[reference]).chain(flags))
}

/// How a program ends that met an error of this kind: a registry that gives another
/// answer is one thing, none is another.
fn code(kind: &str) -> i32 {
    let none = ["unreachable", "untrusted", "busy", "refused", "settings"];
    if none.iter().any(|none| kind == format!("registry-{none}")) { 2 } else { 1 }
}

/// All files below a folder but locks.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let below = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    paths.flat_map(below).filter(|path| !path.ends_with(".lock")).collect()
}

/// The archives that are kept.
fn kept(sandbox: &Sandbox) -> Vec<PathBuf> {
    files(&sandbox.cache().join("blobs"))
}

/// Has a registry list a signature of an image.
fn refer(registry: &Hostile, image: &Image, envelope: &[u8]) {
    const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
    const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
    let entry = |media_type: &str, bytes: &[u8]| json!({"mediaType": media_type, "digest": digest(bytes), "size": bytes.len(), "artifactType": ENVELOPE});
    let (config, layer) =
        (entry("application/vnd.oci.empty.v1+json", b"{}"), entry(ENVELOPE, envelope));
    let manifest =
        json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]})
            .to_string();
    let list = json!({"schemaVersion": 2, "manifests": [entry(MANIFEST, manifest.as_bytes())]});
    registry
        .says(&format!("/v2/{REPOSITORY}/referrers/{}", image.digest()), [Reply::json(200, &list)]);
    registry.says(&manifest_path(&digest(manifest.as_bytes())), [Reply::of(manifest)]);
    registry.says(&blob_path(&digest(envelope)), [Reply::of(envelope.to_vec())]);
}
