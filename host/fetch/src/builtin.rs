//! The packs that are part of this program. They are verified and loaded like all others.

use env_pack_domain::PackDescriptor;

macro_rules! packed {
    ($($path:literal),+ $(,)?) => {
        &[$(($path, include_bytes!(concat!("../../../builtins/packed/", $path, ".gtpack")))),+]
    };
}

/// Descriptor path and archive of each pack, in the order in which a new environment binds
/// them.
const PACKED: &[(&str, &[u8])] = packed![
    "greentic.deployer.local-process",
    "greentic.secrets.dev-store",
    "greentic.telemetry.stdout",
    "greentic.sessions.in-memory",
    "greentic.state.in-memory",
];

/// The version of every built-in pack.
const VERSION: &str = "0.1.0";

pub(super) fn descriptors() -> impl Iterator<Item = PackDescriptor> {
    PACKED
        .iter()
        .map(|(path, _)| format!("{path}@{VERSION}").parse().expect("the table holds descriptors"))
}

/// The archive of a built-in pack.
pub(super) fn find(name: &PackDescriptor) -> Option<&'static [u8]> {
    let path = name.path().as_str();
    let (_, bytes) = PACKED.iter().find(|(packed, _)| *packed == path)?;
    (name.version().to_string() == VERSION).then_some(bytes)
}

/// All descriptors, for a message.
pub(super) fn names() -> String {
    descriptors().map(|descriptor| format!("`{descriptor}`")).collect::<Vec<_>>().join(", ")
}
