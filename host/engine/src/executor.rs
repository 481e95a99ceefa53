//! The place where operations of a handler run, and the lifetime of its instances.

use std::time::Duration;

use env_pack_domain::{BindingContext, ForeignText, HandlerFault, ToolCheck};

use super::error::LoadError;
use super::probes::broker::ProbeBroker;
use super::probes::recorder::ProbeRecorder;
use super::wit::component::HandlerMetadata;

/// Runs each operation in a fresh instance, which is dropped afterwards.
///
/// Operations share no state, and a fault in one does not affect the next. An executor
/// with long-lived instances needs a trait of its own.
pub(super) trait FreshInstanceExecutor: Send + Sync {
    /// Makes the three metadata calls. `name` identifies the handler in the log until its
    /// path is known.
    fn query_metadata(&self, name: ForeignText) -> Result<HandlerMetadata, LoadError>;

    /// Runs the preflight.
    fn preflight(&self, request: PreflightRequest<'_>) -> PreflightResult;
}

/// A request to run a preflight.
pub(super) struct PreflightRequest<'a> {
    /// The name of the handler in the log.
    pub name: ForeignText,
    pub binding: &'a BindingContext,
    /// The time limit.
    pub time: Duration,
    /// Only if the preflight is recorded.
    pub recorder: Option<ProbeRecorder>,
}

/// The result of a preflight.
pub(super) struct PreflightResult {
    pub checks: Result<Vec<ToolCheck>, HandlerFault>,
    /// The broker that served the probes; `None` if the guest never started.
    pub broker: Option<ProbeBroker>,
}
