//! The versions of the handler interface: its package, world, interfaces and versions.
//!
//! The other crates of the host ask this table. A new version of the WIT is a new
//! [`AbiVersion`] here, and a folder of bindings in the engine.

use serde::{Deserialize, Serialize};

/// The WIT package, without a version. All its interfaces begin with this and `/`.
pub const PACKAGE: &str = "greentic:env-pack";
/// The interface that handlers export, without a version.
pub const HANDLER_INTERFACE: &str = "greentic:env-pack/handler";
/// The interface through which handlers run tools, without a version.
pub const TOOLS_INTERFACE: &str = "greentic:env-pack/tools";
/// The interface through which handlers open connections, without a version.
pub const NETWORK_INTERFACE: &str = "greentic:env-pack/network";
/// The world of a handler in the newest version. Packs are written with it.
pub const NEWEST_WORLD: &str = "greentic:env-pack/env-pack-handler@0.1.0";
/// The custom section in which an SDK records the permissions of a component.
pub const PERMISSIONS_SECTION: &str = "greentic:env-pack/permissions@0.1.0";
/// The supported versions of the handler interface, for messages.
pub const SUPPORTED_HANDLERS: &str = "`greentic:env-pack/handler@0.1.x`";

/// The world of a handler, without a version.
const WORLD: &str = "greentic:env-pack/env-pack-handler";

/// A supported version of the handler interface. Versions that differ only in their patch
/// number are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AbiVersion {
    /// `greentic:env-pack@0.1.x`
    V0_1,
}

/// The begin of the version numbers of each version.
const PREFIXES: [(AbiVersion, &str); 1] = [(AbiVersion::V0_1, "0.1.")];

impl AbiVersion {
    /// Returns the version of a handler interface such as `greentic:env-pack/handler@0.1.0`,
    /// or `None` if it is another interface, not a release, or not supported.
    ///
    /// ```
    /// use env_pack_domain::abi::AbiVersion;
    ///
    /// let version = AbiVersion::of_handler("greentic:env-pack/handler@0.1.7");
    /// assert_eq!(version, Some(AbiVersion::V0_1));
    /// assert_eq!(AbiVersion::of_handler("greentic:env-pack/handler@0.1.0-rc.1"), None);
    /// assert_eq!(AbiVersion::of_handler("greentic:env-pack/handler@0.2.0"), None);
    /// ```
    pub fn of_handler(interface: &str) -> Option<Self> {
        let number = interface.strip_prefix(HANDLER_INTERFACE)?.strip_prefix('@')?;
        PREFIXES.iter().find_map(|(version, prefix)| {
            let patch = number.strip_prefix(prefix)?;
            patch.bytes().all(|byte| byte.is_ascii_digit()).then_some(*version)
        })
    }

    /// Returns the version of the world that a pack declares for a component, or `None` if
    /// it is another world or not supported.
    pub fn of_world(world: &str) -> Option<Self> {
        let number = world.strip_prefix(WORLD)?.strip_prefix('@')?;
        let known = PREFIXES.iter().find(|(_, prefix)| number.starts_with(prefix));
        known.map(|(version, _)| *version)
    }
}

/// Returns true for the name of the handler interface, in any version or without one.
pub fn is_handler_interface(name: &str) -> bool {
    name.strip_prefix(HANDLER_INTERFACE)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('@'))
}

/// Returns true for the world of a handler, in any version.
pub fn is_handler_world(world: &str) -> bool {
    world.strip_prefix(WORLD).is_some_and(|rest| rest.starts_with('@'))
}

/// Returns true for an interface of this package.
pub fn is_own_interface(name: &str) -> bool {
    name.strip_prefix(PACKAGE).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_recognised_in_every_version() {
        for interface in ["greentic:env-pack/handler", "greentic:env-pack/handler@9.0.0"] {
            assert!(is_handler_interface(interface), "{interface}");
        }
        assert!(!is_handler_interface("greentic:env-pack/handlers@0.1.0"));
        assert!(is_own_interface("greentic:env-pack/tools@0.1.0"));
        assert!(!is_own_interface("greentic:env-packs/tools@0.1.0"));
        assert!(is_handler_world(NEWEST_WORLD));
        assert!(is_handler_world("greentic:env-pack/env-pack-handler@9.0.0"));
        assert!(!is_handler_world("greentic:env-pack/env-pack-handler"));
    }

    #[test]
    fn the_newest_world_is_supported() {
        assert_eq!(AbiVersion::of_world(NEWEST_WORLD), Some(AbiVersion::V0_1));
        assert_eq!(AbiVersion::of_world("greentic:env-pack/env-pack-handler@0.2.0"), None);
        assert_eq!(AbiVersion::of_world("wasi:cli/command@0.1.0"), None);
    }
}
