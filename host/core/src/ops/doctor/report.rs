//! The report of `doctor`: lists in the form of the existing tools, and all findings with
//! reason and next step.

use std::fmt;

use env_pack_domain::diagnosis::DiagnosisSeverity;
use env_pack_domain::{
    BindingKey, CapabilitySlot, DescriptorPath, EnvId, PackDescriptor, PackRef, Version, VersionReq,
};
use serde::Serialize;

use crate::ops::SignatureStatus;

/// The health of an environment.
#[derive(Debug, Serialize)]
pub struct DoctorReport {
    /// The environment.
    pub environment_id: EnvId,
    /// Whether the environment's files are well-formed.
    pub validate: ValidationStatus,
    /// The bound core slots.
    pub bound_slots: Vec<CapabilitySlot>,
    /// The unbound core slots.
    pub missing_slots: Vec<CapabilitySlot>,
    /// Bindings whose descriptor path no loaded pack provides.
    pub unknown_kinds: Vec<PackDescriptor>,
    /// Bindings whose handler serves another slot.
    pub slot_mismatches: Vec<SlotMismatch>,
    /// Bindings whose handler does not support the version.
    pub version_skew: Vec<VersionSkew>,
    /// The same lists for extensions.
    pub extensions: ExtensionFindings,
    /// Packs that do not load.
    pub load_failures: Vec<LoadFailure>,
    /// Packs whose digest is not the pinned one.
    pub digest_drift: Vec<DigestDrift>,
    /// Handlers that were not registered because another pack provides their path.
    pub duplicate_registrations: Vec<DuplicatePath>,
    /// Undeclared and ungranted permissions.
    pub permission_faults: Vec<PermissionFault>,
    /// The signature of each bound pack that passed the signature check. Built-in packs
    /// have none.
    pub signatures: Vec<SignatureReport>,
    /// The state of every binding.
    pub bindings: Vec<BindingHealth>,
    /// All findings and information.
    pub findings: Vec<DoctorFinding>,
    /// Whether there is no finding, information aside.
    pub healthy: bool,
    /// Whether this machine could not load a pack, so that nothing is known about it.
    #[serde(skip)]
    pub is_incomplete: bool,
    /// Whether `runtime.json` exists, which a runtime writes.
    pub has_runtime: bool,
    /// The time of the diagnosis, as an
    /// [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339) timestamp.
    pub checked_at: String,
}

impl DoctorReport {
    /// Returns all suggestions of the report.
    pub(super) fn next_steps(&mut self) -> impl Iterator<Item = &mut String> {
        let failures = self.load_failures.iter_mut().map(|it| &mut it.next);
        let drifts = self.digest_drift.iter_mut().map(|it| &mut it.next);
        let duplicates = self.duplicate_registrations.iter_mut().map(|it| &mut it.next);
        let permissions = self.permission_faults.iter_mut().map(|it| &mut it.next);
        let findings = self.findings.iter_mut().map(|it| &mut it.next);
        failures.chain(drifts).chain(duplicates).chain(permissions).chain(findings)
    }

    /// Adds a breach of an invariant to `validate`.
    pub(super) fn add_validation_error(&mut self, message: String) {
        self.validate.status = "error";
        self.validate.message = Some(match self.validate.message.take() {
            Some(before) => format!("{before}; {message}"),
            None => message,
        });
    }
}

/// Whether the files of an environment are well-formed.
#[derive(Debug, Serialize)]
pub struct ValidationStatus {
    /// `ok` or `error`.
    pub status: &'static str,
    /// The errors, separated by semicolons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A binding whose handler serves another slot.
#[derive(Debug, Serialize)]
pub struct SlotMismatch {
    /// The descriptor.
    pub kind: PackDescriptor,
    /// The slot of the binding.
    pub bound_slot: CapabilitySlot,
    /// The slot that the handler serves.
    pub handler_slot: CapabilitySlot,
}

/// A binding whose handler does not support the version.
#[derive(Debug, Serialize)]
pub struct VersionSkew {
    /// The descriptor.
    pub kind: PackDescriptor,
    /// The version in the binding's descriptor.
    #[serde(serialize_with = "as_text")]
    pub requested: Version,
    /// The versions that the handler supports.
    #[serde(serialize_with = "as_text")]
    pub supported: VersionReq,
}

/// Findings about extensions.
#[derive(Debug, Default, Serialize)]
pub struct ExtensionFindings {
    /// The number of bound extensions.
    pub count: usize,
    /// Extensions whose descriptor path no loaded pack provides.
    pub unknown_kinds: Vec<PackDescriptor>,
    /// Extensions whose handler serves another slot.
    pub slot_mismatches: Vec<SlotMismatch>,
    /// Extensions whose handler does not support the version.
    pub version_skew: Vec<VersionSkew>,
}

/// A pack that does not load.
#[derive(Debug, Serialize)]
pub struct LoadFailure {
    /// The pack reference.
    pub pack_ref: PackRef,
    /// The descriptors of the bindings that need it.
    pub kinds: Vec<PackDescriptor>,
    /// A stable name of the error.
    pub error: &'static str,
    /// The error message.
    pub reason: String,
    /// The next step for the operator.
    pub next: String,
}

/// A pack whose digest is not the pinned one.
#[derive(Debug, Serialize)]
pub struct DigestDrift {
    /// The pack reference.
    pub pack_ref: PackRef,
    /// The pinned digest.
    pub locked: String,
    /// The current digest.
    pub found: String,
    /// The difference, in a sentence.
    pub reason: String,
    /// The next step for the operator.
    pub next: String,
}

/// A handler that was not registered because another pack provides its path.
#[derive(Debug, Serialize)]
pub struct DuplicatePath {
    /// The descriptor path that both packs provide.
    pub descriptor_path: DescriptorPath,
    /// The pack whose handler is registered.
    pub kept: Option<PackRef>,
    /// The pack whose handler is not registered.
    pub refused: Option<PackRef>,
    /// The conflict, in a sentence.
    pub reason: String,
    /// The next step for the operator.
    pub next: String,
}

/// A permission problem of a pack.
#[derive(Debug, Serialize)]
pub struct PermissionFault {
    /// The pack reference.
    pub pack_ref: PackRef,
    /// `permission-mismatch` or `permission-not-granted`.
    pub code: &'static str,
    /// The problem, in a sentence.
    pub reason: String,
    /// The next step for the operator.
    pub next: String,
}

/// The signature of a bound pack.
#[derive(Debug, Serialize)]
pub struct SignatureReport {
    /// The pack reference.
    pub pack_ref: PackRef,
    /// The status of the signature.
    #[serde(flatten)]
    pub signature: SignatureStatus,
}

/// The state of a binding.
#[derive(Debug, Serialize)]
pub struct BindingHealth {
    /// The slot.
    pub slot: CapabilitySlot,
    /// The instance of an extension.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// The descriptor.
    pub kind: PackDescriptor,
    /// The pack reference.
    pub pack_ref: PackRef,
    /// The SHA-256 digest of the archive that was loaded; none for a built-in pack, and for one
    /// that did not load.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive_sha256: Option<String>,
    /// Whether the pack has no handler, so that it only gives its answers to workloads.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub without_handler: bool,
    /// `healthy`, or the code of the most severe finding about the binding or its pack.
    pub state: &'static str,
    /// The severity of that finding; none for a healthy binding.
    #[serde(skip)]
    pub severity: Option<DiagnosisSeverity>,
}

/// A problem, or information, about an environment.
#[derive(Debug, Serialize)]
pub struct DoctorFinding {
    /// A stable name of the problem.
    pub code: &'static str,
    /// Serialized as `finding` or `information`.
    #[serde(serialize_with = "severity_name")]
    pub severity: DiagnosisSeverity,
    /// The pack, path, binding or slot.
    pub subject: FindingSubject,
    /// The problem, in a sentence.
    pub reason: String,
    /// The next step for the operator.
    pub next: String,
}

/// The subject of a finding.
#[derive(Clone, Debug, PartialEq)]
pub enum FindingSubject {
    /// A pack.
    Pack {
        /// The pack reference.
        pack_ref: PackRef,
        /// Its bindings.
        bindings: Vec<BindingKey>,
    },
    /// The descriptor path of a handler that is not from a pack.
    Path(DescriptorPath),
    /// One binding, and its descriptor.
    Binding(BindingKey, PackDescriptor),
    /// An unbound slot.
    Slot(CapabilitySlot),
    /// An element of `environment.json`.
    Document(String),
}

impl FindingSubject {
    /// Returns a pack and its bindings.
    pub(super) fn pack(pack_ref: &PackRef, bindings: &[BindingKey]) -> Self {
        Self::Pack { pack_ref: pack_ref.clone(), bindings: bindings.to_vec() }
    }

    /// Returns the bindings that the subject includes.
    pub(super) fn bindings(&self) -> &[BindingKey] {
        match self {
            Self::Pack { bindings, .. } => bindings,
            Self::Binding(key, _) => std::slice::from_ref(key),
            Self::Path(_) | Self::Slot(_) | Self::Document(_) => &[],
        }
    }
}

impl fmt::Display for FindingSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pack { pack_ref, .. } => write!(f, "pack `{pack_ref}`"),
            Self::Path(path) => write!(f, "path `{path}`"),
            Self::Binding(key, kind) => write!(f, "{key} (`{kind}`)"),
            Self::Slot(slot) => write!(f, "slot `{slot}`"),
            Self::Document(place) => write!(f, "`environment.json` at {place}"),
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
