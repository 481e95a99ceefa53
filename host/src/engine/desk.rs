//! Where a preflight asks for programs and connections: what it may ask, who answers, and
//! what was asked so far.
//!
//! It belongs to the host, wherever the guest runs: what was granted is compared here,
//! and what was asked is noted here.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use env_pack_domain::{ForeignText, Permissions, Probe, ToolPermission};

use super::network::{self, Network};
use super::tools::{self, Tools};
use super::world::{Exchange, NetworkReply, Stage, ToolReply};
use super::{Limits, Shared};

/// What of this machine a preflight can ask for; all handlers of an engine share it.
#[derive(Debug)]
pub(super) struct Machine {
    pub tools: Tools,
    pub network: Network,
    pub offline: bool,
}

/// The questions of one preflight.
pub(super) struct Desk {
    machine: Arc<Machine>,
    shared: Arc<Shared>,
    grants: Permissions,
    /// When the preflight is out of time.
    deadline: Instant,
    /// Who watches, and may answer in the place of this machine; nobody in an ordinary
    /// preflight.
    stage: Option<Stage>,
    probes: Vec<Probe>,
}

impl Desk {
    /// The desk of a preflight that has been granted this and has until then.
    pub fn new(
        machine: &Arc<Machine>,
        shared: &Arc<Shared>,
        grants: Permissions,
        deadline: Instant,
        stage: Option<Stage>,
    ) -> Self {
        Self {
            machine: Arc::clone(machine),
            shared: Arc::clone(shared),
            grants,
            deadline,
            stage,
            probes: Vec::new(),
        }
    }

    /// What was asked, and what was answered if somebody watched.
    pub fn into_questions(self) -> (Vec<Probe>, Vec<Exchange>) {
        (self.probes, self.stage.map(Stage::into_exchanges).unwrap_or_default())
    }

    /// Runs a program.
    pub fn tool(&mut self, tool: &str, args: &[String]) -> ToolReply {
        let mut program = None;
        let result =
            self.turn().map_err(tools::Failure::Denied)?.answer_tool(tool, args, &mut program);
        if let Some(stage) = &mut self.stage {
            stage.note_tool(tool, args, &result);
        }
        let outcome = match &result {
            Ok(output) => format!("exit code {}", output.exit_code),
            Err(failure) => failure.to_string(),
        };
        let command = std::iter::once(tool).chain(args.iter().map(String::as_str));
        let asked = ForeignText::sentence(&command.collect::<Vec<_>>().join(" "));
        let program = program.map(|path| ForeignText::new(path.to_string_lossy()));
        self.probes.push(Probe { asked, program, outcome: ForeignText::sentence(&outcome) });
        result
    }

    fn answer_tool(&self, tool: &str, args: &[String], program: &mut Option<PathBuf>) -> ToolReply {
        let limits = self.limits();
        let probe =
            tools::Probe { grants: &self.grants, tool, args, deadline: self.deadline, limits };
        match self.stage.as_ref().and_then(|stage| stage.tool(tool, args, limits.text_bytes)) {
            Some(reply) => probe.allowed().and(reply),
            None if self.machine.offline && !is_version_query(tool, args) => {
                Err(tools::Failure::Denied(
                    "the host is offline, and runs programs only for their versions".to_owned(),
                ))
            }
            None => self.machine.tools.probe(&probe, program),
        }
    }

    /// Opens a connection.
    pub fn network(&mut self, host: &str, port: u16) -> NetworkReply {
        let result = self.turn().map_err(network::Failure::Denied)?.answer_network(host, port);
        if let Some(stage) = &mut self.stage {
            stage.note_network(host, port, &result);
        }
        let outcome = result.as_ref().map_or_else(ToString::to_string, |()| "connected".to_owned());
        let asked = ForeignText::sentence(&format!("{host}:{port}"));
        self.probes.push(Probe { asked, program: None, outcome: ForeignText::sentence(&outcome) });
        result
    }

    fn answer_network(&self, host: &str, port: u16) -> NetworkReply {
        let attempt = network::Attempt {
            grants: &self.grants,
            host,
            port,
            deadline: self.deadline,
            limits: self.limits(),
        };
        match self.stage.as_ref().and_then(|stage| stage.network(host, port)) {
            Some(reply) => attempt.allowed().and(reply),
            None => self.machine.network.reach(&attempt),
        }
    }

    /// The desk, if anything may be asked of it once more; or why it may not.
    fn turn(&self) -> Result<&Self, String> {
        let limit = self.limits().probes;
        match self.probes.len() < limit {
            true => Ok(self),
            false => Err(asked_enough(limit)),
        }
    }

    fn limits(&self) -> &Limits {
        &self.shared.limits
    }
}

/// What a guest hears that has asked so often.
pub(super) fn asked_enough(limit: usize) -> String {
    format!("a preflight may run programs and try connections {limit} times, not more")
}

/// Whether a command only asks a program for its version, which needs no network.
fn is_version_query(tool: &str, args: &[String]) -> bool {
    ToolPermission::new(tool.to_owned(), args.to_vec())
        .is_ok_and(|command| command.is_version_query())
}
