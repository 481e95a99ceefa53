//! Manifests of registries, and what in them is a pack. Formats: OCI image specification
//! 1.1; media types as the existing tools write them.

use env_pack_domain::{ForeignText, Sha256Digest};
use serde::{Deserialize, Serialize};

/// The manifest of an artifact.
pub(in crate::fetch) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// The manifest of docker, which copies of artifacts may have.
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// Several manifests under one name.
pub(in crate::fetch) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
/// The configuration of a pack: `{}`.
pub(in crate::fetch) const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// The layer of a pack.
pub(in crate::fetch) const PACK_LAYER: &str = "application/vnd.greentic.gtpack.v1+zip";
/// Layers of packs as others have written them.
const OTHER_PACK_LAYERS: [&str; 2] =
    ["application/vnd.greentic.gtpack+zip", "application/vnd.greentic.pack+zip"];
/// A layer of anything: a pack, where it is the only layer.
const ANY_LAYER: &str = "application/octet-stream";
/// Layers that are a component by itself.
const COMPONENT_LAYERS: [&str; 3] = [
    "application/wasm",
    "application/vnd.wasm.component.v1+wasm",
    "application/vnd.module.wasm.content.layer.v1+wasm",
];
/// What layers of containers begin with.
const CONTAINER_LAYERS: [&str; 2] =
    ["application/vnd.oci.image.layer.", "application/vnd.docker.image.rootfs."];

/// What a request for a manifest takes.
pub(super) const ACCEPTED: &str = concat!(
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json, ",
    "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json"
);

/// What the bytes of a pack are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackFormat {
    /// An archive.
    Archive,
    /// A component by itself, as `wkg oci push` writes it.
    Component,
}

impl PackFormat {
    /// What bytes are that were kept: somebody found that they are one of the two.
    pub(in crate::fetch) fn of_kept(bytes: &[u8]) -> Self {
        if bytes.starts_with(b"\0asm") { Self::Component } else { Self::Archive }
    }
}

/// Something that a manifest names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::fetch) struct OciDescriptor {
    pub media_type: String,
    #[serde(with = "digest")]
    pub digest: Sha256Digest,
    pub size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    #[serde(default, skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
}

/// What somebody noted, sorted, so that the same notes are the same bytes.
pub(in crate::fetch) type Annotations = std::collections::BTreeMap<String, String>;

/// The manifest of an artifact.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::fetch) struct OciManifest {
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

/// Several manifests under one name, such as those that refer to another one.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::fetch) struct OciIndex {
    pub schema_version: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    pub manifests: Vec<OciDescriptor>,
    #[serde(default, skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
}

/// Why a manifest is not used.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::fetch) enum InvalidManifest {
    /// It is not a manifest.
    Malformed(ForeignText),
    /// It is that of something else.
    NotAPack(ForeignText),
}

/// Only what decides how the rest is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kind {
    media_type: Option<String>,
    manifests: Option<serde::de::IgnoredAny>,
}

impl OciManifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// [`InvalidManifest`] when it is none, or has more than `max_layers` layers.
    pub fn parse(bytes: &[u8], max_layers: u64) -> Result<Self, InvalidManifest> {
        let malformed = |error: serde_json::Error| {
            InvalidManifest::Malformed(ForeignText::sentence(&error.to_string()))
        };
        let kind: Kind = serde_json::from_slice(bytes).map_err(malformed)?;
        let media_type = kind.media_type.as_deref();
        if kind.manifests.is_some()
            || media_type.is_some_and(|found| [INDEX, DOCKER_INDEX].contains(&found))
        {
            return Err(InvalidManifest::NotAPack(ForeignText::new("an index of several images")));
        }
        if let Some(other) = media_type.filter(|found| ![MANIFEST, DOCKER_MANIFEST].contains(found))
        {
            return Err(InvalidManifest::NotAPack(ForeignText::excerpt(&format!(
                "a document of type {other}"
            ))));
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(malformed)?;
        let layers = manifest.layers.len() as u64;
        if layers > max_layers {
            let reason = format!("it has {layers} layers, more than {max_layers}");
            return Err(InvalidManifest::Malformed(ForeignText::new(reason)));
        }
        match manifest.schema_version {
            2 => Ok(manifest),
            version => Err(InvalidManifest::Malformed(ForeignText::new(format!(
                "its schema version is {version}, not 2"
            )))),
        }
    }

    /// The layer that is the pack, wherever it stands, and what its bytes are.
    ///
    /// # Errors
    /// [`InvalidManifest`] with what the artifact is instead.
    pub fn pack(&self) -> Result<(&OciDescriptor, PackFormat), InvalidManifest> {
        let of = |types: &[&str]| {
            self.layers
                .iter()
                .filter(|layer| types.contains(&layer.media_type.as_str()))
                .collect::<Vec<_>>()
        };
        let packs = [of(&[PACK_LAYER]), of(&OTHER_PACK_LAYERS)].concat();
        let candidates = match (packs.is_empty(), of(&COMPONENT_LAYERS)) {
            (false, _) => (packs, PackFormat::Archive),
            (true, components) if !components.is_empty() => (components, PackFormat::Component),
            _ if self.layers.len() == 1 => (of(&[ANY_LAYER]), PackFormat::Archive),
            _ => (Vec::new(), PackFormat::Archive),
        };
        match candidates {
            (layers, format) if layers.len() == 1 => Ok((layers[0], format)),
            (layers, _) if layers.is_empty() => Err(InvalidManifest::NotAPack(self.described())),
            (layers, _) => {
                let reason = format!("it has {} layers that could be the pack", layers.len());
                Err(InvalidManifest::Malformed(ForeignText::new(reason)))
            }
        }
    }

    /// What an artifact without a pack is, in words.
    fn described(&self) -> ForeignText {
        let is_container = |layer: &OciDescriptor| {
            CONTAINER_LAYERS.iter().any(|container| layer.media_type.starts_with(container))
        };
        let types = || self.layers.iter().map(|layer| layer.media_type.as_str());
        ForeignText::sentence(&match (self.layers.first(), &self.artifact_type) {
            (Some(_), _) if self.layers.iter().all(is_container) => "a container image".to_owned(),
            (_, Some(artifact)) => format!("an artifact of type {artifact}"),
            (None, None) => "an artifact without layers".to_owned(),
            (Some(_), None) => format!(
                "an artifact with layers of type {}",
                types().collect::<Vec<_>>().join(", ")
            ),
        })
    }
}

/// Digests as manifests write them. Other algorithms are not taken.
mod digest {
    use env_pack_domain::Sha256Digest;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(
        digest: &Sha256Digest,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(digest)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
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
    fn not_a_pack(result: Result<(String, PackFormat), InvalidManifest>, expected: &str) {
        assert_eq!(result, Err(InvalidManifest::NotAPack(ForeignText::new(expected))));
    }

    #[test]
    fn the_layer_is_found_by_its_type() {
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
    fn what_is_no_pack_is_named() {
        let container = "application/vnd.oci.image.layer.v1.tar+gzip";
        not_a_pack(pack(&[container, container]), "a container image");
        not_a_pack(pack(&[]), "an artifact without layers");
        not_a_pack(
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
    fn what_is_no_manifest() {
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
