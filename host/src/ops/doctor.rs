//! What is wrong with an environment, and what to do about it.

use env_pack_domain::diagnosis::{self, Examined, Severity};
use env_pack_domain::{
    Binding, CapabilitySlot, DescriptorPath, EnvId, PackDescriptor, PackRef, Place, ResolveError, Version, VersionReq,
};
use serde::Serialize;

use super::OpError;
use super::assemble::{self, Assembly};
use super::error::{flags, pasted, requests};
use crate::host::Host;
use crate::store::Stored;

/// The health of an environment.
#[derive(Debug, Serialize)]
pub struct DoctorReport {
    /// The environment.
    pub environment_id: EnvId,
    /// Whether its files hold what they should.
    pub validate: Validate,
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
    pub extensions: Extensions,
    /// Packs that do not load.
    pub load_failures: Vec<LoadFailure>,
    /// Packs whose archive is not the one that was bound.
    pub digest_drift: Vec<DigestDrift>,
    /// Handlers that were left out because their path is taken.
    pub duplicate_registrations: Vec<DuplicatePath>,
    /// Packs whose permissions are not in order.
    pub permission_faults: Vec<PermissionFault>,
    /// Every binding and how it fares.
    pub bindings: Vec<BindingHealth>,
    /// Everything that is wrong or worth knowing, each with its reason and what to do next.
    pub findings: Vec<Finding>,
    /// Whether nothing has to be mended.
    pub healthy: bool,
    /// Whether a runtime has written what it discovered.
    pub has_runtime: bool,
    /// When this was found, as an RFC 3339 timestamp.
    pub checked_at: String,
}

/// Whether the files of an environment hold what they should.
#[derive(Debug, Serialize)]
pub struct Validate {
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
pub struct Extensions {
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
    /// `healthy`, or the code of what is wrong.
    pub state: &'static str,
}

/// Something that is wrong, or worth knowing.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// A stable name of it.
    pub code: &'static str,
    /// `finding` or `information`.
    #[serde(serialize_with = "severity_name")]
    pub severity: Severity,
    /// What it is about: a pack, a binding, a slot.
    pub subject: String,
    /// What is wrong.
    pub reason: String,
    /// What to do next.
    pub next: String,
}

/// Examines an environment. With `strict`, what is worth knowing has to be mended too.
///
/// # Errors
/// [`OpError`] when the environment cannot be read.
pub fn doctor(host: &Host, environment: &EnvId, strict: bool) -> Result<DoctorReport, OpError> {
    let stored = host.store.load(environment)?;
    Ok(examine(host, &stored, strict))
}

pub(super) fn examine(host: &Host, stored: &Stored, strict: bool) -> DoctorReport {
    let assembly = assemble::assemble(host, stored);
    let environment = &stored.environment;
    let diagnosis = diagnosis::examine(environment, &assembly.registry);
    let mut report = DoctorReport {
        environment_id: environment.id().clone(),
        validate: Validate { status: "ok", message: None },
        bound_slots: environment.packs().iter().map(|binding| binding.place.slot()).collect(),
        missing_slots: diagnosis.missing_slots.iter().map(|slot| slot.slot()).collect(),
        unknown_kinds: Vec::new(),
        slot_mismatches: Vec::new(),
        version_skew: Vec::new(),
        extensions: Extensions { count: environment.extensions().len(), ..Extensions::default() },
        load_failures: Vec::new(),
        digest_drift: Vec::new(),
        duplicate_registrations: Vec::new(),
        permission_faults: Vec::new(),
        bindings: Vec::new(),
        findings: Vec::new(),
        healthy: true,
        has_runtime: stored.has_runtime,
        checked_at: jiff::Timestamp::now().to_string(),
    };
    report.packs(&assembly, environment.id(), stored);
    report.permissions(&assembly, environment.id());
    for examined in &diagnosis.bindings {
        report.binding(examined, &assembly, environment.id());
        report.answers(host, examined.binding, environment.id());
    }
    report.missing(environment.id());
    let least = if strict { Severity::Information } else { Severity::Finding };
    report.healthy = report.findings.iter().all(|finding| finding.severity < least);
    report
}

impl DoctorReport {
    fn find(&mut self, code: &'static str, severity: Severity, subject: String, reason: String, next: String) {
        self.findings.push(Finding { code, severity, subject, reason, next });
    }

    /// Packs that did not load, changed, or came second.
    fn packs(&mut self, assembly: &Assembly, id: &EnvId, stored: &Stored) {
        for failure in &assembly.failures {
            let kinds = failure.bindings.iter().filter_map(|key| stored.environment.binding(key));
            let (reason, next) = (failure.error.to_string(), failure.error.next().to_owned());
            self.load_failures.push(LoadFailure {
                pack_ref: failure.pack_ref.clone(),
                kinds: kinds.map(|binding| binding.kind.clone()).collect(),
                error: failure.error.kind(),
                reason: reason.clone(),
                next: next.clone(),
            });
            self.find("load-failure", Severity::Finding, format!("pack `{}`", failure.pack_ref), reason, next);
        }
        for drift in &assembly.drifts {
            let reason = format!(
                "the archive is not the one that was bound: it has {} instead of {}",
                drift.found, drift.locked
            );
            let user = stored.environment.bindings().find(|binding| binding.pack_ref == drift.pack_ref);
            let archive = pasted(&drift.pack_ref.text()).to_string();
            let again = user.map(|binding| update_command(id, binding, &archive)).unwrap_or_default();
            let next = format!("look at it with `gtc pack inspect {archive}`, and take it with `{again}`");
            self.digest_drift.push(DigestDrift {
                pack_ref: drift.pack_ref.clone(),
                locked: drift.locked.to_string(),
                found: drift.found.to_string(),
                reason: reason.clone(),
                next: next.clone(),
            });
            self.find("digest-drift", Severity::Finding, format!("pack `{}`", drift.pack_ref), reason, next);
        }
        for duplicate in &assembly.duplicates {
            let reason = duplicate.to_string();
            let next = "bind a pack that answers for a path of its own, or unbind one of the two".to_owned();
            let refused = duplicate.refused.pack_ref.clone();
            let subject = refused.as_ref().map(|pack_ref| format!("pack `{pack_ref}`")).unwrap_or_default();
            self.duplicate_registrations.push(DuplicatePath {
                descriptor_path: duplicate.path.clone(),
                kept: duplicate.kept.pack_ref.clone(),
                refused,
                reason: reason.clone(),
                next: next.clone(),
            });
            self.find("duplicate-registration", Severity::Finding, subject, reason, next);
        }
    }

    /// Packs that ask for other permissions than they declare, or that nobody granted.
    fn permissions(&mut self, assembly: &Assembly, id: &EnvId) {
        for fault in &assembly.permission_faults {
            let (pack_ref, code, reason, next) = match fault {
                assemble::PermissionFault::Mismatch { pack_ref, reason } => {
                    let next = "ask the author of the pack to build it with what it needs, and no more".to_owned();
                    (pack_ref, "permission-mismatch", reason.clone(), next)
                }
                assemble::PermissionFault::Ungranted { pack_ref, path, missing } => {
                    let reason = format!("it asks for what nobody granted: {}", requests(missing));
                    let next =
                        format!("grant it with `gtc op grants add --env {id} --kind {path} {}`", flags(missing, "--"));
                    (pack_ref, "permission-not-granted", reason, next)
                }
            };
            let found =
                PermissionFault { pack_ref: pack_ref.clone(), code, reason: reason.clone(), next: next.clone() };
            self.permission_faults.push(found);
            self.find(code, Severity::Finding, format!("pack `{pack_ref}`"), reason, next);
        }
    }

    /// One binding: healthy, or in the list of its fault.
    fn binding(&mut self, examined: &Examined<'_>, assembly: &Assembly, id: &EnvId) {
        let Examined { binding, verdict } = examined;
        let kind = binding.kind.clone();
        let is_extension = matches!(binding.place, Place::Extension(_));
        let lists = match is_extension {
            true => {
                let Extensions { unknown_kinds, slot_mismatches, version_skew, .. } = &mut self.extensions;
                (unknown_kinds, slot_mismatches, version_skew)
            }
            false => (&mut self.unknown_kinds, &mut self.slot_mismatches, &mut self.version_skew),
        };
        let fault = match verdict {
            Ok(_) => None,
            Err(ResolveError::Unknown { .. }) => {
                lists.0.push(kind);
                Some("unknown-kind")
            }
            Err(ResolveError::SlotMismatch { expected, actual, .. }) => {
                lists.1.push(SlotMismatch { kind, bound_slot: *expected, handler_slot: *actual });
                Some("slot-mismatch")
            }
            Err(ResolveError::VersionUnsupported { requested, supported, .. }) => {
                lists.2.push(VersionSkew { kind, requested: requested.clone(), supported: supported.clone() });
                Some("version-skew")
            }
        };
        let failed = assembly.failures.iter().any(|failure| failure.pack_ref == binding.pack_ref);
        let instance_id = match &binding.place {
            Place::Extension(instance) => instance.as_ref().map(ToString::to_string),
            Place::Slot(_) => None,
        };
        self.bindings.push(BindingHealth {
            slot: binding.place.slot(),
            instance_id,
            kind: binding.kind.clone(),
            pack_ref: binding.pack_ref.clone(),
            state: if failed { "load-failure" } else { fault.unwrap_or("healthy") },
        });
        // a pack that does not load explains itself already
        let explained = failed && fault == Some("unknown-kind");
        if let (Some(code), Err(error), false) = (fault, verdict, explained) {
            let severity = examined.severity().unwrap_or(Severity::Finding);
            let next = next_step(error, binding, id);
            self.find(
                code,
                severity,
                format!("{} (`{}`)", binding.key(), binding.kind),
                reason(error, binding, assembly),
                next,
            );
        }
    }

    /// Whether the answers of a binding can be read.
    fn answers(&mut self, host: &Host, binding: &Binding, id: &EnvId) {
        let Err(error) = host.store.answers(id, binding.answers_ref.as_ref()) else { return };
        let message = format!("{}: {error}", binding.key());
        self.validate.status = "error";
        self.validate.message = Some(match self.validate.message.take() {
            Some(before) => format!("{before}; {message}"),
            None => message,
        });
        let next = "write the file, or bind without `--answers-ref`".to_owned();
        self.find("unreadable-answers", Severity::Finding, binding.key().to_string(), error.to_string(), next);
    }

    fn missing(&mut self, id: &EnvId) {
        for slot in self.missing_slots.clone() {
            let reason = "nothing is bound to it".to_owned();
            let next = format!(
                "bind a pack with `gtc op env-packs add --env {id} --slot {slot} --kind <path>@<version> --pack-ref <file>`"
            );
            self.find("missing-slot", Severity::Information, format!("slot `{slot}`"), reason, next);
        }
    }
}

fn reason(error: &ResolveError, binding: &Binding, assembly: &Assembly) -> String {
    match (error, assembly.answered.get(&binding.pack_ref.text())) {
        (ResolveError::Unknown { path }, Some(answered)) => {
            let answered = answered.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
            format!("its pack answers for {answered}, not for `{path}`")
        }
        _ => error.to_string(),
    }
}

fn next_step(error: &ResolveError, binding: &Binding, id: &EnvId) -> String {
    match error {
        ResolveError::Unknown { .. } => {
            format!("bind a pack that holds its handler: `{}`", update_command(id, binding, "<file>"))
        }
        ResolveError::VersionUnsupported { supported, .. } => {
            format!(
                "bind a version that matches `{supported}`, or a pack that supports this one: `{}`",
                update_command(id, binding, "<file>")
            )
        }
        ResolveError::SlotMismatch { actual, .. } => format!("bind it to slot `{actual}`, and another pack here"),
    }
}

/// The command that binds a pack again.
fn update_command(id: &EnvId, binding: &Binding, pack_ref: &str) -> String {
    let place = match &binding.place {
        Place::Slot(slot) => format!("env-packs update --env {id} --slot {slot}"),
        Place::Extension(None) => format!("extensions update --env {id}"),
        Place::Extension(Some(instance)) => format!("extensions update --env {id} --instance-id {instance}"),
    };
    format!("gtc op {place} --kind {} --pack-ref {pack_ref}", binding.kind)
}

fn as_text<T: ToString, S: serde::Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&value.to_string())
}

fn severity_name<S: serde::Serializer>(severity: &Severity, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match severity {
        Severity::Finding => "finding",
        Severity::Information => "information",
    })
}
