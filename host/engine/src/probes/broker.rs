//! Serves the host calls of a preflight: checks permissions, runs the probe, records it.
//!
//! It always runs in the host process, also when the guest runs in a worker.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use env_pack_domain::{ForeignText, Probe, ToolPermission};

use super::network::{ConnectionAttempt, Network};
use super::permissions::ProbePermissions;
use super::recorder::{Interaction, ProbeRecorder};
use super::reply::{NetworkFailure, NetworkReply, ToolFailure, ToolReply};
use super::service::{ProbeService, limit_reached};
use super::tools::runner::{ToolProbe, Tools};
use crate::context::EngineContext;
use crate::limits::EngineLimits;

/// The resources of this machine that preflights can use. All handlers of an engine share
/// them.
#[derive(Debug)]
pub(crate) struct HostResources {
    pub tools: Tools,
    pub network: Network,
    pub offline: bool,
}

/// The probes of one preflight.
pub(crate) struct ProbeBroker {
    resources: Arc<HostResources>,
    context: Arc<EngineContext>,
    permissions: ProbePermissions,
    /// The deadline of the preflight.
    deadline: Instant,
    /// Only in a recorded preflight.
    recorder: Option<ProbeRecorder>,
    probes: Vec<Probe>,
    /// The first probe that this machine lacked resources for.
    shortage: Option<String>,
}

impl ProbeBroker {
    pub(crate) fn new(
        resources: &Arc<HostResources>,
        context: &Arc<EngineContext>,
        permissions: ProbePermissions,
        deadline: Instant,
        recorder: Option<ProbeRecorder>,
    ) -> Self {
        Self {
            resources: Arc::clone(resources),
            context: Arc::clone(context),
            permissions,
            deadline,
            recorder,
            probes: Vec::new(),
            shortage: None,
        }
    }

    /// Returns why this machine could not run a probe, if it could not. The answer of the handler
    /// says nothing then.
    pub(crate) fn shortage(&self) -> Option<&str> {
        self.shortage.as_deref()
    }

    /// Returns the probes of the preflight, and the interactions if it was recorded.
    pub(crate) fn into_parts(self) -> (Vec<Probe>, Vec<Interaction>) {
        let interactions = self.recorder.map(ProbeRecorder::into_interactions);
        (self.probes, interactions.unwrap_or_default())
    }

    fn run_tool(&self, tool: &str, args: &[String], program: &mut Option<PathBuf>) -> ToolReply {
        let limits = self.limits();
        let permissions = &self.permissions;
        let probe = ToolProbe { permissions, tool, args, deadline: self.deadline, limits };
        let recorder = self.recorder.as_ref();
        match recorder.and_then(|recorder| recorder.tool_reply(tool, args, limits.text_bytes)) {
            Some(reply) => probe.check_granted().and(reply),
            None if self.resources.offline && !is_version_query(tool, args) => {
                Err(ToolFailure::Denied(
                    "the host is offline and runs tools only for their version".to_owned(),
                ))
            }
            None => self.resources.tools.run(&probe, program),
        }
    }

    fn connect(&self, host: &str, port: u16) -> NetworkReply {
        let attempt = ConnectionAttempt {
            permissions: &self.permissions,
            host,
            port,
            deadline: self.deadline,
            limits: self.limits(),
        };
        match self.recorder.as_ref().and_then(|recorder| recorder.network_reply(host, port)) {
            Some(reply) => attempt.check_granted().and(reply),
            None => self.resources.network.reach(&attempt),
        }
    }

    /// Fails when the preflight has used up its probes.
    fn check_limit(&self) -> Result<(), String> {
        let limit = self.limits().probes;
        if self.probes.len() < limit { Ok(()) } else { Err(limit_reached(limit)) }
    }

    fn record(&mut self, probe: Probe) {
        tracing::info!("probe `{}`: {}", probe.asked, probe.outcome);
        self.probes.push(probe);
    }

    fn limits(&self) -> &EngineLimits {
        &self.context.limits
    }
}

impl ProbeService for ProbeBroker {
    fn tool(&mut self, tool: &str, args: &[String]) -> ToolReply {
        self.check_limit().map_err(ToolFailure::Denied)?;
        let mut program = None;
        let reply = self.run_tool(tool, args, &mut program);
        if let Err(ToolFailure::Shortage(reason)) = &reply {
            self.shortage.get_or_insert_with(|| reason.clone());
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.record_tool(tool, args, &reply);
        }
        let outcome = match &reply {
            Ok(output) => format!("exit code {}", output.exit_code),
            Err(failure) => failure.to_string(),
        };
        let command = std::iter::once(tool).chain(args.iter().map(String::as_str));
        self.record(Probe {
            asked: ForeignText::sentence(&command.collect::<Vec<_>>().join(" ")),
            program: program.map(|path| ForeignText::new(path.to_string_lossy())),
            outcome: ForeignText::sentence(&outcome),
        });
        reply
    }

    fn network(&mut self, host: &str, port: u16) -> NetworkReply {
        self.check_limit().map_err(NetworkFailure::Denied)?;
        let reply = self.connect(host, port);
        if let Err(NetworkFailure::Shortage(reason)) = &reply {
            self.shortage.get_or_insert_with(|| format!("`{host}:{port}`: {reason}"));
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.record_network(host, port, &reply);
        }
        let outcome = reply.as_ref().map_or_else(ToString::to_string, |()| "connected".to_owned());
        self.record(Probe {
            asked: ForeignText::sentence(&format!("{host}:{port}")),
            program: None,
            outcome: ForeignText::sentence(&outcome),
        });
        reply
    }
}

/// Returns true if the command only prints the version of a tool, which needs no network.
fn is_version_query(tool: &str, args: &[String]) -> bool {
    ToolPermission::new(tool.to_owned(), args.to_vec())
        .is_ok_and(|command| command.is_version_query())
}
