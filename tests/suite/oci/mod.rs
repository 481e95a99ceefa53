//! Packs in registries.

mod concurrency;
mod docker_registry;
mod hostile;
mod hostile_push;
mod hostile_referrers;
mod moved_tags;
mod no_network;
mod proxies;
mod refresh;
mod signatures;
mod skopeo;
mod test_servers;
mod tls;
mod transfers;
mod wkg;

use std::path::{Path, PathBuf};

use serde_json::json;

use test_support::registry::image::{Image, digest};
use test_support::registry::reply::Reply;
use test_support::registry::scripted::{REPOSITORY, ScriptedRegistry, blob_path, manifest_path};
use test_support::wat::Handler;
use test_support::{Output, Sandbox};

/// The kind of the packs of these tests.
const KIND: &str = "acme.secrets.vault@0.4.2";

/// A component with a valid handler for [`KIND`].
fn component() -> Vec<u8> {
    Handler::new("secrets", "acme.secrets.vault", "^0.4").component()
}

/// A valid pack for [`KIND`].
fn archive() -> Vec<u8> {
    Handler::new("secrets", "acme.secrets.vault", "^0.4").archive()
}

/// Binds a reference in the environment `local`.
fn bind(sandbox: &Sandbox, reference: &str, flags: &[&str]) -> Output {
    sandbox.env_packs().update("secrets").kind(KIND).pack_ref(reference).args(flags).run()
}

/// The exit code for an error of this kind: 2 if the registry gave no definitive answer.
fn exit_code(kind: &str) -> i32 {
    let indefinite = ["unreachable", "untrusted", "busy", "refused", "settings"];
    if indefinite.iter().any(|name| kind == format!("registry-{name}")) { 2 } else { 1 }
}

/// All files below a folder, except locks.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let below = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    paths.flat_map(below).filter(|path| !path.ends_with(".lock")).collect()
}

/// The cached archives.
fn cached(sandbox: &Sandbox) -> Vec<PathBuf> {
    files(&sandbox.cache_folder().join("blobs"))
}

/// Publishes a signature of an image.
fn publish_signature(registry: &ScriptedRegistry, image: &Image, envelope: &[u8]) {
    const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
    const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
    let entry = |media_type: &str, bytes: &[u8]| json!({"mediaType": media_type, "digest": digest(bytes), "size": bytes.len(), "artifactType": ENVELOPE});
    let config = entry("application/vnd.oci.empty.v1+json", b"{}");
    let layer = entry(ENVELOPE, envelope);
    let manifest =
        json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]})
            .to_string();
    let list = json!({"schemaVersion": 2, "manifests": [entry(MANIFEST, manifest.as_bytes())]});
    registry.respond(
        &format!("/v2/{REPOSITORY}/referrers/{}", image.digest()),
        [Reply::json(200, &list)],
    );
    registry.respond(&manifest_path(&digest(manifest.as_bytes())), [Reply::ok(manifest)]);
    registry.respond(&blob_path(&digest(envelope)), [Reply::ok(envelope.to_vec())]);
}
