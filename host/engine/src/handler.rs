//! A loaded handler: its metadata, and preflights within its limits.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use env_pack_domain::{
    BindingContext, Call, CapabilitySlot, DescriptorPath, EnvPackHandler, ForeignText,
    HandlerFault, Preflight, Probe, ToolCheck, VersionReq,
};

use super::answer::check_answer;
use super::context::EngineContext;
use super::error::LoadError;
use super::executor::{FreshInstanceExecutor, PreflightRequest};
use super::probes::backend::ProbeBackend;
use super::probes::broker::ProbeBroker;
use super::probes::recorder::{Interaction, PreflightRecording, ProbeRecorder, RecordPreflight};
use super::wit::component::HandlerMetadata;

/// A handler whose metadata are known.
pub(super) struct GuestHandler {
    executor: Box<dyn FreshInstanceExecutor>,
    context: Arc<EngineContext>,
    /// The time limit of a preflight.
    preflight_time: Duration,
    metadata: HandlerMetadata,
}

impl fmt::Debug for GuestHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GuestHandler").field(&self.metadata.descriptor_path).finish()
    }
}

/// The result of a preflight, recorded or not.
struct CheckedPreflight {
    checks: Result<Vec<ToolCheck>, HandlerFault>,
    probes: Vec<Probe>,
    /// Empty unless the preflight was recorded.
    interactions: Vec<Interaction>,
}

impl GuestHandler {
    /// Makes the metadata calls. `name` identifies the handler until its path is known.
    pub(crate) fn query(
        executor: Box<dyn FreshInstanceExecutor>,
        context: &Arc<EngineContext>,
        name: ForeignText,
        preflight_time: Duration,
    ) -> Result<Self, LoadError> {
        let metadata = executor.query_metadata(name)?;
        Ok(Self { executor, context: Arc::clone(context), preflight_time, metadata })
    }

    fn run_preflight(
        &self,
        binding: &BindingContext,
        recorder: Option<ProbeRecorder>,
        time: Duration,
    ) -> CheckedPreflight {
        let name = ForeignText::new(self.metadata.descriptor_path.as_str());
        let request = PreflightRequest { name, binding, time, recorder };
        let result = self.executor.preflight(request);
        let shortage = result.broker.as_ref().and_then(ProbeBroker::shortage);
        let checks = match shortage.map(ForeignText::sentence) {
            Some(reason) => Err(HandlerFault::NotRun { call: Call::Preflight, reason }),
            None => result.checks.and_then(|checks| check_answer(checks, &self.context.limits)),
        };
        let (probes, interactions) = result.broker.map(ProbeBroker::into_parts).unwrap_or_default();
        CheckedPreflight { checks, probes, interactions }
    }
}

impl EnvPackHandler for GuestHandler {
    fn slot(&self) -> CapabilitySlot {
        self.metadata.slot
    }

    fn descriptor_path(&self) -> &DescriptorPath {
        &self.metadata.descriptor_path
    }

    fn supported_versions(&self) -> &VersionReq {
        &self.metadata.supported_versions
    }

    fn preflight(&self, binding: &BindingContext) -> Result<Preflight, HandlerFault> {
        let run = self.run_preflight(binding, None, self.preflight_time);
        Ok(Preflight { checks: run.checks?, probes: run.probes })
    }
}

impl RecordPreflight for GuestHandler {
    fn record_preflight(
        &self,
        binding: &BindingContext,
        backend: ProbeBackend,
        time: Duration,
    ) -> PreflightRecording {
        let recorder = ProbeRecorder::new(backend);
        let run = self.run_preflight(binding, Some(recorder), time.min(self.preflight_time));
        PreflightRecording { checks: run.checks, interactions: run.interactions }
    }
}
