//! The messages between the host and a worker that runs one operation of a guest.
//!
//! A new operation is a variant of [`Operation`] and of [`OperationResult`]; a new host
//! call is a variant of [`HostCall`]. The channel and the order of messages stay the same:
//! request, started, any number of log messages and host calls, result.

use std::time::Duration;

use env_pack_domain::abi::AbiVersion;
use env_pack_domain::{Call, ForeignText, HandlerFault, ToolCheck};
use serde::{Deserialize, Serialize};

use crate::error::LoadError;
use crate::limits::EngineLimits;
use crate::log::LogLevel;
use crate::wit::component::HandlerMetadata;

/// The first message, from the host. The compiled code is the worker's standard input.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct WorkerRequest {
    pub version: AbiVersion,
    /// True if the component imports WASI.
    pub wasi: bool,
    /// The size of the compiled code, in bytes.
    pub code_bytes: u64,
    pub limits: EngineLimits,
    /// The time limit of the operation.
    pub time: Duration,
    pub operation: Operation,
}

/// The operation that the guest runs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Operation {
    /// The three metadata calls.
    QueryMetadata,
    /// A preflight, for a binding. The grants stay in the host.
    Preflight { env_id: String, instance_id: Option<String>, answers_json: String },
}

/// A message from a worker.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum WorkerMessage {
    /// The worker is confined, and the time of the operation begins.
    Started,
    /// A log message of the guest.
    Log { call: Call, level: LogLevel, message: String },
    /// A call of the guest that the host must answer.
    HostCall(HostCall),
    /// The last message.
    Result(OperationResult),
}

/// A call of the guest that the host answers with a message of its own.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum HostCall {
    /// Run a tool. The answer is a [`ToolReply`](crate::probes::reply::ToolReply).
    Tool { tool: String, args: Vec<String> },
    /// Open a connection. The answer is a
    /// [`NetworkReply`](crate::probes::reply::NetworkReply).
    Network { host: String, port: u16 },
}

/// The result of a request.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum OperationResult {
    /// The compiled code does not fit the engine of the worker, so nothing ran.
    UnusableCode(String),
    /// The result of [`Operation::QueryMetadata`].
    Metadata(Result<RawMetadata, MetadataFailure>),
    /// The result of [`Operation::Preflight`].
    Checks(Result<Vec<ToolCheck>, HandlerFault>),
}

/// The answers of the three metadata calls, not yet parsed by the host.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RawMetadata {
    slot: String,
    descriptor_path: String,
    supported_versions: String,
}

impl From<HandlerMetadata> for RawMetadata {
    fn from(metadata: HandlerMetadata) -> Self {
        Self {
            slot: metadata.slot.to_string(),
            descriptor_path: metadata.descriptor_path.to_string(),
            supported_versions: metadata.supported_versions.to_string(),
        }
    }
}

impl RawMetadata {
    /// Parses the answers. A worker that works correctly sends only valid ones.
    pub(crate) fn parse(&self) -> Option<HandlerMetadata> {
        Some(HandlerMetadata {
            slot: self.slot.parse().ok()?,
            descriptor_path: self.descriptor_path.parse().ok()?,
            supported_versions: self.supported_versions.parse().ok()?,
        })
    }
}

/// The reason why a worker returned no metadata.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum MetadataFailure {
    /// The component does not fit the handler interface.
    Interface(ForeignText),
    /// A call failed.
    Fault(HandlerFault),
}

impl From<LoadError> for MetadataFailure {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Interface { reason } => Self::Interface(reason),
            LoadError::Fault(fault) => Self::Fault(fault),
            other => Self::Interface(ForeignText::sentence(&other.to_string())),
        }
    }
}

impl From<MetadataFailure> for LoadError {
    fn from(failure: MetadataFailure) -> Self {
        match failure {
            MetadataFailure::Interface(reason) => Self::Interface { reason },
            MetadataFailure::Fault(fault) => Self::Fault(fault),
        }
    }
}
