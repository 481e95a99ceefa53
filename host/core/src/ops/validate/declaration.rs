//! The places in a manifest where a pack declares its handlers, for the subjects of findings.

use gtc_archive::PackedHandler;

/// The extension of the manifest in which a pack declares its handlers.
pub(super) const DECLARATIONS: &str = "manifest.cbor#greentic.env-pack.v1";

/// The path of a field in the declaration of a handler.
pub(super) fn field_path(packed: &PackedHandler<'_>, field: &str) -> String {
    format!("handlers[{}].{field}", packed.component.as_exact())
}
