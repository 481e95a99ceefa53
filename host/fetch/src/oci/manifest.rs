//! Manifests of registries, and the layer in them that is a pack.
//!
//! The formats are those of the
//! [OCI image specification 1.1](https://github.com/opencontainers/image-spec); the media
//! types are those that existing tools write.

use std::collections::BTreeMap;

use env_pack_domain::{ForeignText, Sha256Digest};
use serde::{Deserialize, Serialize};

/// The media type of a manifest.
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// The manifest type of Docker, which copies of artifacts may have.
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// The media type of an index: several manifests under one name.
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
/// The media type of the configuration of a pack, which is `{}`.
pub(crate) const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// The media type of the layer of a pack.
pub(crate) const PACK_LAYER: &str = "application/vnd.greentic.gtpack.v1+zip";
/// Pack layers of other tools.
const OTHER_PACK_LAYERS: [&str; 2] =
    ["application/vnd.greentic.gtpack+zip", "application/vnd.greentic.pack+zip"];
/// A layer without a specific type: a pack, if it is the only layer.
const ANY_LAYER: &str = "application/octet-stream";
/// Layers that are a component without an archive.
const COMPONENT_LAYERS: [&str; 3] = [
    "application/wasm",
    "application/vnd.wasm.component.v1+wasm",
    "application/vnd.module.wasm.content.layer.v1+wasm",
];
/// Prefixes of the layers of container images.
const CONTAINER_LAYERS: [&str; 2] =
    ["application/vnd.oci.image.layer.", "application/vnd.docker.image.rootfs."];

/// The `Accept` header of a request for a manifest.
pub(super) const ACCEPTED_MANIFESTS: &str = concat!(
    "application/vnd.oci.image.manifest.v1+json, ",
    "application/vnd.docker.distribution.manifest.v2+json, ",
    "application/vnd.oci.image.index.v1+json, ",
    "application/vnd.docker.distribution.manifest.list.v2+json"
);

/// The format of a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackFormat {
    /// A `.gtpack` archive.
    Archive,
    /// A component without an archive, as `wkg oci push` publishes it.
    Component,
}

impl PackFormat {
    /// The format of bytes from the cache, which holds only packs.
    pub(crate) fn detect(bytes: &[u8]) -> Self {
        if bytes.starts_with(b"\0asm") { Self::Component } else { Self::Archive }
    }
}

/// A reference to content by digest, size and type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OciDescriptor {
    pub media_type: String,
    #[serde(with = "digest")]
    pub digest: Sha256Digest,
    pub size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    #[serde(default, skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
}

impl OciDescriptor {
    /// Describes bytes.
    pub(crate) fn of_bytes(media_type: &str, bytes: &[u8]) -> Self {
        Self::new(media_type, Sha256Digest::compute(bytes), bytes.len() as u64)
    }

    pub(crate) fn new(media_type: &str, digest: Sha256Digest, size: u64) -> Self {
        let media_type = media_type.to_owned();
        let annotations = Annotations::new();
        Self { media_type, digest, size, artifact_type: None, annotations }
    }
}

/// Annotations of a manifest or descriptor, sorted so that serialization is reproducible.
pub(crate) type Annotations = BTreeMap<String, String>;

/// The manifest of an artifact.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OciManifest {
    pub schema_version: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    pub config: OciDescriptor,
    pub layers: Vec<OciDescriptor>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<OciDescriptor>,
    #[serde(default, skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
}

/// An index: a list of manifests, such as the referrers of a manifest.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OciIndex {
    pub schema_version: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    pub manifests: Vec<OciDescriptor>,
    #[serde(default, skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
}

/// Why a manifest is not one of a pack.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum InvalidManifest {
    /// It is not a valid manifest.
    Malformed(ForeignText),
    /// It is the manifest of another kind of artifact.
    NotAPack(ForeignText),
}

/// The members that tell a manifest from an index.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ManifestKind {
    media_type: Option<String>,
    manifests: Option<serde::de::IgnoredAny>,
}

impl OciManifest {
    /// Parses a manifest with at most `max_layers` layers.
    pub(crate) fn parse(bytes: &[u8], max_layers: u64) -> Result<Self, InvalidManifest> {
        let kind: ManifestKind = parse_json(bytes)?;
        let media_type = kind.media_type.as_deref();
        if kind.manifests.is_some() || matches!(media_type, Some(INDEX | DOCKER_INDEX)) {
            return Err(InvalidManifest::NotAPack(ForeignText::new("an index of several images")));
        }
        if let Some(other) = media_type.filter(|found| ![MANIFEST, DOCKER_MANIFEST].contains(found))
        {
            let what = format!("a document of type {other}");
            return Err(InvalidManifest::NotAPack(ForeignText::excerpt(&what)));
        }
        let manifest: Self = parse_json(bytes)?;
        let layers = manifest.layers.len() as u64;
        if layers > max_layers {
            return Err(malformed(format!("it has {layers} layers, more than {max_layers}")));
        }
        if manifest.schema_version != 2 {
            let version = manifest.schema_version;
            return Err(malformed(format!("its schema version is {version}, not 2")));
        }
        Ok(manifest)
    }

    /// The layer that is the pack, and its format.
    ///
    /// # Errors
    /// [`InvalidManifest`] if no layer, or more than one, could be the pack.
    pub(crate) fn pack(&self) -> Result<(&OciDescriptor, PackFormat), InvalidManifest> {
        let mut candidates = self.layers_of(&[PACK_LAYER]);
        candidates.extend(self.layers_of(&OTHER_PACK_LAYERS));
        let mut format = PackFormat::Archive;
        if candidates.is_empty() {
            candidates = self.layers_of(&COMPONENT_LAYERS);
            format = PackFormat::Component;
        }
        if candidates.is_empty() && self.layers.len() == 1 {
            candidates = self.layers_of(&[ANY_LAYER]);
            format = PackFormat::Archive;
        }
        match candidates.as_slice() {
            [layer] => Ok((layer, format)),
            [] => Err(InvalidManifest::NotAPack(self.description())),
            layers => {
                let count = layers.len();
                Err(malformed(format!("it has {count} layers that could be the pack")))
            }
        }
    }

    fn layers_of(&self, media_types: &[&str]) -> Vec<&OciDescriptor> {
        let layers = self.layers.iter();
        layers.filter(|layer| media_types.contains(&layer.media_type.as_str())).collect()
    }

    /// The kind of an artifact that is not a pack, for messages.
    fn description(&self) -> ForeignText {
        if self.layers.is_empty() && self.artifact_type.is_none() {
            return ForeignText::new("an artifact without layers");
        }
        let is_container = |layer: &OciDescriptor| {
            CONTAINER_LAYERS.iter().any(|prefix| layer.media_type.starts_with(prefix))
        };
        if !self.layers.is_empty() && self.layers.iter().all(is_container) {
            return ForeignText::new("a container image");
        }
        if let Some(artifact_type) = &self.artifact_type {
            return ForeignText::sentence(&format!("an artifact of type {artifact_type}"));
        }
        let types: Vec<&str> = self.layers.iter().map(|layer| layer.media_type.as_str()).collect();
        ForeignText::sentence(&format!("an artifact with layers of type {}", types.join(", ")))
    }
}

/// Serializes a manifest or index.
pub(crate) fn to_json(document: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(document).expect("text and numbers make JSON")
}

fn parse_json<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, InvalidManifest> {
    serde_json::from_slice(bytes)
        .map_err(|error| InvalidManifest::Malformed(ForeignText::sentence(&error.to_string())))
}

fn malformed(reason: String) -> InvalidManifest {
    InvalidManifest::Malformed(ForeignText::new(reason))
}

/// Digests in manifests. Only SHA-256 is supported.
mod digest {
    use env_pack_domain::Sha256Digest;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        digest: &Sha256Digest,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(digest)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Sha256Digest, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn manifest(layers: &[&str]) -> String {
        let layer = |media_type: &&str| {
            format!(r#"{{"mediaType":"{media_type}","digest":"{DIGEST}","size":3}}"#)
        };
        let layers = layers.iter().map(layer).collect::<Vec<_>>().join(",");
        format!(
            r#"{{"schemaVersion":2,"mediaType":"{MANIFEST}","config":{{"mediaType":"{CONFIG}","digest":"{DIGEST}","size":2}},"layers":[{layers}]}}"#
        )
    }

    fn pack(layers: &[&str]) -> Result<(String, PackFormat), InvalidManifest> {
        let manifest = OciManifest::parse(manifest(layers).as_bytes(), 16)?;
        manifest.pack().map(|(layer, format)| (layer.media_type.clone(), format))
    }

    #[track_caller]
    fn check_not_a_pack(result: Result<(String, PackFormat), InvalidManifest>, expected: &str) {
        assert_eq!(result, Err(InvalidManifest::NotAPack(ForeignText::new(expected))));
    }

    #[test]
    fn the_pack_layer_is_found_by_its_type() {
        let container = "application/vnd.oci.image.layer.v1.tar+gzip";
        for layer in [PACK_LAYER, OTHER_PACK_LAYERS[0], OTHER_PACK_LAYERS[1]] {
            assert_eq!(pack(&[layer]), Ok((layer.to_owned(), PackFormat::Archive)));
            assert_eq!(
                pack(&["text/plain", container, layer]),
                Ok((layer.to_owned(), PackFormat::Archive))
            );
        }
        for layer in COMPONENT_LAYERS {
            assert_eq!(pack(&["text/plain", layer]), Ok((layer.to_owned(), PackFormat::Component)));
            assert_eq!(
                pack(&[layer, PACK_LAYER]),
                Ok((PACK_LAYER.to_owned(), PackFormat::Archive))
            );
        }
        assert_eq!(pack(&[ANY_LAYER]), Ok((ANY_LAYER.to_owned(), PackFormat::Archive)));
    }

    #[test]
    fn other_artifacts_are_named() {
        let container = "application/vnd.oci.image.layer.v1.tar+gzip";
        check_not_a_pack(pack(&[container, container]), "a container image");
        check_not_a_pack(pack(&[]), "an artifact without layers");
        check_not_a_pack(
            pack(&["text/plain", ANY_LAYER]),
            "an artifact with layers of type text/plain, application/octet-stream",
        );
        let index = format!(r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[]}}"#);
        assert!(matches!(
            OciManifest::parse(index.as_bytes(), 16),
            Err(InvalidManifest::NotAPack(_))
        ));
        let index = r#"{"schemaVersion":2,"manifests":[]}"#;
        assert!(matches!(
            OciManifest::parse(index.as_bytes(), 16),
            Err(InvalidManifest::NotAPack(_))
        ));
    }

    #[test]
    fn malformed_manifests_are_refused() {
        let good = manifest(&[PACK_LAYER]);
        for text in [
            String::new(),
            "{}".to_owned(),
            "[".repeat(100_000),
            good.replace("\"schemaVersion\":2", "\"schemaVersion\":1"),
            good.replace("sha256:", "sha512:"),
            good.replace("\"size\":3", "\"size\":-3"),
            good.replace("\"size\":3", "\"size\":3,\"size\":4"),
            good.replace(MANIFEST, "text/plain"),
            manifest(&[PACK_LAYER; 17]),
        ] {
            assert!(OciManifest::parse(text.as_bytes(), 16).is_err(), "{text:.100}");
        }
        assert!(matches!(pack(&[PACK_LAYER; 2]), Err(InvalidManifest::Malformed(_))));
        assert!(matches!(pack(&["application/wasm"; 2]), Err(InvalidManifest::Malformed(_))));
    }
}
