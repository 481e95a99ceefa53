//! The reports about changed bindings.

use std::fmt;

use env_pack_domain::change::BindingChange;
use env_pack_domain::{Binding, EnvId, KeyId, PackDescriptor, PackRef, Permissions, Sha256Digest};
use serde::{Deserialize, Serialize};

/// A binding after a change.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BindReport {
    /// The environment.
    pub environment_id: EnvId,
    /// The slot, for packs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slot: Option<String>,
    /// The instance, for extensions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// The descriptor.
    pub kind: PackDescriptor,
    /// The pack reference.
    pub pack_ref: PackRef,
    /// The SHA-256 digest of the archive; none if it is not pinned, or removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive_sha256: Option<String>,
    /// The generation: the number of changes since the binding was added.
    pub generation: u64,
    /// Whether a previous binding exists for a rollback.
    pub has_previous: bool,
    /// Whether the pack has no handler, so that it only gives its answers to workloads.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub without_handler: bool,
    /// The granted permissions, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grants: Option<GrantsReport>,
    /// The trusted key that signed the pack, if signatures are verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<KeyId>,
    /// Problems that `doctor` will report about the pack, and layers that the sandbox lacks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The difference from the archive that was bound before, after a refresh.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<PackDifference>,
    /// Whether the binding is unchanged: there was nothing to change, or this is a preview.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unchanged: bool,
    /// The other bindings that changed along with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moved: Vec<BindReport>,
    /// The idempotency key of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// Permissions, as text.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GrantsReport {
    /// The commands that may be run.
    pub tools: Vec<String>,
    /// The addresses that may be connected to.
    pub network: Vec<String>,
}

/// The difference between the bound archive and what its reference leads to now.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PackDifference {
    /// The bound archive.
    pub from: ComparedPack,
    /// The archive that the reference leads to now.
    pub to: ComparedPack,
    /// The permissions that the new archive requires in addition.
    pub permissions_added: GrantsReport,
    /// The permissions that the new archive no longer requires.
    pub permissions_removed: GrantsReport,
}

/// One of two compared archives.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ComparedPack {
    /// The digest of the OCI manifest, for a pack from a registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest_digest: Option<Sha256Digest>,
    /// The SHA-256 digest of the archive.
    pub sha256: String,
    /// The version of the pack; none if its archive is not available.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The descriptor versions that its handlers support.
    pub supported_versions: Vec<String>,
}

impl BindReport {
    /// Reports the first of these changes, with the others as `moved` as far as they change
    /// something.
    pub(super) fn of_changes(
        environment: &EnvId,
        idempotency_key: Option<String>,
        changes: &[BindingChange],
    ) -> Self {
        let (first, others) = changes.split_first().expect("a request makes a change");
        let moved = others.iter().filter(|change| !change.is_unchanged());
        let moved = moved.map(|change| Self::of_change(environment, change)).collect();
        Self { moved, idempotency_key, ..Self::of_change(environment, first) }
    }

    fn of_change(environment: &EnvId, change: &BindingChange) -> Self {
        match (&change.after, &change.before) {
            (Some(after), _) => {
                let unchanged = change.is_unchanged();
                Self { unchanged, ..Self::of_binding(environment, after) }
            }
            (None, Some(removed)) => {
                Self::of_binding(environment, &Binding { pin: None, ..removed.clone() })
            }
            (None, None) => unreachable!("a change has a binding before or after it"),
        }
    }

    /// Reports a binding.
    pub(super) fn of_binding(environment: &EnvId, binding: &Binding) -> Self {
        Self {
            environment_id: environment.clone(),
            slot: binding.place.core_slot().map(|slot| slot.to_string()),
            instance_id: binding.place.instance().map(ToString::to_string),
            kind: binding.kind.clone(),
            pack_ref: binding.pack_ref.clone(),
            archive_sha256: binding.pin.as_ref().map(|pin| pin.archive.hex()),
            generation: binding.generation,
            has_previous: binding.previous.is_some(),
            without_handler: binding.pin.as_ref().is_some_and(|pin| !pin.has_handler()),
            grants: binding
                .pin
                .as_ref()
                .filter(|pin| !pin.grants.is_empty())
                .map(|pin| GrantsReport::from(&pin.grants)),
            signer: None,
            moved_from: None,
            unchanged: false,
            moved: Vec::new(),
            warnings: Vec::new(),
            idempotency_key: None,
        }
    }
}

impl From<&Permissions> for GrantsReport {
    fn from(permissions: &Permissions) -> Self {
        Self {
            tools: permissions.tools.iter().map(ToString::to_string).collect(),
            network: permissions.network.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Formats the permissions on one line, for the audit log.
impl fmt::Display for GrantsReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<&str> = self.tools.iter().chain(&self.network).map(String::as_str).collect();
        f.write_str(if all.is_empty() { "nothing" } else { "" })?;
        f.write_str(&all.join(", "))
    }
}
