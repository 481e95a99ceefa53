//! Checks the sandbox of workers on this machine.

use env_pack_domain::ForeignText;
use serde::Serialize;

use crate::Host;
use crate::operation_error::{Explanation, OperationError};
use gtc_engine::LoadError;
use gtc_engine::worker::ProtectionKind;

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
    /// Whether the kernel supports the layer and it is active.
    pub in_force: bool,
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
            .map(|found| SandboxLayer { name: found.what, in_force: found.is_effective })
            .collect(),
        forbidden_actions: actions
            .into_iter()
            .map(|found| ForbiddenAction { what: found.what, prevented: found.is_effective })
            .collect(),
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
