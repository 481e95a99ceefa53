//! The packs that are part of this program. They are loaded like any other; only their
//! bytes are already here.

use env_pack_domain::PackDescriptor;

macro_rules! packed {
    ($($path:literal),+ $(,)?) => {
        &[$(($path, include_bytes!(concat!("../../../builtins/packed/", $path, ".gtpack")))),+]
    };
}

/// Path and archive of each, in the order in which a new environment binds them. All have
/// the version of the pack inside.
const PACKED: &[(&str, &[u8])] = packed![
    "greentic.deployer.local-process",
    "greentic.secrets.dev-store",
    "greentic.telemetry.stdout",
    "greentic.sessions.in-memory",
    "greentic.state.in-memory",
];

/// The version of every built-in.
const VERSION: &str = "0.1.0";

pub(super) fn descriptors() -> impl Iterator<Item = PackDescriptor> {
    PACKED
        .iter()
        .map(|(path, _)| format!("{path}@{VERSION}").parse().expect("the table holds descriptors"))
}

pub(super) fn find(name: &PackDescriptor) -> Option<&'static [u8]> {
    let is_it = |(path, _): &&(&str, &[u8])| {
        *path == name.path().as_str() && name.version().to_string() == VERSION
    };
    PACKED.iter().find(is_it).map(|(_, bytes)| *bytes)
}

pub(super) fn names() -> String {
    descriptors().map(|descriptor| format!("`{descriptor}`")).collect::<Vec<_>>().join(", ")
}
