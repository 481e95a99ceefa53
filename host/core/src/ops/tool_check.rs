//! Runs the preflight of every binding on this machine.

use env_pack_domain::{
    Binding, BindingContext, BindingPlace, CapabilitySlot, EnvId, EnvPackHandler, PackDescriptor,
    Preflight, Probe, ResolveError, ToolCheck, with_causes,
};
use serde::Serialize;

use super::assemble::{self, Assembly};
use super::suggested_commands::pin_command;
use crate::Host;
use gtc_store::StoreError;

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
#[derive(Debug, Serialize)]
pub struct PreflightReport {
    /// The checks that it returned.
    pub checks: Vec<ToolCheck>,
    /// The commands and connections that it requested, granted or not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub probes: Vec<Probe>,
    /// The fault, if it returned no checks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<PreflightFault>,
}

/// The reason why a preflight returned no checks.
#[derive(Debug, Serialize)]
pub struct PreflightFault {
    /// A stable name of the fault.
    pub kind: &'static str,
    /// A description of the fault.
    pub message: String,
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
    /// Returns true if all checks passed.
    pub fn passed(&self) -> bool {
        self.failed_checks == 0
            && self.failed_preflights == 0
            && self.unresolved_bindings.is_empty()
            && self.extension_unresolved_bindings.iter().all(|extension| !extension.failed)
    }
}

/// Runs the preflight of every binding. With `strict`, an extension without a known handler
/// counts as failed.
///
/// # Errors
/// [`StoreError`] when the environment cannot be read.
pub fn tool_check(
    host: &Host,
    environment: &EnvId,
    strict: bool,
) -> Result<ToolCheckReport, StoreError> {
    let stored = host.store.load(environment)?;
    let assembly = assemble::assemble(host, &stored)?;
    let mut report = ToolCheckReport {
        environment_id: environment.clone(),
        bindings: Vec::new(),
        unresolved_bindings: Vec::new(),
        extension_bindings: Vec::new(),
        extension_unresolved_bindings: Vec::new(),
        total_checks: 0,
        failed_checks: 0,
        failed_preflights: 0,
        checked_at: host.now().to_string(),
    };
    for binding in stored.environment.bindings() {
        match assembly.resolve(binding) {
            Ok(handler) => {
                report.add(binding, preflight(host, environment, binding, handler, &assembly))
            }
            Err(error) => report.add_unresolved(binding, &error, &assembly, strict),
        }
    }
    Ok(report)
}

fn preflight(
    host: &Host,
    environment: &EnvId,
    binding: &Binding,
    handler: &dyn EnvPackHandler,
    assembly: &Assembly,
) -> PreflightReport {
    let failed = |kind, message| {
        let fault = Some(PreflightFault { kind, message });
        PreflightReport { checks: Vec::new(), probes: Vec::new(), fault }
    };
    let answers_json = match host.store.answers(environment, binding.answers_ref.as_ref()) {
        Ok(answers) => answers,
        Err(error) => return failed("answers-parse", with_causes(&error)),
    };
    let instance_id = match &binding.place {
        BindingPlace::Extension(instance) => instance.clone(),
        BindingPlace::Slot(_) => None,
    };
    let grants = assembly.grants(binding);
    let context = BindingContext { env_id: environment.clone(), instance_id, answers_json, grants };
    match handler.preflight(&context) {
        Ok(Preflight { checks, probes }) => PreflightReport { checks, probes, fault: None },
        Err(fault) => failed(fault.kind(), fault.to_string()),
    }
}

impl ToolCheckReport {
    fn add(&mut self, binding: &Binding, preflight: PreflightReport) {
        self.total_checks += preflight.checks.len();
        self.failed_checks +=
            preflight.checks.iter().filter(|check| !check.outcome.passed()).count();
        self.failed_preflights += usize::from(preflight.fault.is_some());
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

    fn add_unresolved(
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
                let pin = pin_command(&self.environment_id, binding);
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
