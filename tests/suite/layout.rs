//! Image layouts in tar files, read and written by other tools.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Cursor, Read};
use std::process::Command;

use env_pack_domain::Sha256Digest;
use gtc_fetch::layout::{self, Layout, LayoutBlob, LayoutEntry, LayoutLimits};

use test_support::{Sandbox, run};

const NAME: &str = "ghcr.io/team/vault:1";

/// The manifest of a pack, with its blobs.
fn pack(content: &[u8]) -> (LayoutEntry, [Vec<u8>; 2]) {
    let blobs = [b"{}".to_vec(), content.to_vec()];
    let descriptor = |media_type: &str, blob: &Vec<u8>| serde_json::json!({"mediaType": media_type, "digest": Sha256Digest::compute(blob).to_string(), "size": blob.len()});
    let manifest = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": layout::MANIFEST_TYPE,
        "config": descriptor("application/vnd.oci.image.config.v1+json", &blobs[0]),
        "layers": [descriptor("application/vnd.greentic.gtpack.v1+zip", &blobs[1])],
    });
    (LayoutEntry::new(Some(NAME.to_owned()), manifest.to_string().into_bytes()), blobs)
}

#[test]
#[ignore = "needs skopeo; `cargo xtask test` runs it"]
fn skopeo_and_gtc_read_each_others_layouts() {
    let sandbox = Sandbox::new();
    let (entry, blobs) = pack(&[7; 100_000]);
    let ours = sandbox.home().join("ours.tar");
    let blob = |content: &Vec<u8>| {
        let bytes = content.len() as u64;
        let copy = content.clone();
        let open = Box::new(move || Ok::<Box<dyn Read>, _>(Box::new(Cursor::new(copy))));
        (Sha256Digest::compute(content), LayoutBlob { bytes, open })
    };
    let file = File::create(&ours).expect("a file");
    layout::write(file, std::slice::from_ref(&entry), BTreeMap::from(blobs.each_ref().map(blob)))
        .expect("written");
    let theirs = sandbox.home().join("theirs.tar");
    let place = |path: &std::path::Path| format!("oci-archive:{}:{NAME}", path.display());
    let skopeo = |arguments: &[&str]| {
        let mut command: Command = sandbox.command("skopeo");
        run(command.arg("--insecure-policy").args(arguments).env("TMPDIR", sandbox.home()))
            .succeeded()
    };
    let raw = skopeo(&["inspect", "--raw", &place(&ours)]);
    assert_eq!(raw.stdout.as_bytes(), entry.manifest);
    skopeo(&["copy", "--preserve-digests", &place(&ours), &place(&theirs)]);
    let mut layout = Layout::open(&theirs, &LayoutLimits::default()).expect("a layout");
    assert_eq!(layout.entries(), [entry]);
    for blob in blobs {
        let mut copy = Vec::new();
        layout.copy(&Sha256Digest::compute(&blob), &mut copy).expect("a blob");
        assert!(copy == blob, "a blob differs");
    }
}
