//! The child's side of running a guest: one operation, then the process exits.
//!
//! The system call filter forbids new executable memory, so the order matters: restrict
//! files and network, map the compiled code, create everything that needs a descriptor,
//! filter system calls, and only then run code of the guest.

use std::io;
use std::os::fd::AsFd as _;
use std::sync::Arc;

use env_pack_domain::{BindingContext, ForeignText, Permissions};
use wasmtime::component::Component;

use super::confine;
use super::host_channel::HostChannel;
use super::ipc::Channel;
use super::messages::{
    MetadataFailure, Operation, OperationResult, RawMetadata, WorkerMessage, WorkerRequest,
};
use super::process_limits::ProcessLimits;
use super::seccomp::filter_system_calls;
use crate::config::wasmtime_config;
use crate::context::EngineContext;
use crate::error::LoadError;
use crate::guest::state::Guest;
use crate::log::{LogLine, LogSink};
use crate::shortage::shortage;
use crate::ticker::Ticker;
use crate::wasi;
use crate::wit::component::PreparedComponent;
use crate::wit::select;

/// The path of standard input, which is the file of compiled code.
const CODE_PATH: &str = "/proc/self/fd/0";

/// Receives a request from the host, runs it, and sends the result.
pub(super) fn run_guest() -> io::Result<()> {
    let mut channel = Channel::for_worker(io::stdout().as_fd().try_clone_to_owned()?);
    let request: WorkerRequest = channel.receive(None)?;
    let host = HostChannel::new(channel, request.limits.probes);
    let engine = wasmtime::Engine::new(&wasmtime_config(request.limits.stack_bytes))
        .map_err(io::Error::other)?;
    confine::restrict_process(
        &ProcessLimits::for_guest(&request.limits, request.code_bytes, request.time),
        Some(io::stdin().as_fd()),
    )?;
    // SAFETY: the host would otherwise map the same file itself. The engine checks that
    // version and settings match, and no code of it runs before this process is confined.
    let component = match unsafe { Component::deserialize_file(&engine, CODE_PATH) } {
        Ok(component) => component,
        Err(error) => {
            if let Some(error) = shortage(&error) {
                return Err(error);
            }
            let result = OperationResult::UnusableCode(format!("{error:#}"));
            host.send(&WorkerMessage::Result(result));
            return Ok(());
        }
    };
    let linker = select::new_linker(&engine, request.wasi).map_err(io::Error::other)?;
    if request.wasi {
        // it needs file descriptors, which the filter does not allow to open
        wasi::runtime::start()?;
    }
    // a kernel without seccomp still has the other layers
    let _ = filter_system_calls();
    let ticker = Ticker::default();
    ticker.start(&engine)?;
    host.send(&WorkerMessage::Started);
    let context = EngineContext::new(request.limits.clone(), log_to(host.clone()));
    let result = match select::prepare(request.version, &linker, &component) {
        Ok(prepared) => run_operation(&request, prepared.as_ref(), &context, &host)?,
        Err(error) => OperationResult::Metadata(Err(error.into())),
    };
    host.send(&WorkerMessage::Result(result));
    Ok(())
}

fn log_to(host: HostChannel) -> LogSink {
    Box::new(move |line: &LogLine| {
        let message = line.message.as_exact().to_owned();
        host.send(&WorkerMessage::Log { call: line.call, level: line.level, message });
    })
}

fn run_operation(
    request: &WorkerRequest,
    prepared: &dyn PreparedComponent,
    context: &Arc<EngineContext>,
    host: &HostChannel,
) -> io::Result<OperationResult> {
    // the host knows the name of the handler
    let new_guest =
        |binding| Guest::new(context, ForeignText::default(), binding, request.wasi, request.time);
    match &request.operation {
        Operation::QueryMetadata => {
            let metadata = context
                .run_with_stack(|| prepared.query_metadata(new_guest(None)))
                .map_err(LoadError::from)
                .flatten();
            Ok(OperationResult::Metadata(
                metadata.map(RawMetadata::from).map_err(MetadataFailure::from),
            ))
        }
        Operation::Preflight { env_id, instance_id, answers_json } => {
            let instance_id = instance_id.as_ref().map(|id| id.parse()).transpose();
            let binding = BindingContext {
                env_id: env_id.parse().map_err(io::Error::other)?,
                instance_id: instance_id.map_err(io::Error::other)?,
                answers_json: answers_json.clone(),
                // the host checks each probe against the grants
                grants: Permissions::default(),
                declared: Permissions::default(),
            };
            let checks = context.run_with_stack(|| {
                let mut guest = new_guest(Some(binding));
                guest.probes = Some(Box::new(host.clone()));
                prepared.preflight(guest)
            });
            Ok(OperationResult::Checks(checks.flatten()))
        }
    }
}
