//! What the doctor says, as values: the lists that the existing tools know, and every
//! finding with its reason and next step.

use std::fmt;

use env_pack_domain::diagnosis::DiagnosisSeverity;
use env_pack_domain::{
    Binding, BindingKey, CapabilitySlot, DescriptorPath, EnvId, PackDescriptor, PackRef, Version,
    VersionReq,
};
use serde::Serialize;

use crate::ops::SignatureStatus;

/// The health of an environment.
#[derive(Debug, Serialize)]
pub struct DoctorReport {
    /// The environment.
    pub environment_id: EnvId,
    /// Whether its files hold what they should.
    pub validate: ValidationStatus,
    /// The core slots that something is bound to.
    pub bound_slots: Vec<CapabilitySlot>,
    /// The core slots that nothing is bound to.
    pub missing_slots: Vec<CapabilitySlot>,
    /// Bindings that nobody answers for.
    pub unknown_kinds: Vec<PackDescriptor>,
    /// Bindings whose handler serves another slot.
    pub slot_mismatches: Vec<SlotMismatch>,
    /// Bindings whose handler does not support the version.
    pub version_skew: Vec<VersionSkew>,
    /// The same of extensions.
    pub extensions: ExtensionFindings,
    /// Packs that do not load.
    pub load_failures: Vec<LoadFailure>,
    /// Packs whose archive is not the one that was bound.
    pub digest_drift: Vec<DigestDrift>,
    /// Handlers that were left out because their path is taken.
    pub duplicate_registrations: Vec<DuplicatePath>,
    /// Packs whose permissions are not in order.
    pub permission_faults: Vec<PermissionFault>,
    /// Who vouches for each pack that is not part of this program; those that nobody
    /// vouches for where somebody must did not load.
    pub signatures: Vec<SignatureReport>,
    /// Every binding and how it fares.
    pub bindings: Vec<BindingHealth>,
    /// Everything that is wrong or worth knowing, each with its reason and what to do
    /// next.
    pub findings: Vec<DoctorFinding>,
    /// Whether nothing has to be mended.
    pub healthy: bool,
    /// Whether a runtime has written what it discovered.
    pub has_runtime: bool,
    /// When this was found, as an RFC 3339 timestamp.
    pub checked_at: String,
}

/// Whether the files of an environment hold what they should.
#[derive(Debug, Serialize)]
pub struct ValidationStatus {
    /// `ok` or `error`.
    pub status: &'static str,
    /// What is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A binding whose handler serves another slot.
#[derive(Debug, Serialize)]
pub struct SlotMismatch {
    /// The descriptor.
    pub kind: PackDescriptor,
    /// The slot it is bound to.
    pub bound_slot: CapabilitySlot,
    /// The slot its handler serves.
    pub handler_slot: CapabilitySlot,
}

/// A binding whose handler does not support the version.
#[derive(Debug, Serialize)]
pub struct VersionSkew {
    /// The descriptor.
    pub kind: PackDescriptor,
    /// The version it asks for.
    #[serde(serialize_with = "as_text")]
    pub requested: Version,
    /// The versions its handler supports.
    #[serde(serialize_with = "as_text")]
    pub supported: VersionReq,
}

/// What is wrong with extensions.
#[derive(Debug, Default, Serialize)]
pub struct ExtensionFindings {
    /// How many are bound.
    pub count: usize,
    /// Those that nobody answers for.
    pub unknown_kinds: Vec<PackDescriptor>,
    /// Those whose handler is none of an extension.
    pub slot_mismatches: Vec<SlotMismatch>,
    /// Those whose handler does not support the version.
    pub version_skew: Vec<VersionSkew>,
}

/// A pack that does not load.
#[derive(Debug, Serialize)]
pub struct LoadFailure {
    /// Where it is.
    pub pack_ref: PackRef,
    /// The bindings that need it.
    pub kinds: Vec<PackDescriptor>,
    /// A stable name of what is wrong.
    pub error: &'static str,
    /// What is wrong.
    pub reason: String,
    /// What to do next.
    pub next: String,
}

/// A pack whose archive is not the one that was bound.
#[derive(Debug, Serialize)]
pub struct DigestDrift {
    /// Where it is.
    pub pack_ref: PackRef,
    /// The digest it was bound with.
    pub locked: String,
    /// The digest it has.
    pub found: String,
    /// What is wrong.
    pub reason: String,
    /// What to do next.
    pub next: String,
}

/// A handler that was left out because its path is taken.
#[derive(Debug, Serialize)]
pub struct DuplicatePath {
    /// The path.
    pub descriptor_path: DescriptorPath,
    /// The pack that answers for it.
    pub kept: Option<PackRef>,
    /// The pack that was left out.
    pub refused: Option<PackRef>,
    /// What is wrong.
    pub reason: String,
    /// What to do next.
    pub next: String,
}

/// A pack whose permissions are not in order.
#[derive(Debug, Serialize)]
pub struct PermissionFault {
    /// Where it is.
    pub pack_ref: PackRef,
    /// `permission-mismatch` or `permission-not-granted`.
    pub code: &'static str,
    /// What is wrong.
    pub reason: String,
    /// What to do next.
    pub next: String,
}

/// Who vouches for a pack.
#[derive(Debug, Serialize)]
pub struct SignatureReport {
    /// Where it is.
    pub pack_ref: PackRef,
    /// Who does.
    #[serde(flatten)]
    pub signature: SignatureStatus,
}

/// How one binding fares.
#[derive(Debug, Serialize)]
pub struct BindingHealth {
    /// The slot.
    pub slot: CapabilitySlot,
    /// The instance of an extension.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// The descriptor.
    pub kind: PackDescriptor,
    /// Where its pack is.
    pub pack_ref: PackRef,
    /// `healthy`, or the code of the first finding about it or its pack.
    pub state: &'static str,
    /// How much that finding matters; nothing for a healthy binding.
    #[serde(skip)]
    pub severity: Option<DiagnosisSeverity>,
}

/// Something that is wrong, or worth knowing.
#[derive(Debug, Serialize)]
pub struct DoctorFinding {
    /// A stable name of it.
    pub code: &'static str,
    /// `finding` or `information`.
    #[serde(serialize_with = "severity_name")]
    pub severity: DiagnosisSeverity,
    /// What it is about.
    pub subject: FindingSubject,
    /// What is wrong.
    pub reason: String,
    /// What to do next.
    pub next: String,
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq)]
pub enum FindingSubject {
    /// A pack, and with it all its bindings.
    Pack(PackRef),
    /// A path that a handler answers for, out of no pack.
    Path(DescriptorPath),
    /// One binding, and what it is bound as.
    Binding(BindingKey, PackDescriptor),
    /// A slot that nothing is bound to.
    Slot(CapabilitySlot),
}

impl FindingSubject {
    /// Whether a finding about this is one about a binding.
    pub(super) fn concerns(&self, binding: &Binding) -> bool {
        match self {
            Self::Pack(pack_ref) => *pack_ref == binding.pack_ref,
            Self::Binding(key, _) => *key == binding.key(),
            Self::Path(_) | Self::Slot(_) => false,
        }
    }
}

impl fmt::Display for FindingSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pack(pack_ref) => write!(f, "pack `{pack_ref}`"),
            Self::Path(path) => write!(f, "path `{path}`"),
            Self::Binding(key, kind) => write!(f, "{key} (`{kind}`)"),
            Self::Slot(slot) => write!(f, "slot `{slot}`"),
        }
    }
}

impl Serialize for FindingSubject {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn as_text<T: ToString, S: serde::Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&value.to_string())
}

fn severity_name<S: serde::Serializer>(
    severity: &DiagnosisSeverity,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match severity {
        DiagnosisSeverity::Finding => "finding",
        DiagnosisSeverity::Information => "information",
    })
}
