//! Packs without a handler, which can be bound as extensions.

use crate::{
    CapabilitySlot, DescriptorPath, EnvPackHandler, ForeignText, InvalidDescriptor, PackIdentity,
    Version, VersionReq,
};

/// A pack without a handler, as an extension: workloads read its answers by name, and there is
/// nothing to run.
///
/// Its own id and version take the place of the metadata that a handler returns: the id is the
/// descriptor path, and the versions compatible with its own are the supported versions. In a
/// [`Registry`](crate::Registry) it stands where a handler without requirements would.
///
/// ```
/// use env_pack_domain::{ConfigPack, EnvPackHandler, ForeignText, PackIdentity};
///
/// let pack = ConfigPack::new(&PackIdentity {
///     id: ForeignText::new("acme.fast2flow.router"),
///     version: "0.1.3".to_owned(),
///     publisher: ForeignText::new("acme"),
/// })
/// .expect("its id is a descriptor path");
/// assert_eq!(pack.descriptor_path().as_str(), "acme.fast2flow.router");
/// assert_eq!(pack.supported_versions().to_string(), "^0.1");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigPack {
    path: DescriptorPath,
    supported: VersionReq,
}

impl ConfigPack {
    /// Creates the extension of a pack with this identity.
    ///
    /// # Errors
    /// [`NotAnExtension`] when the id is not a descriptor path, or the version is not SemVer.
    pub fn new(pack: &PackIdentity) -> Result<Self, NotAnExtension> {
        let id = pack.id.as_exact();
        let path = id.parse().map_err(|source| NotAnExtension::Id { source })?;
        let version = pack.version.parse::<Version>().map_err(|_| NotAnExtension::Version {
            version: ForeignText::excerpt(&pack.version),
        })?;
        Ok(Self { path, supported: compatible_with(&version) })
    }
}

impl EnvPackHandler for ConfigPack {
    fn slot(&self) -> CapabilitySlot {
        CapabilitySlot::Extension
    }

    fn descriptor_path(&self) -> &DescriptorPath {
        &self.path
    }

    fn supported_versions(&self) -> &VersionReq {
        &self.supported
    }
}

/// Returns the versions in which nothing of this version is broken. A pre-release is compatible
/// only with itself.
fn compatible_with(version: &Version) -> VersionReq {
    let Version { major, minor, patch, pre, .. } = version;
    let text = match (pre.is_empty(), major, minor) {
        (false, ..) => format!("={major}.{minor}.{patch}-{pre}"),
        (true, 0, 0) => format!("^0.0.{patch}"),
        (true, 0, _) => format!("^0.{minor}"),
        (true, ..) => format!("^{major}"),
    };
    text.parse().expect("a version requirement")
}

/// The reason why a pack without a handler cannot be bound as an extension.
#[derive(Debug, thiserror::Error)]
pub enum NotAnExtension {
    /// The pack id is not a descriptor path.
    #[error("its id is not a descriptor path")]
    Id {
        /// The cause.
        source: InvalidDescriptor,
    },
    /// The version of the pack is not SemVer.
    #[error("its version `{version}` is not a SemVer version")]
    Version {
        /// The beginning of the version.
        version: ForeignText,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::with_causes;

    fn config_pack(id: &str, version: &str) -> Result<ConfigPack, NotAnExtension> {
        ConfigPack::new(&PackIdentity {
            id: ForeignText::new(id),
            version: version.to_owned(),
            publisher: ForeignText::new("acme"),
        })
    }

    #[test]
    fn id_and_version_take_the_place_of_metadata() {
        for (version, supported) in [
            ("1.2.3", "^1"),
            ("0.4.2", "^0.4"),
            ("0.0.3", "^0.0.3"),
            ("2.0.0-rc.1", "=2.0.0-rc.1"),
            ("1.0.0+build.7", "^1"),
        ] {
            let pack = config_pack("acme.fast2flow.router", version).expect(version);
            assert_eq!(pack.slot(), CapabilitySlot::Extension);
            assert_eq!(pack.descriptor_path().as_str(), "acme.fast2flow.router");
            assert_eq!(pack.supported_versions().to_string(), supported);
            let own = version.parse().expect(version);
            assert!(pack.supported_versions().matches(&own), "{version}");
        }
    }

    #[test]
    fn other_packs_are_not_extensions() {
        for (id, version, reason) in [
            ("router", "1.0.0", "its id is not a descriptor path: "),
            ("Acme.Router", "1.0.0", "its id is not a descriptor path: "),
            ("acme.router", "1.0", "its version `1.0` is not a SemVer version"),
        ] {
            let error = config_pack(id, version).expect_err(id);
            assert!(with_causes(&error).starts_with(reason), "{}", with_causes(&error));
        }
    }
}
