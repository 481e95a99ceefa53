//! The report of a tool check.

use std::error::Error;

use env_pack_domain::{
    Binding, BindingPlace, CapabilitySlot, EnvId, HandlerFault, PackDescriptor, Permissions,
    Preflight, Probe, ResolveError, ToolCheck, with_causes,
};
use jiff::Timestamp;
use serde::Serialize;

use crate::ops::assemble::Assembly;
use crate::ops::bind::GrantsReport;
use crate::ops::deadline::TimeLimit;
use crate::ops::pack_error::COMMAND_OUT_OF_TIME;
use crate::ops::phrases::describe_permissions;
use crate::ops::suggested_commands::{grant_command, pin_command};

/// The results of all preflights.
#[derive(Debug, Serialize)]
pub struct ToolCheckReport {
    /// The environment.
    pub environment_id: EnvId,
    /// Results for the bound packs.
    pub bindings: Vec<PackChecks>,
    /// Bound packs whose handler could not be resolved.
    pub unresolved_bindings: Vec<UnresolvedPack>,
    /// Results for the extensions.
    pub extension_bindings: Vec<ExtensionChecks>,
    /// Extensions whose handler could not be resolved.
    pub extension_unresolved_bindings: Vec<UnresolvedExtension>,
    /// The number of checks.
    pub total_checks: usize,
    /// The number of failed checks.
    pub failed_checks: usize,
    /// The number of preflights that returned no checks.
    pub failed_preflights: usize,
    /// Whether the check was interrupted before all preflights had finished.
    pub interrupted: bool,
    /// Whether this machine could not load a pack or run a preflight, so that nothing is known
    /// about it.
    #[serde(skip)]
    pub is_incomplete: bool,
    /// The time of the checks, as an [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339)
    /// timestamp.
    pub checked_at: String,
}

/// The checks of a pack.
#[derive(Debug, Serialize)]
pub struct PackChecks {
    /// The slot.
    pub slot: CapabilitySlot,
    /// The descriptor.
    pub kind: PackDescriptor,
    /// The result of the preflight.
    #[serde(flatten)]
    pub preflight: PreflightReport,
}

/// The checks of an extension.
#[derive(Debug, Serialize)]
pub struct ExtensionChecks {
    /// The instance.
    pub instance_id: Option<String>,
    /// The descriptor.
    pub kind: PackDescriptor,
    /// The result of the preflight.
    #[serde(flatten)]
    pub preflight: PreflightReport,
}

/// The result of a preflight.
#[derive(Debug, Default, Serialize)]
pub struct PreflightReport {
    /// The checks that it returned.
    pub checks: Vec<ToolCheck>,
    /// The commands and connections that it requested, granted or not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub probes: Vec<Probe>,
    /// Whether the pack has no handler, so that there is nothing to run.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub without_handler: bool,
    /// The fault, if it returned no checks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<PreflightFault>,
    /// Whether this machine could not run it.
    #[serde(skip)]
    pub is_host_failure: bool,
    /// The permissions that the pack declares and that are not granted, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_grants: Option<MissingGrants>,
}

/// The reason why a preflight did not finish.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unfinished {
    /// The user interrupted the command.
    Interrupted,
    /// The time of the command was over.
    OutOfTime(TimeLimit),
}

/// Permissions that a pack declares and that are not granted.
#[derive(Debug, Serialize)]
pub struct MissingGrants {
    /// The permissions.
    #[serde(flatten)]
    pub permissions: GrantsReport,
    /// The permissions, in a sentence.
    pub reason: String,
    /// The command that grants them.
    pub next: String,
}

impl MissingGrants {
    pub(super) fn new(id: &EnvId, binding: &Binding, missing: &Permissions) -> Self {
        let described = describe_permissions(missing);
        Self {
            permissions: GrantsReport::from(missing),
            reason: format!("it requires permissions that are not granted: {described}"),
            next: format!("grant them with `{}`", grant_command(id, binding, missing)),
        }
    }
}

/// The reason why a preflight returned no checks.
#[derive(Debug, Serialize)]
pub struct PreflightFault {
    /// A stable name of the fault.
    pub kind: &'static str,
    /// A description of the fault.
    pub message: String,
}

impl PreflightReport {
    /// The report of a preflight whose answers cannot be read.
    pub(super) fn invalid_answers(error: &dyn Error) -> Self {
        Self::failed("answers-parse", with_causes(error))
    }

    /// The report of a preflight that did not finish.
    fn unfinished(reason: Unfinished) -> Self {
        match reason {
            Unfinished::Interrupted => {
                Self::failed("interrupted", "not checked: interrupted".to_owned())
            }
            Unfinished::OutOfTime(limit) => Self {
                is_host_failure: true,
                ..Self::failed(
                    COMMAND_OUT_OF_TIME,
                    format!(
                        "not checked: the command took longer than {limit}; \
                         allow more with `--limit command.time=<time>`"
                    ),
                )
            },
        }
    }

    fn failed(kind: &'static str, message: String) -> Self {
        Self { fault: Some(PreflightFault { kind, message }), ..Self::default() }
    }
}

impl From<Result<Preflight, HandlerFault>> for PreflightReport {
    fn from(result: Result<Preflight, HandlerFault>) -> Self {
        match result {
            Ok(Preflight { checks, probes }) => Self { checks, probes, ..Self::default() },
            Err(fault) => Self {
                is_host_failure: matches!(fault, HandlerFault::NotRun { .. }),
                ..Self::failed(fault.kind(), fault.to_string())
            },
        }
    }
}

/// A bound pack whose handler could not be resolved.
#[derive(Debug, Serialize)]
pub struct UnresolvedPack {
    /// The slot.
    pub slot: CapabilitySlot,
    /// The descriptor.
    pub kind: PackDescriptor,
    /// The cause.
    pub error: String,
}

/// An extension whose handler could not be resolved.
#[derive(Debug, Serialize)]
pub struct UnresolvedExtension {
    /// The instance.
    pub instance_id: Option<String>,
    /// The descriptor.
    pub kind: PackDescriptor,
    /// The cause.
    pub error: String,
    /// Whether this is a failure. It is information if no handler is known for the extension:
    /// workloads can still read its answers. If its pinned pack does not load, it is a failure.
    #[serde(skip)]
    pub failed: bool,
}

impl ToolCheckReport {
    /// Returns the texts that suggest commands.
    pub(super) fn suggestions(&mut self) -> impl Iterator<Item = &mut String> {
        let packs = self.bindings.iter_mut().map(|it| &mut it.preflight);
        let extensions = self.extension_bindings.iter_mut().map(|it| &mut it.preflight);
        let grants = packs.chain(extensions).filter_map(|it| it.missing_grants.as_mut());
        let unresolved = self.unresolved_bindings.iter_mut().map(|it| &mut it.error);
        let informed = self.extension_unresolved_bindings.iter_mut().map(|it| &mut it.error);
        grants.map(|it| &mut it.next).chain(unresolved).chain(informed)
    }

    /// An empty report.
    pub(super) fn new(environment_id: EnvId, checked_at: Timestamp) -> Self {
        Self {
            environment_id,
            bindings: Vec::new(),
            unresolved_bindings: Vec::new(),
            extension_bindings: Vec::new(),
            extension_unresolved_bindings: Vec::new(),
            total_checks: 0,
            failed_checks: 0,
            failed_preflights: 0,
            interrupted: false,
            is_incomplete: false,
            checked_at: checked_at.to_string(),
        }
    }

    /// Returns true if all checks passed.
    pub fn passed(&self) -> bool {
        self.failed_checks == 0
            && self.failed_preflights == 0
            && self.unresolved_bindings.is_empty()
            && self.extension_unresolved_bindings.iter().all(|extension| !extension.failed)
    }

    /// Adds the report of a preflight, or why it did not finish.
    pub(super) fn add(
        &mut self,
        binding: &Binding,
        preflight: Result<PreflightReport, Unfinished>,
    ) {
        self.interrupted |= matches!(preflight, Err(Unfinished::Interrupted));
        let preflight = preflight.unwrap_or_else(PreflightReport::unfinished);
        self.total_checks += preflight.checks.len();
        self.failed_checks +=
            preflight.checks.iter().filter(|check| !check.outcome.passed()).count();
        self.failed_preflights += usize::from(preflight.fault.is_some());
        self.is_incomplete |= preflight.is_host_failure;
        let kind = binding.kind.clone();
        match &binding.place {
            BindingPlace::Slot(slot) => {
                self.bindings.push(PackChecks { slot: slot.slot(), kind, preflight })
            }
            BindingPlace::Extension(instance) => {
                let instance_id = instance.as_ref().map(ToString::to_string);
                self.extension_bindings.push(ExtensionChecks { instance_id, kind, preflight });
            }
        }
    }

    /// Adds a binding without a handler.
    pub(super) fn add_unresolved(
        &mut self,
        binding: &Binding,
        error: &ResolveError,
        assembly: &Assembly,
        strict: bool,
    ) {
        let is_unknown = matches!(error, ResolveError::Unknown { .. });
        let is_pinned_failure = binding.pin.is_some() && assembly.failure(binding).is_some();
        let is_duplicate = assembly.duplicate(binding).is_some();
        let failed = strict || !is_unknown || is_pinned_failure || is_duplicate;
        let error = match (assembly.failure(binding), assembly.duplicate(binding)) {
            (Some(failure), _) => format!("{error}: {}", with_causes(&failure.error)),
            (None, Some(duplicate)) => duplicate.to_string(),
            (None, None) if assembly.is_unpinned_tag(binding) => {
                let pin = pin_command(&self.environment_id, &binding.key());
                format!("it has no pin, and a tag is not followed without one; pin it with `{pin}`")
            }
            (None, None) => error.to_string(),
        };
        let kind = binding.kind.clone();
        match &binding.place {
            BindingPlace::Slot(slot) => {
                self.unresolved_bindings.push(UnresolvedPack { slot: slot.slot(), kind, error })
            }
            BindingPlace::Extension(instance) => {
                let instance_id = instance.as_ref().map(ToString::to_string);
                self.extension_unresolved_bindings.push(UnresolvedExtension {
                    instance_id,
                    kind,
                    error,
                    failed,
                });
            }
        }
    }
}
