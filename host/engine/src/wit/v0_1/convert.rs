//! Conversions between the generated types and the domain.

use env_pack_domain::{CapabilitySlot, CheckOutcome, ForeignText, ToolCheck};

use super::bindings::greentic::env_pack::{log, network, tools, types};
use crate::log::LogLevel;
use crate::probes::reply::{NetworkFailure, ToolFailure, ToolOutput};

impl From<log::Level> for LogLevel {
    fn from(level: log::Level) -> Self {
        match level {
            log::Level::Trace => Self::Trace,
            log::Level::Debug => Self::Debug,
            log::Level::Info => Self::Info,
            log::Level::Warn => Self::Warn,
            log::Level::Error => Self::Error,
        }
    }
}

impl From<types::CapabilitySlot> for CapabilitySlot {
    fn from(slot: types::CapabilitySlot) -> Self {
        match slot {
            types::CapabilitySlot::Deployer => Self::Deployer,
            types::CapabilitySlot::Secrets => Self::Secrets,
            types::CapabilitySlot::Telemetry => Self::Telemetry,
            types::CapabilitySlot::Sessions => Self::Sessions,
            types::CapabilitySlot::State => Self::State,
            types::CapabilitySlot::Revocation => Self::Revocation,
            types::CapabilitySlot::Messaging => Self::Messaging,
            types::CapabilitySlot::Extension => Self::Extension,
        }
    }
}

impl From<types::ToolCheck> for ToolCheck {
    fn from(check: types::ToolCheck) -> Self {
        let outcome = match check.outcome {
            types::Outcome::Ok(detail) => CheckOutcome::Ok { detail: detail.map(ForeignText::new) },
            types::Outcome::Missing(missing) => {
                CheckOutcome::Missing { install_hint: ForeignText::new(missing.install_hint) }
            }
            types::Outcome::VersionMismatch(mismatch) => CheckOutcome::VersionMismatch {
                found: ForeignText::new(mismatch.found),
                required: ForeignText::new(mismatch.required),
                install_hint: ForeignText::new(mismatch.install_hint),
            },
            types::Outcome::AuthFailed(failed) => CheckOutcome::AuthFailed {
                detail: ForeignText::new(failed.detail),
                recovery_hint: ForeignText::new(failed.recovery_hint),
            },
            types::Outcome::Unreachable(failed) => CheckOutcome::Unreachable {
                detail: ForeignText::new(failed.detail),
                recovery_hint: ForeignText::new(failed.recovery_hint),
            },
            types::Outcome::ProbeError(error) => {
                CheckOutcome::ProbeError { detail: ForeignText::new(error.detail) }
            }
        };
        Self {
            name: ForeignText::new(check.name),
            description: ForeignText::new(check.description),
            outcome,
        }
    }
}

impl From<ToolOutput> for tools::Output {
    fn from(output: ToolOutput) -> Self {
        let ToolOutput { exit_code, stdout, stderr, truncated } = output;
        Self { exit_code, stdout, stderr, truncated }
    }
}

impl From<ToolFailure> for tools::Failure {
    fn from(failure: ToolFailure) -> Self {
        match failure {
            ToolFailure::NotFound => Self::NotFound,
            ToolFailure::Denied(reason) => Self::Denied(reason),
            ToolFailure::TimedOut => Self::TimedOut,
            ToolFailure::Io(reason) | ToolFailure::Shortage(reason) => Self::Io(reason),
        }
    }
}

impl From<NetworkFailure> for network::Failure {
    fn from(failure: NetworkFailure) -> Self {
        match failure {
            NetworkFailure::Denied(reason) => Self::Denied(reason),
            NetworkFailure::NotFound => Self::NotFound,
            NetworkFailure::Refused => Self::Refused,
            NetworkFailure::TimedOut => Self::TimedOut,
            NetworkFailure::Io(reason) | NetworkFailure::Shortage(reason) => Self::Io(reason),
        }
    }
}
