//! The versions of the handler interface: its package, world, interfaces and versions.
//!
//! The other crates of the host ask this table. A new version of the WIT is a new
//! [`AbiVersion`] here, and a folder of bindings in the engine. Hosts load components only of
//! released versions.

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

/// A version of the handler interface. Versions that differ only in their patch number are the
/// same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AbiVersion {
    /// `greentic:env-pack@0.1.x`
    V0_1,
    /// `greentic:env-pack@0.2.x`, in which a slot is a text.
    V0_2,
}

/// A row of the table of versions.
struct Version {
    abi: AbiVersion,
    /// The begin of its version numbers.
    prefix: &'static str,
    is_released: bool,
}

const VERSIONS: [Version; 2] = [
    Version { abi: AbiVersion::V0_1, prefix: "0.1.", is_released: true },
    Version { abi: AbiVersion::V0_2, prefix: "0.2.", is_released: false },
];

impl AbiVersion {
    /// Returns the version of a handler interface such as `greentic:env-pack/handler@0.1.0`,
    /// or `None` if it is another interface, a pre-release, or not a released version.
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
        Version::of_handler(interface).filter(|version| version.is_released).map(Version::abi)
    }

    /// Returns the version of a handler interface, like [`of_handler`](Self::of_handler), if it
    /// is known and not released.
    pub fn of_unreleased_handler(interface: &str) -> Option<Self> {
        Version::of_handler(interface).filter(|version| !version.is_released).map(Version::abi)
    }

    /// Returns the version of the world that a pack declares for a component, or `None` if
    /// it is another world or not a released version.
    pub fn of_world(world: &str) -> Option<Self> {
        let number = world.strip_prefix(WORLD)?.strip_prefix('@')?;
        let version = VERSIONS.iter().find(|version| number.starts_with(version.prefix))?;
        version.is_released.then_some(version.abi)
    }
}

impl Version {
    fn of_handler(interface: &str) -> Option<&'static Self> {
        let number = interface.strip_prefix(HANDLER_INTERFACE)?.strip_prefix('@')?;
        VERSIONS.iter().find(|version| {
            let patch = number.strip_prefix(version.prefix);
            patch.is_some_and(|patch| patch.bytes().all(|byte| byte.is_ascii_digit()))
        })
    }

    fn abi(&self) -> AbiVersion {
        self.abi
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
    fn only_releases_of_a_supported_version_are_handlers() {
        for (interface, version) in [
            ("greentic:env-pack/handler@0.1.0", Some(AbiVersion::V0_1)),
            ("greentic:env-pack/handler@0.1.17", Some(AbiVersion::V0_1)),
            ("greentic:env-pack/handler@0.1.0-rc.1", None),
            ("greentic:env-pack/handler@0.2.0", None),
            ("greentic:env-pack/handler", None),
            ("greentic:env-pack/tools@0.1.0", None),
        ] {
            assert_eq!(AbiVersion::of_handler(interface), version, "{interface}");
        }
    }

    #[test]
    fn the_newest_world_is_supported() {
        assert_eq!(AbiVersion::of_world(NEWEST_WORLD), Some(AbiVersion::V0_1));
        assert_eq!(AbiVersion::of_world("greentic:env-pack/env-pack-handler@0.2.0"), None);
        assert_eq!(AbiVersion::of_world("wasi:cli/command@0.1.0"), None);
    }

    #[test]
    fn a_version_that_is_not_released_has_to_be_asked_for() {
        let interface = "greentic:env-pack/handler@0.2.0";
        assert_eq!(AbiVersion::of_handler(interface), None);
        assert_eq!(AbiVersion::of_unreleased_handler(interface), Some(AbiVersion::V0_2));
        for other in ["handler@0.1.0", "handler@0.2.0-rc.1", "handler@0.3.0", "tools@0.2.0"] {
            let other = format!("{PACKAGE}/{other}");
            assert_eq!(AbiVersion::of_unreleased_handler(&other), None, "{other}");
        }
    }
}
