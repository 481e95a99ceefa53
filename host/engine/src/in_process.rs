//! Runs operations of a handler in the process of the host.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use env_pack_domain::ForeignText;

use super::context::EngineContext;
use super::error::LoadError;
use super::executor::{FreshInstanceExecutor, PreflightRequest, PreflightResult};
use super::guest::state::Guest;
use super::handler_code::HandlerCode;
use super::probes::broker::{HostResources, ProbeBroker};
use super::probes::permissions::ProbePermissions;
use super::probes::reply::{NetworkReply, ToolReply};
use super::probes::service::ProbeService;
use super::wit::component::HandlerMetadata;

/// Runs a handler in this process, in the sandbox.
pub(super) struct InProcessExecutor {
    pub code: HandlerCode,
    pub context: Arc<EngineContext>,
    pub resources: Arc<HostResources>,
    /// True if the component imports WASI.
    pub wasi: bool,
}

impl FreshInstanceExecutor for InProcessExecutor {
    fn query_metadata(&self, name: ForeignText) -> Result<HandlerMetadata, LoadError> {
        let time = self.context.limits.metadata_time;
        self.context.run_with_stack(|| {
            let guest = Guest::new(&self.context, name, None, self.wasi, time);
            self.code.run(|prepared| prepared.query_metadata(guest))
        })?
    }

    fn preflight(&self, request: PreflightRequest<'_>) -> PreflightResult {
        let PreflightRequest { name, binding, time, recorder } = request;
        let deadline = Instant::now() + time;
        let permissions = ProbePermissions::of(binding);
        let broker =
            ProbeBroker::new(&self.resources, &self.context, permissions, deadline, recorder);
        let broker = Arc::new(Mutex::new(broker));
        let probes = Box::new(SharedBroker(Arc::clone(&broker)));
        let checks = self.context.run_with_stack(|| {
            let binding = Some(binding.clone());
            let mut guest = Guest::new(&self.context, name, binding, self.wasi, time);
            guest.probes = Some(probes);
            self.code.run(|prepared| prepared.preflight(guest))
        });
        // the guest, which shared it, has been dropped
        let broker = Arc::into_inner(broker)
            .map(|broker| broker.into_inner().unwrap_or_else(PoisonError::into_inner));
        PreflightResult { checks: checks.flatten(), broker }
    }
}

/// A broker that the guest uses while it runs.
struct SharedBroker(Arc<Mutex<ProbeBroker>>);

impl ProbeService for SharedBroker {
    fn tool(&mut self, tool: &str, args: &[String]) -> ToolReply {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).tool(tool, args)
    }

    fn network(&mut self, host: &str, port: u16) -> NetworkReply {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).network(host, port)
    }
}
