//! What stands between this machine and the components it compiles.

use env_pack_domain::ForeignText;
use serde::Serialize;

use super::OpError;
use crate::engine::worker::ProtectionKind;
use crate::host::Host;

/// What a worker is kept from on this machine.
#[derive(Debug, Serialize)]
pub struct SandboxCheckReport {
    /// The version of this program.
    pub version: &'static str,
    /// The layers of a worker's confinement.
    pub layers: Vec<SandboxLayer>,
    /// What a worker tried to do.
    #[serde(rename = "deeds")]
    pub forbidden_actions: Vec<ForbiddenAction>,
}

/// A layer of a worker's confinement.
#[derive(Debug, Serialize)]
pub struct SandboxLayer {
    /// Its name.
    pub name: ForeignText,
    /// Whether it is in force: not every kernel has every layer.
    pub in_force: bool,
}

/// Something that a worker must not be able to do.
#[derive(Debug, Serialize)]
pub struct ForbiddenAction {
    /// What it is.
    pub what: ForeignText,
    /// Whether it was prevented when a worker tried it.
    pub prevented: bool,
}

impl SandboxCheckReport {
    /// Whether no worker can do what it must not, by whichever layer.
    pub fn is_confined(&self) -> bool {
        self.forbidden_actions.iter().all(|action| action.prevented)
    }
}

/// Starts a worker that tries what it must not be able to do.
///
/// # Errors
/// [`OpError::Worker`] when there is none, or it does not come to an end.
pub fn check_sandbox(host: &Host) -> Result<SandboxCheckReport, OpError> {
    let found = host.engine.examine_worker().map_err(|source| OpError::Worker { source })?;
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
