//! Images in registries: packs, components, and other artifacts.

use env_pack_domain::Sha256Digest;
use serde_json::{Value, json};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const PACK: &str = "application/vnd.greentic.gtpack.v1+zip";

/// A manifest and its blobs.
#[derive(Clone)]
pub struct Image {
    pub manifest: Value,
    pub blobs: Vec<Vec<u8>>,
}

impl Image {
    /// A pack, as `gtc pack push` publishes it.
    pub fn pack(archive: &[u8]) -> Self {
        Self::new("application/vnd.oci.image.config.v1+json", b"{}", &[(PACK, archive)])
    }

    /// A component without an archive, as `wkg` publishes it.
    pub fn component(bytes: &[u8]) -> Self {
        let config =
            json!({"architecture": "wasm", "os": "wasip2", "created": "1970-01-01T00:00:00Z"})
                .to_string();
        Self::new(
            "application/vnd.wasm.config.v0+json",
            config.as_bytes(),
            &[("application/wasm", bytes)],
        )
    }

    /// A container image.
    pub fn container() -> Self {
        let layer = [("application/vnd.oci.image.layer.v1.tar+gzip", &b"\x1f\x8b no archive"[..])];
        let config = json!({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}});
        Self::new("application/vnd.oci.image.config.v1+json", config.to_string().as_bytes(), &layer)
    }

    /// An index with an image for one platform.
    pub fn index(image: &Self) -> Self {
        let bytes = image.manifest_bytes();
        let platform = json!({"architecture": "amd64", "os": "linux"});
        let mut entry = descriptor(MANIFEST, &bytes);
        entry["platform"] = platform;
        Self {
            manifest: json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}),
            blobs: Vec::new(),
        }
    }

    /// An image with these layers and their media types.
    pub fn new(config_type: &str, config: &[u8], layers: &[(&str, &[u8])]) -> Self {
        let blobs = std::iter::once(config)
            .chain(layers.iter().map(|layer| layer.1))
            .map(<[u8]>::to_vec)
            .collect();
        let descriptors: Vec<Value> =
            layers.iter().map(|(media_type, bytes)| descriptor(media_type, bytes)).collect();
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": descriptor(config_type, config),
            "layers": descriptors,
        });
        Self { manifest, blobs }
    }

    /// The media type of the manifest.
    pub fn media_type(&self) -> &str {
        self.manifest["mediaType"].as_str().unwrap_or(MANIFEST)
    }

    /// The manifest in JSON.
    pub fn manifest_bytes(&self) -> Vec<u8> {
        self.manifest.to_string().into_bytes()
    }

    /// The digest of the manifest.
    pub fn digest(&self) -> String {
        digest(&self.manifest_bytes())
    }

    /// The digest of the first layer.
    pub fn layer(&self) -> &str {
        self.manifest["layers"][0]["digest"].as_str().expect("a layer")
    }
}

/// The digest of bytes, with the prefix `sha256:`.
pub fn digest(bytes: &[u8]) -> String {
    Sha256Digest::compute(bytes).to_string()
}

fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({"mediaType": media_type, "digest": digest(bytes), "size": bytes.len()})
}
