//! One operation of a guest in a worker: what the host tells the worker, and what the
//! worker says and asks.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use env_pack_domain::{Call, ForeignText, HandlerFault, ToolCheck};
use serde::{Deserialize, Serialize};

use super::super::lane::{Introduction, Lane};
use super::super::world::{self, NetworkReply, ToolReply};
use super::super::{Level, Limits, LoadError, NetworkFailure, ToolFailure, desk};
use super::line::Line;

/// What a worker is told. The code of the component is its standard input.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) struct Task {
    pub lane: Lane,
    /// Whether the component imports WASI.
    pub wasi: bool,
    /// The size of its code, in bytes.
    pub code_bytes: u64,
    pub limits: Limits,
    /// How long the operation may take.
    pub time: Duration,
    pub deed: Deed,
}

/// What a guest is to do.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) enum Deed {
    /// To say who it is.
    Introduce,
    /// To run its preflight.
    Preflight {
        /// The environment that it runs for.
        env_id: String,
        /// The instance of an extension.
        instance_id: Option<String>,
        /// The operator's answers.
        answers_json: String,
    },
}

/// What a worker says.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) enum Said {
    /// The code does not fit this engine.
    Unusable(String),
    /// It is locked in, and the time of the operation begins.
    Begun,
    /// The guest has a message.
    Log { call: Call, level: Level, message: String },
    /// The guest wants a program to be run, and waits for a [`ToolReply`].
    Tool { tool: String, args: Vec<String> },
    /// The guest wants a connection to be opened, and waits for a [`NetworkReply`].
    Network { host: String, port: u16 },
    /// Who the guest is.
    Introduced(Result<Claims, Failed>),
    /// What came of the preflight.
    Checked(Result<Vec<ToolCheck>, HandlerFault>),
}

/// The three constants, as a worker says them.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) struct Claims {
    slot: String,
    descriptor_path: String,
    supported_versions: String,
}

/// Why there are none.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::engine) enum Failed {
    /// The types of the component are others.
    Interface(ForeignText),
    /// The guest failed.
    Fault(HandlerFault),
}

impl From<Introduction> for Claims {
    fn from(said: Introduction) -> Self {
        Self {
            slot: said.slot.to_string(),
            descriptor_path: said.descriptor_path.to_string(),
            supported_versions: said.supported_versions.to_string(),
        }
    }
}

impl Claims {
    /// What they mean, if they mean anything: an honest worker says nothing else.
    pub fn understood(&self) -> Option<Introduction> {
        Some(Introduction {
            slot: self.slot.parse().ok()?,
            descriptor_path: self.descriptor_path.parse().ok()?,
            supported_versions: self.supported_versions.parse().ok()?,
        })
    }
}

impl From<LoadError> for Failed {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Interface { reason } => Self::Interface(reason),
            LoadError::Fault(fault) => Self::Fault(fault),
            other => Self::Interface(ForeignText::sentence(&other.to_string())),
        }
    }
}

impl From<Failed> for LoadError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Interface(reason) => Self::Interface { reason },
            Failed::Fault(fault) => Self::Fault(fault),
        }
    }
}

/// The line of a worker to its host, as guests and their log share it.
#[derive(Clone, Debug)]
pub(in crate::engine) struct HostLine {
    line: Arc<Mutex<Line>>,
    /// How many questions the host will hear.
    questions: usize,
    asked: usize,
}

impl HostLine {
    pub(super) fn new(line: Line, questions: usize) -> Self {
        Self { line: Arc::new(Mutex::new(line)), questions, asked: 0 }
    }

    /// Says something that needs no answer.
    pub(super) fn say(&self, said: &Said) {
        // a host that is gone ends this process
        let _ = self.line.lock().unwrap_or_else(PoisonError::into_inner).send(said, None);
    }

    /// Has the host run a program.
    pub fn tool(&mut self, tool: &str, args: &[String]) -> ToolReply {
        let cut = |word: &str| world::within_reach(word).to_owned();
        let args = args.iter().take(world::WORDS).map(|word| cut(word)).collect();
        self.ask(&Said::Tool { tool: cut(tool), args }, ToolFailure::Denied, ToolFailure::Io)
    }

    /// Has the host open a connection.
    pub fn network(&mut self, host: &str, port: u16) -> NetworkReply {
        let question = Said::Network { host: world::within_reach(host).to_owned(), port };
        self.ask(&question, NetworkFailure::Denied, NetworkFailure::Io)
    }

    fn ask<T, E>(
        &mut self,
        question: &Said,
        denied: fn(String) -> E,
        broken: fn(String) -> E,
    ) -> Result<T, E>
    where
        Result<T, E>: serde::de::DeserializeOwned,
    {
        if self.asked >= self.questions {
            return Err(denied(desk::asked_enough(self.questions)));
        }
        self.asked += 1;
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let reply = line.send(question, None).and_then(|()| line.receive(None));
        reply.unwrap_or_else(|error| Err(broken(error.to_string())))
    }
}
