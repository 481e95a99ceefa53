//! Checks the sandbox of workers on this machine.

use env_pack_domain::{ForeignText, with_causes};
use serde::Serialize;

use crate::Host;
use crate::operation_error::{Explanation, OperationError};
use gtc_engine::LoadError;
use gtc_engine::worker::{ProtectionEffect, ProtectionKind};

/// The sandbox layers of a worker, and the actions they prevented.
#[derive(Debug, Serialize)]
pub struct SandboxCheckReport {
    /// The version of this program.
    pub version: &'static str,
    /// The layers of the sandbox.
    pub layers: Vec<SandboxLayer>,
    /// The actions that a worker tried in the sandbox.
    #[serde(rename = "deeds")]
    pub forbidden_actions: Vec<ForbiddenAction>,
}

/// A layer of the sandbox, such as Landlock or seccomp.
#[derive(Debug, Serialize)]
pub struct SandboxLayer {
    /// The name of the layer.
    pub name: ForeignText,
    /// Whether the whole layer is in force.
    pub in_force: bool,
    /// Its state.
    pub state: LayerState,
}

/// The state of a layer of the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LayerState {
    /// All of it is in force.
    InForce,
    /// The kernel is too old for a part of it.
    PartlyInForce,
    /// The kernel does not offer it.
    NotAvailable,
}

impl From<ProtectionEffect> for LayerState {
    fn from(effect: ProtectionEffect) -> Self {
        match effect {
            ProtectionEffect::Full => Self::InForce,
            ProtectionEffect::Partial => Self::PartlyInForce,
            ProtectionEffect::None => Self::NotAvailable,
        }
    }
}

/// An action that the sandbox must prevent.
#[derive(Debug, Serialize)]
pub struct ForbiddenAction {
    /// A description of the action.
    pub what: ForeignText,
    /// Whether the sandbox prevented it.
    pub prevented: bool,
}

impl SandboxCheckReport {
    /// Returns true if every forbidden action was prevented.
    pub fn is_confined(&self) -> bool {
        self.forbidden_actions.iter().all(|action| action.prevented)
    }
}

/// Starts a worker that tries the forbidden actions.
///
/// # Errors
/// [`SandboxCheckError`] when no worker is available, or it fails or times out.
pub fn check_sandbox(host: &Host) -> Result<SandboxCheckReport, SandboxCheckError> {
    let found = host.engine.examine_worker()?;
    let (layers, actions): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|found| found.kind == ProtectionKind::Layer);
    Ok(SandboxCheckReport {
        version: env!("CARGO_PKG_VERSION"),
        layers: layers
            .into_iter()
            .map(|found| SandboxLayer {
                name: found.what,
                in_force: found.effect == ProtectionEffect::Full,
                state: found.effect.into(),
            })
            .collect(),
        forbidden_actions: actions
            .into_iter()
            .map(|found| ForbiddenAction {
                what: found.what,
                prevented: found.effect == ProtectionEffect::Full,
            })
            .collect(),
    })
}

/// Returns a warning if the sandbox in which external components are compiled lacks a layer, or
/// if it could not be checked.
pub(super) fn warning(host: &Host) -> Option<String> {
    let report = match check_sandbox(host) {
        Ok(report) => report,
        // this program compiles none
        Err(SandboxCheckError(LoadError::NoWorker)) => return None,
        Err(error) => {
            let error = with_causes(&error);
            return Some(format!("the sandbox could not be checked: {error}"));
        }
    };
    let missing = report.layers.iter().filter(|layer| layer.state == LayerState::NotAvailable);
    let missing: Vec<_> = missing.map(|layer| layer.name.to_string()).collect();
    (!missing.is_empty()).then(|| {
        let missing = missing.join(" and ");
        format!(
            "this machine does not offer {missing} to the sandbox in which packs are compiled; \
             see `gtc doctor self`"
        )
    })
}

/// The sandbox of the worker could not be checked.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct SandboxCheckError(#[from] LoadError);

impl OperationError for SandboxCheckError {
    fn explain(&self) -> Explanation {
        // the usual hint is to run this check
        Explanation { hint: None, ..self.0.explain() }
    }
}
