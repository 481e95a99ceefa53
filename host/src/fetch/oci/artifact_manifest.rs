//! What a pack is in a registry: a manifest, an empty configuration, and the archive as
//! its only layer.

use env_pack_domain::Sha256Digest;

use super::manifest::{Annotations, CONFIG, MANIFEST, OciDescriptor, OciManifest, PACK_LAYER};

/// The configuration: nothing is configured.
pub(in crate::fetch) const EMPTY_CONFIG: &[u8] = b"{}";

/// The annotation that holds a signature, as the existing tools read it: the envelope in
/// Base64.
pub(in crate::fetch) const SIGNATURE: &str = "dev.greentic.dsse";

/// What is noted in the manifest of a pack. The names are those of the OCI image
/// specification.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackAnnotations {
    /// What the pack is called: `org.opencontainers.image.title`.
    pub title: String,
    /// Its version: `org.opencontainers.image.version`.
    pub version: String,
    /// Where its source is, if somebody said: `org.opencontainers.image.source`.
    pub source: Option<String>,
    /// When it was made, if somebody said: `org.opencontainers.image.created`.
    pub created: Option<String>,
    /// A signature of the archive, in Base64.
    pub signature: Option<String>,
}

/// The manifest of a pack. The same archive with the same notes has the same manifest,
/// byte for byte.
pub(in crate::fetch) fn manifest(
    archive: Sha256Digest,
    size: u64,
    notes: &PackAnnotations,
) -> Vec<u8> {
    let file = format!("{}-{}.gtpack", notes.title, notes.version);
    let all = [
        ("org.opencontainers.image.title", Some(&notes.title)),
        ("org.opencontainers.image.version", Some(&notes.version)),
        ("org.opencontainers.image.source", notes.source.as_ref()),
        ("org.opencontainers.image.created", notes.created.as_ref()),
        (SIGNATURE, notes.signature.as_ref()),
    ];
    let annotations = all
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.clone())))
        .collect();
    let layer = OciDescriptor {
        annotations: Annotations::from([("org.opencontainers.image.title".to_owned(), file)]),
        ..descriptor(PACK_LAYER, archive, size)
    };
    render(&OciManifest {
        schema_version: 2,
        media_type: Some(MANIFEST.to_owned()),
        artifact_type: None,
        config: of(CONFIG, EMPTY_CONFIG),
        layers: vec![layer],
        subject: None,
        annotations,
    })
}

const EMPTY: &str = "application/vnd.oci.empty.v1+json";

/// An artifact that is one document and nothing else.
pub(super) fn of_one(media_type: &str, document: &[u8]) -> OciManifest {
    OciManifest {
        schema_version: 2,
        media_type: Some(MANIFEST.to_owned()),
        artifact_type: Some(media_type.to_owned()),
        config: of(EMPTY, EMPTY_CONFIG),
        layers: vec![of(media_type, document)],
        subject: None,
        annotations: Annotations::default(),
    }
}

/// The manifest of an artifact that is one document, with what is noted of it.
pub(in crate::fetch) fn alone(
    media_type: &str,
    document: &[u8],
    annotations: Annotations,
) -> Vec<u8> {
    render(&OciManifest { annotations, ..of_one(media_type, document) })
}

/// A document of ours as bytes.
pub(super) fn render(document: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(document).expect("text and numbers make JSON")
}

/// The descriptor of some bytes.
pub(super) fn of(media_type: &str, bytes: &[u8]) -> OciDescriptor {
    descriptor(media_type, Sha256Digest::compute(bytes), bytes.len() as u64)
}

fn descriptor(media_type: &str, digest: Sha256Digest, size: u64) -> OciDescriptor {
    let media_type = media_type.to_owned();
    OciDescriptor {
        media_type,
        digest,
        size,
        artifact_type: None,
        annotations: Annotations::default(),
    }
}
