//! Runs each operation of a handler in a worker process.
//!
//! Probes come back to the host, which checks them against the grants. The host trusts
//! the messages of a worker no more than those of a guest.

use std::fs::File;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use env_pack_domain::abi::AbiVersion;
use env_pack_domain::{BindingContext, Call, ForeignText, HandlerFault};
use rustix::process::Signal;

use super::context::EngineContext;
use super::error::LoadError;
use super::executor::{FreshInstanceExecutor, PreflightRequest, PreflightResult};
use super::log::{LogLevel, LogLine};
use super::probes::broker::{HostResources, ProbeBroker};
use super::probes::permissions::ProbePermissions;
use super::probes::recorder::ProbeRecorder;
use super::probes::service::ProbeService as _;
use super::wit::component::HandlerMetadata;
use super::worker::messages::{HostCall, Operation, OperationResult, WorkerMessage, WorkerRequest};
use super::worker::process::GuestWorker;
use super::worker::protocol::{EXIT_FAILED, EXIT_OUT_OF_MEMORY, EXIT_SHORTAGE, parse_shortage};

/// Time for a worker to map its code and to confine itself.
const START_TIME: Duration = Duration::from_secs(10);
/// Time for a worker to report that its operation is out of time.
const GRACE: Duration = Duration::from_secs(2);
/// The most that one probe takes on the channel, in bytes.
const PROBE_BYTES: u64 = 512 << 10;
/// The most that JSON escapes lengthen a text.
const JSON_ESCAPE_FACTOR: u64 = 6;

/// Runs a handler in workers.
pub(super) struct IsolatedExecutor {
    /// The program of the worker.
    pub program: PathBuf,
    /// The compiled component.
    pub code: File,
    pub version: AbiVersion,
    /// True if the component imports WASI.
    pub wasi: bool,
    pub context: Arc<EngineContext>,
    pub resources: Arc<HostResources>,
}

impl FreshInstanceExecutor for IsolatedExecutor {
    fn query_metadata(&self, name: ForeignText) -> Result<HandlerMetadata, LoadError> {
        let time = self.context.limits.metadata_time;
        let permissions = ProbePermissions::default();
        let mut running = RunningOperation::new(self, name, time, permissions, None);
        let failure = match running.run(Operation::QueryMetadata) {
            Ok(OperationResult::Metadata(Ok(metadata))) => match metadata.parse() {
                Some(metadata) => return Ok(metadata),
                None => WorkerFailure::invalid_message(),
            },
            Ok(OperationResult::Metadata(Err(failure))) => return Err(failure.into()),
            Ok(_) => WorkerFailure::invalid_message(),
            Err(failure) => failure,
        };
        Err(match failure {
            WorkerFailure::Host(source) => LoadError::from_worker(source),
            WorkerFailure::UnusableCode(reason) => {
                LoadError::UnusableCode { reason: ForeignText::sentence(&reason) }
            }
            // the worker does not say in which of the metadata calls it failed; instantiation
            // is the first step of all of them
            failure => failure.into_fault(Call::Instantiate, time).into(),
        })
    }

    fn preflight(&self, request: PreflightRequest<'_>) -> PreflightResult {
        let PreflightRequest { name, binding, time, recorder } = request;
        let BindingContext { env_id, instance_id, answers_json, .. } = binding;
        let permissions = ProbePermissions::of(binding);
        let mut running = RunningOperation::new(self, name, time, permissions, recorder);
        let result = running.run(Operation::Preflight {
            env_id: env_id.to_string(),
            instance_id: instance_id.as_ref().map(ToString::to_string),
            answers_json: answers_json.clone(),
        });
        let checks = match result {
            Ok(OperationResult::Checks(checks)) => checks,
            Ok(_) => Err(WorkerFailure::invalid_message().into_fault(Call::Preflight, time)),
            Err(failure) => Err(failure.into_fault(Call::Preflight, time)),
        };
        PreflightResult { checks, broker: running.broker }
    }
}

/// One operation while its worker runs.
struct RunningOperation<'a> {
    handler: &'a IsolatedExecutor,
    name: ForeignText,
    time: Duration,
    permissions: ProbePermissions,
    recorder: Option<ProbeRecorder>,
    /// Serves the probes. The worker's message `Started` creates it.
    broker: Option<ProbeBroker>,
    /// The log messages so far, in bytes.
    logged: usize,
}

impl<'a> RunningOperation<'a> {
    fn new(
        handler: &'a IsolatedExecutor,
        name: ForeignText,
        time: Duration,
        permissions: ProbePermissions,
        recorder: Option<ProbeRecorder>,
    ) -> Self {
        Self { handler, name, time, permissions, recorder, broker: None, logged: 0 }
    }

    /// Runs the operation in a worker and answers its host calls.
    fn run(&mut self, operation: Operation) -> Result<OperationResult, WorkerFailure> {
        let request = self.request(operation).map_err(WorkerFailure::Host)?;
        let handler = self.handler;
        let mut worker = GuestWorker::start(&handler.program, &handler.code, self.max_bytes())
            .map_err(WorkerFailure::Host)?;
        let error = match self.serve(&mut worker, &request) {
            Ok(OperationResult::UnusableCode(reason)) => {
                return Err(WorkerFailure::UnusableCode(reason));
            }
            Ok(result) => return Ok(result),
            Err(error) => error,
        };
        // the kinds by which the channel and `serve` tell what went wrong:
        // `TimedOut`: no message came until the deadline
        // `FileTooLarge`: the messages exceed their limit
        // `InvalidData`: a message cannot be parsed, or is not allowed at this point
        // others: the channel is closed
        Err(match error.kind() {
            io::ErrorKind::TimedOut if self.has_started() => WorkerFailure::TimedOut,
            io::ErrorKind::TimedOut => {
                let reason = format!("it did not start within {} s", START_TIME.as_secs());
                WorkerFailure::Host(io::Error::new(io::ErrorKind::TimedOut, reason))
            }
            io::ErrorKind::FileTooLarge => WorkerFailure::TooMuchOutput,
            io::ErrorKind::InvalidData => WorkerFailure::invalid_message(),
            _ => WorkerFailure::from_exit(worker, self.has_started()),
        })
    }

    /// Whether the worker has sent `Started`, after which code of the guest runs.
    fn has_started(&self) -> bool {
        self.broker.is_some()
    }

    fn request(&self, operation: Operation) -> io::Result<WorkerRequest> {
        Ok(WorkerRequest {
            version: self.handler.version,
            wasi: self.handler.wasi,
            code_bytes: self.handler.code.metadata()?.len(),
            limits: self.handler.context.limits.clone(),
            time: self.time,
            operation,
        })
    }

    /// Returns the most that the messages of a worker may have, in bytes.
    fn max_bytes(&self) -> u64 {
        let limits = &self.handler.context.limits;
        let texts = (limits.copied_bytes as u64)
            .saturating_add(limits.log_bytes as u64)
            .saturating_mul(JSON_ESCAPE_FACTOR);
        // one more, for all that is neither a text nor a probe
        texts.saturating_add(PROBE_BYTES.saturating_mul(limits.probes as u64 + 1))
    }

    fn serve(
        &mut self,
        worker: &mut GuestWorker,
        request: &WorkerRequest,
    ) -> io::Result<OperationResult> {
        let channel = &mut worker.channel;
        let mut deadline = Instant::now() + START_TIME;
        channel.send(request, Some(deadline))?;
        loop {
            let message = channel.receive(Some(deadline))?;
            match (message, &mut self.broker) {
                (WorkerMessage::Started, None) => {
                    let end = Instant::now() + self.time;
                    self.broker = Some(self.new_broker(end));
                    deadline = end + GRACE;
                }
                (WorkerMessage::Log { call, level, message }, Some(_)) => {
                    self.log(call, level, &message)?;
                }
                (WorkerMessage::HostCall(HostCall::Tool { tool, args }), Some(broker)) => {
                    channel.send(&broker.tool(&tool, &args), Some(deadline))?;
                }
                (WorkerMessage::HostCall(HostCall::Network { host, port }), Some(broker)) => {
                    channel.send(&broker.network(&host, port), Some(deadline))?;
                }
                // a worker reports unusable code before `Started`; a result is trusted no more
                // after it
                (WorkerMessage::Result(result), _) => return Ok(result),
                // a second start would extend the deadline, and before the start a guest
                // cannot log or probe
                _ => return Err(io::ErrorKind::InvalidData.into()),
            }
        }
    }

    fn new_broker(&mut self, deadline: Instant) -> ProbeBroker {
        let IsolatedExecutor { resources, context, .. } = self.handler;
        let permissions = std::mem::take(&mut self.permissions);
        ProbeBroker::new(resources, context, permissions, deadline, self.recorder.take())
    }

    /// Passes a log message on. A working worker drops messages beyond the limit itself, so more
    /// messages mean a faulty worker.
    fn log(&mut self, call: Call, level: LogLevel, message: &str) -> io::Result<()> {
        let context = &self.handler.context;
        self.logged = self.logged.saturating_add(message.len());
        if self.logged > context.limits.log_bytes {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        (context.log)(&LogLine {
            handler: self.name.clone(),
            call,
            level,
            message: ForeignText::new(message),
        });
        Ok(())
    }
}

/// The reason why an operation has no result.
enum WorkerFailure {
    /// This machine could not run the worker.
    Host(io::Error),
    /// The code does not fit the engine of the worker.
    UnusableCode(String),
    /// The worker ended early, or sent an invalid message.
    Crashed { how: String, stderr: String },
    /// The worker exceeded the time limit of the operation.
    TimedOut,
    /// The messages exceeded their limit.
    TooMuchOutput,
}

impl WorkerFailure {
    fn invalid_message() -> Self {
        Self::Crashed {
            how: "the worker sent an invalid message".to_owned(),
            stderr: String::new(),
        }
    }

    /// Classifies the exit of a worker that closed its channel. Before `Started`, no code of
    /// the guest ran, so the guest cannot be the reason.
    fn from_exit(worker: GuestWorker, has_started: bool) -> Self {
        let (status, stderr) = match worker.terminate() {
            Ok(exit) => exit,
            Err(error) => return Self::Host(error),
        };
        if status.code() == Some(EXIT_OUT_OF_MEMORY) {
            return Self::Host(io::ErrorKind::OutOfMemory.into());
        }
        if status.code() == Some(EXIT_SHORTAGE) {
            return Self::Host(parse_shortage(&stderr));
        }
        if status.code() == Some(EXIT_FAILED) {
            return Self::Host(io::Error::other(ForeignText::sentence(&stderr).to_string()));
        }
        if status.signal() == Some(Signal::XCPU.as_raw()) {
            return Self::TimedOut;
        }
        let how = status.to_string();
        if has_started {
            Self::Crashed { how, stderr }
        } else {
            let reason = format!("it ended before it started the handler ({how}): {stderr}");
            Self::Host(io::Error::other(ForeignText::sentence(&reason).to_string()))
        }
    }

    fn into_fault(self, call: Call, time: Duration) -> HandlerFault {
        match self {
            Self::Host(error) => {
                let reason = ForeignText::new(format!("its worker process failed: {error}"));
                HandlerFault::NotRun { call, reason }
            }
            Self::UnusableCode(reason) => {
                HandlerFault::NotRun { call, reason: ForeignText::sentence(&reason) }
            }
            Self::Crashed { how, stderr } => {
                let message = (!stderr.is_empty()).then(|| ForeignText::sentence(&stderr));
                HandlerFault::Crashed { call, how: ForeignText::new(how), message }
            }
            Self::TimedOut => HandlerFault::OutOfTime { call, limit: time },
            Self::TooMuchOutput => {
                let what = ForeignText::new("more than its worker process may send");
                HandlerFault::TooMuchOutput { call, what }
            }
        }
    }
}
