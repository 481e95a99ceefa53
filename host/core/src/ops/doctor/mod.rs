//! Diagnoses an environment: finds problems and suggests the next step for each.

mod answers;
mod health;
mod report;

use env_pack_domain::diagnosis::{self, BindingDiagnosis, DiagnosisSeverity, EnvironmentDiagnosis};
use env_pack_domain::{
    Binding, BindingKey, BindingPlace, EnvId, PackRef, ResolveError, UnresolvedAddress,
    UnresolvedReason, with_causes,
};

use health::{gravest_findings, health};
pub use report::{
    BindingHealth, DigestDrift, DoctorFinding, DoctorReport, DuplicatePath, ExtensionFindings,
    FindingSubject, LoadFailure, PermissionFault, SignatureReport, SlotMismatch, ValidationStatus,
    VersionSkew,
};

use super::assemble::{self, Assembly, FailedPack, PermissionProblem};
use super::deadline::Deadline;
use super::pack_pool::PackPool;
use super::phrases::{describe_permissions, display_path};
use super::suggested_commands::{
    answers_command, default_answers_ref, grant_command, inspect_command, pin_command,
    refresh_command, update_command,
};
use crate::Host;
use crate::operation_error::OperationError;
use gtc_store::{StoreError, Stored};

/// Diagnoses an environment. With `strict`, information counts as findings.
///
/// # Errors
/// [`StoreError`] when the environment cannot be read.
pub fn doctor(host: &Host, environment: &EnvId, strict: bool) -> Result<DoctorReport, StoreError> {
    let stored = host.store.load(environment)?;
    diagnose(host, &stored, strict)
}

pub(super) fn diagnose(
    host: &Host,
    stored: &Stored,
    strict: bool,
) -> Result<DoctorReport, StoreError> {
    let bindings = stored.environment.bindings().count();
    let deadline = Deadline::for_command(&host.limits, bindings);
    diagnose_with(host, stored, strict, &PackPool::default(), &deadline)
}

/// Diagnoses one of several environments, whose packs are loaded once.
pub(super) fn diagnose_with(
    host: &Host,
    stored: &Stored,
    strict: bool,
    pool: &PackPool,
    deadline: &Deadline,
) -> Result<DoctorReport, StoreError> {
    let environment = &stored.environment;
    let assembly = assemble::assemble(host, stored, pool, deadline)?;
    let diagnosis = diagnosis::diagnose(environment, |binding| assembly.resolve(binding));
    let mut report = empty_report(host, stored, &diagnosis);
    report.report_faults(stored);
    report.report_endpoint_faults(stored);
    report.report_load_failures(&assembly, stored);
    report.report_drifts(&assembly, environment.id(), stored);
    report.report_duplicates(&assembly);
    report.report_permissions(&assembly, environment.id());
    report.report_signatures(&assembly);
    for examined in &diagnosis.bindings {
        report.report_binding(examined, &assembly, environment.id());
        report.report_unpinned(host, examined.binding, &assembly, environment.id());
        report.report_answers(host, examined.binding, &assembly, environment.id());
    }
    report.report_exposed_answers(host, environment);
    report.report_missing_slots(environment.id());
    if strict {
        report
            .findings
            .iter_mut()
            .for_each(|finding| finding.severity = DiagnosisSeverity::Finding);
    }
    let gravest = gravest_findings(&report.findings);
    report.bindings =
        environment.bindings().map(|binding| health(binding, &gravest, &assembly)).collect();
    report.healthy =
        report.findings.iter().all(|finding| finding.severity < DiagnosisSeverity::Finding);
    report.is_incomplete = assembly.has_host_failure();
    for next in report.next_steps() {
        *next = host.repeated_flags.complete(next);
    }
    Ok(report)
}

/// Returns a report without findings.
fn empty_report(
    host: &Host,
    stored: &Stored,
    diagnosis: &EnvironmentDiagnosis<'_>,
) -> DoctorReport {
    let environment = &stored.environment;
    DoctorReport {
        environment_id: environment.id().clone(),
        validate: ValidationStatus { status: "ok", message: None },
        bound_slots: environment.packs().iter().map(|binding| binding.place.slot()).collect(),
        missing_slots: diagnosis.missing_slots.iter().map(|slot| slot.slot()).collect(),
        unknown_kinds: Vec::new(),
        slot_mismatches: Vec::new(),
        version_skew: Vec::new(),
        extensions: ExtensionFindings {
            count: environment.extensions().len(),
            ..ExtensionFindings::default()
        },
        load_failures: Vec::new(),
        digest_drift: Vec::new(),
        duplicate_registrations: Vec::new(),
        permission_faults: Vec::new(),
        signatures: Vec::new(),
        bindings: Vec::new(),
        findings: Vec::new(),
        healthy: true,
        is_incomplete: false,
        has_runtime: stored.has_runtime,
        checked_at: host.now().to_string(),
    }
}

impl DoctorReport {
    fn add_finding(
        &mut self,
        code: &'static str,
        severity: DiagnosisSeverity,
        subject: FindingSubject,
        reason: String,
        next: String,
    ) {
        self.findings.push(DoctorFinding { code, severity, subject, reason, next });
    }

    /// Reports elements of the document that could not be read as bindings.
    fn report_faults(&mut self, stored: &Stored) {
        for fault in &stored.faults {
            let (code, reason, next) = match &fault.unknown_slot {
                Some(slot) => (
                    "unknown-slot",
                    format!("this version of gtc does not know slot `{slot}`"),
                    "check it with the version of gtc that wrote it; this one leaves it as it is"
                        .to_owned(),
                ),
                None => (
                    "malformed-binding",
                    fault.reason.to_string(),
                    format!(
                        "correct `{}`; until then, the environment cannot be changed",
                        display_path(&fault.path)
                    ),
                ),
            };
            self.add_validation_error(format!("{}: {reason}", fault.place));
            let subject = FindingSubject::Document(fault.place.clone());
            self.add_finding(code, DiagnosisSeverity::Finding, subject, reason, next);
        }
    }

    /// Reports elements of the document that could not be read as messaging endpoints.
    fn report_endpoint_faults(&mut self, stored: &Stored) {
        let endpoints =
            stored.endpoints.faults.iter().map(|faulty| (&faulty.fault, "this endpoint"));
        let list = stored.endpoints.list_fault.iter().map(|fault| (fault, "its endpoints"));
        for (fault, unchangeable) in endpoints.chain(list) {
            let path = display_path(&fault.path);
            let next = format!("correct `{path}`; until then, {unchangeable} cannot be changed");
            let reason = fault.reason.to_string();
            self.add_validation_error(format!("{}: {reason}", fault.place));
            let subject = FindingSubject::Document(fault.place.clone());
            let severity = DiagnosisSeverity::Finding;
            self.add_finding("malformed-endpoint", severity, subject, reason, next);
        }
    }

    /// Reports packs that did not load.
    fn report_load_failures(&mut self, assembly: &Assembly, stored: &Stored) {
        for failure in &assembly.failures {
            let kinds = failure.bindings.iter().filter_map(|key| stored.environment.binding(key));
            let reason = with_causes(&failure.error);
            let next = failure.error.hint().unwrap_or_default();
            self.load_failures.push(LoadFailure {
                pack_ref: failure.pack_ref.clone(),
                kinds: kinds.map(|binding| binding.kind.clone()).collect(),
                error: failure.error.kind(),
                reason: reason.clone(),
                next: next.clone(),
            });
            self.add_finding(
                "load-failure",
                severity_of(failure, stored),
                FindingSubject::pack(&failure.pack_ref, &failure.bindings),
                reason,
                next,
            );
        }
    }

    /// Reports archives and manifests that changed since they were bound.
    fn report_drifts(&mut self, assembly: &Assembly, id: &EnvId, stored: &Stored) {
        for drift in &assembly.drifts {
            let assemble::Drift { found, locked, .. } = drift;
            let reason = match &drift.pack_ref {
                PackRef::Oci(_) => {
                    format!("its manifest changed since it was bound: {found} instead of {locked}")
                }
                _ => format!("its archive changed since it was bound: {found} instead of {locked}"),
            };
            let user = drift.bindings.first().and_then(|key| stored.environment.binding(key));
            let next = match &drift.pack_ref {
                PackRef::Oci(_) => {
                    let again =
                        user.map(|binding| refresh_command(id, &binding.key())).unwrap_or_default();
                    format!(
                        "review and accept the change with `{again}`; until then, the bound archive is used"
                    )
                }
                _ => {
                    let again = user
                        .map(|binding| update_command(id, binding, Some(&drift.pack_ref)))
                        .unwrap_or_default();
                    format!(
                        "inspect it with `{}`, and accept it with `{again}`",
                        inspect_command(&drift.pack_ref)
                    )
                }
            };
            self.digest_drift.push(DigestDrift {
                pack_ref: drift.pack_ref.clone(),
                locked: drift.locked.to_string(),
                found: drift.found.to_string(),
                reason: reason.clone(),
                next: next.clone(),
            });
            self.add_finding(
                "digest-drift",
                DiagnosisSeverity::Finding,
                FindingSubject::pack(&drift.pack_ref, &drift.bindings),
                reason,
                next,
            );
        }
    }

    /// Reports packs whose descriptor path belongs to another pack.
    fn report_duplicates(&mut self, assembly: &Assembly) {
        for assemble::Duplicate { bindings, registration } in &assembly.duplicates {
            let reason = registration.to_string();
            let next =
                "bind a pack with another descriptor path, or remove one of the two bindings"
                    .to_owned();
            let refused = registration.refused.pack_ref.clone();
            let subject = refused.as_ref().map_or_else(
                || FindingSubject::Path(registration.path.clone()),
                |pack_ref| FindingSubject::pack(pack_ref, bindings),
            );
            self.duplicate_registrations.push(DuplicatePath {
                descriptor_path: registration.path.clone(),
                kept: registration.kept.pack_ref.clone(),
                refused,
                reason: reason.clone(),
                next: next.clone(),
            });
            self.add_finding(
                "duplicate-registration",
                DiagnosisSeverity::Finding,
                subject,
                reason,
                next,
            );
        }
    }

    /// Reports undeclared and ungranted permissions.
    fn report_permissions(&mut self, assembly: &Assembly, id: &EnvId) {
        for problem in &assembly.permission_problems {
            let (pack_ref, subject, code, severity, reason, next) = match problem {
                PermissionProblem::Mismatch { pack_ref, bindings, reason } => {
                    let next =
                        "ask the author of the pack to declare exactly the permissions it needs"
                            .to_owned();
                    let subject = FindingSubject::pack(pack_ref, bindings);
                    // the handler works, and what it does not declare is denied
                    let severity = DiagnosisSeverity::Information;
                    (pack_ref, subject, "permission-mismatch", severity, reason.clone(), next)
                }
                PermissionProblem::Ungranted { binding, missing } => {
                    let reason = format!(
                        "it requires permissions that are not granted: {}",
                        describe_permissions(missing)
                    );
                    let next = format!("grant them with `{}`", grant_command(id, binding, missing));
                    let subject = binding_subject(binding);
                    let severity = DiagnosisSeverity::Finding;
                    (&binding.pack_ref, subject, "permission-not-granted", severity, reason, next)
                }
                PermissionProblem::Unresolved { binding, address } => {
                    self.report_unresolved(binding, address, id);
                    continue;
                }
            };
            self.permission_faults.push(PermissionFault {
                pack_ref: pack_ref.clone(),
                code,
                reason: reason.clone(),
                next: next.clone(),
            });
            self.add_finding(code, severity, subject, reason, next);
        }
    }

    /// Reports an address that a pack leaves to the answers, and that they do not name.
    fn report_unresolved(&mut self, binding: &Binding, address: &UnresolvedAddress, id: &EnvId) {
        let severity = match address.reason {
            // the handler may do without it
            UnresolvedReason::Missing => DiagnosisSeverity::Information,
            UnresolvedReason::Invalid => DiagnosisSeverity::Finding,
        };
        let reason = format!("{address}, so its permission allows nothing");
        let next = answers_step(id, binding);
        let subject = binding_subject(binding);
        self.add_finding("permission-unresolved", severity, subject, reason, next);
    }

    fn report_signatures(&mut self, assembly: &Assembly) {
        for (pack_ref, signature) in &assembly.signatures {
            self.signatures
                .push(SignatureReport { pack_ref: pack_ref.clone(), signature: signature.clone() });
        }
    }

    /// Reports a binding whose handler cannot be resolved.
    fn report_binding(&mut self, examined: &BindingDiagnosis<'_>, assembly: &Assembly, id: &EnvId) {
        let BindingDiagnosis { binding, verdict } = examined;
        let kind = binding.kind.clone();
        let is_extension = matches!(binding.place, BindingPlace::Extension(_));
        let lists = if is_extension {
            let extensions = &mut self.extensions;
            (
                &mut extensions.unknown_kinds,
                &mut extensions.slot_mismatches,
                &mut extensions.version_skew,
            )
        } else {
            (&mut self.unknown_kinds, &mut self.slot_mismatches, &mut self.version_skew)
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
                lists.2.push(VersionSkew {
                    kind,
                    requested: requested.clone(),
                    supported: supported.clone(),
                });
                Some("version-skew")
            }
        };
        // why the pack did not load, or was left out, is reported already
        let has_reason = assembly.failure(binding).is_some()
            || assembly.duplicate(binding).is_some()
            || assembly.is_unpinned_tag(binding);
        let explained = has_reason && fault == Some("unknown-kind");
        if let (Some(code), Err(error), false) = (fault, verdict, explained) {
            let severity = examined.severity().unwrap_or(DiagnosisSeverity::Finding);
            let reason = explain(error, binding, assembly);
            self.add_finding(
                code,
                severity,
                binding_subject(binding),
                reason,
                next_step(error, binding, id),
            );
        }
    }

    /// Reports a binding without a pin, which has no permissions.
    fn report_unpinned(&mut self, host: &Host, binding: &Binding, assembly: &Assembly, id: &EnvId) {
        if !host.is_unpinned(binding) {
            return;
        }
        let severity = match binding.place {
            BindingPlace::Slot(_) => DiagnosisSeverity::Finding,
            BindingPlace::Extension(_) => DiagnosisSeverity::Information,
        };
        let reason = if assembly.is_unpinned_tag(binding) {
            "it has no pin, and a tag is not followed without one"
        } else {
            "it has no pin: its archive may change, and it has no permissions"
        };
        let next = format!("check and pin it with `{}`", pin_command(id, &binding.key()));
        self.add_finding("unpinned", severity, binding_subject(binding), reason.to_owned(), next);
    }

    fn report_missing_slots(&mut self, id: &EnvId) {
        for slot in self.missing_slots.clone() {
            let reason = "nothing is bound to it".to_owned();
            let next = format!(
                "bind a pack with `gtc op env-packs add --env {id} --slot {slot} --kind <path>@<version> --pack-ref <file>`"
            );
            self.add_finding(
                "missing-slot",
                DiagnosisSeverity::Information,
                FindingSubject::Slot(slot),
                reason,
                next,
            );
        }
    }
}

/// Returns the severity of a failure. It is information if only extensions without a pin need
/// the pack: workloads can still read their answers.
fn severity_of(failure: &FailedPack, stored: &Stored) -> DiagnosisSeverity {
    let mut keys = failure.bindings.iter();
    let all_optional = keys.all(|key| {
        let binding = stored.environment.binding(key);
        matches!(key, BindingKey::Extension { .. })
            && binding.is_some_and(|binding| binding.pin.is_none())
    });
    if all_optional && !failure.bindings.is_empty() {
        DiagnosisSeverity::Information
    } else {
        DiagnosisSeverity::Finding
    }
}

/// Returns the next step for answers that cannot be used.
fn answers_step(id: &EnvId, binding: &Binding) -> String {
    match &binding.answers_ref {
        Some(_) => {
            format!("write them with `{} --file <file>`", answers_command(id, binding, "put"))
        }
        None => format!(
            "name answers with `{} --answers-ref {}`, and write them with `{} --file <file>`",
            update_command(id, binding, Some(&binding.pack_ref)),
            default_answers_ref(binding),
            answers_command(id, binding, "put")
        ),
    }
}

fn binding_subject(binding: &Binding) -> FindingSubject {
    FindingSubject::Binding(binding.key(), binding.kind.clone())
}

fn explain(error: &ResolveError, binding: &Binding, assembly: &Assembly) -> String {
    match (error, assembly.provided_paths(binding)) {
        (ResolveError::Unknown { path }, Some(answered)) => {
            let answered =
                answered.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
            format!("its pack provides {answered}, not `{path}`")
        }
        _ => error.to_string(),
    }
}

fn next_step(error: &ResolveError, binding: &Binding, id: &EnvId) -> String {
    match error {
        ResolveError::Unknown { .. } => {
            format!("bind a pack that provides it: `{}`", update_command(id, binding, None))
        }
        ResolveError::VersionUnsupported { supported, .. } => {
            format!(
                "bind a version that matches `{supported}`, or a pack that supports this one: `{}`",
                update_command(id, binding, None)
            )
        }
        ResolveError::SlotMismatch { actual, .. } => {
            format!("bind it to slot `{actual}`, and bind another pack here")
        }
    }
}
