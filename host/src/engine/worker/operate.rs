//! Carrying out one operation of a guest: the worker's own side.
//!
//! Code can be mapped only before the last layer is in force, which forbids new code. So
//! files and network are locked first, then the code is mapped and all that needs a
//! descriptor is made, then system calls are locked; and only then anything of the
//! guest runs.

use std::io;
use std::os::fd::AsFd as _;
use std::sync::Arc;

use env_pack_domain::{BindingContext, ForeignText, Permissions};
use wasmtime::component::Component;

use super::super::guest::{Guest, Questions};
use super::super::handler::with_room;
use super::super::lane::{self, Prepared};
use super::super::ticker::Ticker;
use super::super::{LoadError, LogLine, LogSink, Shared, config, wasi};
use super::confine::{self, Fence};
use super::line::Line;
use super::operation::{Claims, Deed, Failed, HostLine, Said, Task};

/// Where a worker finds the code of its guest: on its standard input.
const CODE: &str = "/proc/self/fd/0";

/// Does what the host on the other end of standard output says, and tells it what came of
/// it.
pub(super) fn operate() -> io::Result<()> {
    let mut line = Line::of_worker(io::stdout().as_fd().try_clone_to_owned()?);
    let task: Task = line.receive(None)?;
    let host = HostLine::new(line, task.limits.probes);
    let engine = wasmtime::Engine::new(&config(&task.limits)).map_err(io::Error::other)?;
    confine::fence(
        &Fence::around_guest(&task.limits, task.code_bytes, task.time),
        Some(io::stdin().as_fd()),
    )?;
    // SAFETY: it is what the host would map itself otherwise; the engine checks that versions
    // and settings agree, and nothing of it runs before this process is locked in.
    let component = match unsafe { Component::deserialize_file(&engine, CODE) } {
        Ok(component) => component,
        Err(error) => {
            host.say(&Said::Unusable(format!("{error:#}")));
            return Ok(());
        }
    };
    let linker = lane::linker(&engine, task.wasi).map_err(io::Error::other)?;
    if task.wasi {
        wasi::wake();
    }
    // where the kernel has no such filter the other layers stand
    let _ = confine::filter_system_calls();
    let ticker = Ticker::default();
    ticker.start(&engine);
    host.say(&Said::Begun);
    let shared =
        Arc::new(Shared { limits: task.limits.clone(), log: log_to(&host), crowd: Arc::default() });
    let said = match task.lane.prepare(&linker, &component) {
        Ok(prepared) => carry_out(&task, prepared.as_ref(), &shared, &host)?,
        Err(error) => Said::Introduced(Err(error.into())),
    };
    host.say(&said);
    Ok(())
}

fn log_to(host: &HostLine) -> LogSink {
    let host = host.clone();
    Box::new(move |line: &LogLine| {
        let message = line.message.as_exact().to_owned();
        host.say(&Said::Log { call: line.call, level: line.level, message });
    })
}

fn carry_out(
    task: &Task,
    prepared: &dyn Prepared,
    shared: &Arc<Shared>,
    host: &HostLine,
) -> io::Result<Said> {
    // the host knows what it is called
    let guest = |binding| Guest::new(shared, ForeignText::default(), binding, task.wasi, task.time);
    Ok(match &task.deed {
        Deed::Introduce => {
            let introduced = with_room(shared, || prepared.introduce(guest(None)));
            let introduced = introduced.map_err(LoadError::from).flatten();
            Said::Introduced(introduced.map(Claims::from).map_err(Failed::from))
        }
        Deed::Preflight { env_id, instance_id, answers_json } => {
            let binding = BindingContext {
                env_id: env_id.parse().map_err(io::Error::other)?,
                instance_id: instance_id
                    .as_ref()
                    .map(|id| id.parse().map_err(io::Error::other))
                    .transpose()?,
                answers_json: answers_json.clone(),
                // the host compares what is asked with what was granted
                grants: Permissions::default(),
            };
            let run = || {
                let mut guest = guest(Some(binding));
                guest.questions = Questions::Host(host.clone());
                prepared.preflight(guest).0
            };
            Said::Checked(with_room(shared, run).flatten())
        }
    })
}
