//! The manifests of packs and of other single documents, as `gtc` publishes them.

use env_pack_domain::Sha256Digest;

use super::manifest::{
    Annotations, CONFIG, MANIFEST, OciDescriptor, OciManifest, PACK_LAYER, to_json,
};

/// The configuration of a pack, which is empty.
pub(crate) const EMPTY_CONFIG: &[u8] = b"{}";
/// The media type of an empty configuration of other artifacts.
const EMPTY: &str = "application/vnd.oci.empty.v1+json";

const TITLE: &str = "org.opencontainers.image.title";
/// The annotation with the signature of the archive: a DSSE envelope in Base64.
pub(crate) const SIGNATURE: &str = "dev.greentic.dsse";

/// The annotations of the manifest of a pack, as the
/// [OCI image specification](https://github.com/opencontainers/image-spec/blob/main/annotations.md)
/// names them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackAnnotations {
    /// `org.opencontainers.image.title`: the id of the pack.
    pub title: String,
    /// `org.opencontainers.image.version`: its version.
    pub version: String,
    /// `org.opencontainers.image.source`: the URL of its sources.
    pub source: Option<String>,
    /// `org.opencontainers.image.created`: the time of its build (RFC 3339).
    pub created: Option<String>,
    /// `dev.greentic.dsse`: a signature of the archive, in Base64.
    pub signature: Option<String>,
}

/// The manifest of a pack. The same arguments give the same bytes.
pub(crate) fn pack_manifest(
    archive: Sha256Digest,
    size: u64,
    annotations: &PackAnnotations,
) -> Vec<u8> {
    let file = format!("{}-{}.gtpack", annotations.title, annotations.version);
    let mut layer = OciDescriptor::new(PACK_LAYER, archive, size);
    layer.annotations.insert(TITLE.to_owned(), file);
    let annotations = [
        (TITLE, Some(&annotations.title)),
        ("org.opencontainers.image.version", Some(&annotations.version)),
        ("org.opencontainers.image.source", annotations.source.as_ref()),
        ("org.opencontainers.image.created", annotations.created.as_ref()),
        (SIGNATURE, annotations.signature.as_ref()),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?.clone())))
    .collect();
    to_json(&OciManifest {
        schema_version: 2,
        media_type: Some(MANIFEST.to_owned()),
        artifact_type: None,
        config: OciDescriptor::of_bytes(CONFIG, EMPTY_CONFIG),
        layers: vec![layer],
        subject: None,
        annotations,
    })
}

/// The manifest of an artifact with a single layer.
pub(crate) fn single_layer_manifest(media_type: &str, document: &[u8]) -> OciManifest {
    OciManifest {
        schema_version: 2,
        media_type: Some(MANIFEST.to_owned()),
        artifact_type: Some(media_type.to_owned()),
        config: OciDescriptor::of_bytes(EMPTY, EMPTY_CONFIG),
        layers: vec![OciDescriptor::of_bytes(media_type, document)],
        subject: None,
        annotations: Annotations::default(),
    }
}
