//! Names of the entries that describe a pack.

pub(super) const MANIFEST: &str = "manifest.cbor";
/// The JSON Schema of the operator's answers, which a pack may ship.
pub const ANSWERS_SCHEMA: &str = "answers.schema.json";
pub(super) const SBOM: &str = "sbom.cbor";
/// The bill of materials in JSON, as the legacy writer names it.
pub(super) const LEGACY_SBOM: &str = "sbom.json";
