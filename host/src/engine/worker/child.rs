//! The disposable process: the worker's own side. It locks itself in before it reads a
//! byte of what it is to compile.

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use super::NAME;
use super::budget::Budget;
use super::confine;
use super::operate::operate;
use super::protocol::{self, Order};
use super::wit;
use crate::engine::tools::keeper;
use crate::engine::{COMPILER_STACK_BYTES, Limits, config, stack};

/// The exit code of a worker whose compiler did not accept the component; its words say
/// why.
pub(super) const REFUSED: i32 = 3;
/// The exit code of a worker that this machine does not let do its work, or that was
/// started in a way it does not understand; its words say why.
pub(in crate::engine) const MISUSED: i32 = 4;

/// Whether this program would become a worker if it were started as one.
static HOOKED: AtomicBool = AtomicBool::new(false);

/// Whether [`hook`] was called in this process, and so would be in another one of this
/// program.
pub(super) fn is_hooked() -> bool {
    HOOKED.load(Ordering::Relaxed)
}

/// Becomes a worker and never returns, if this process was started as one.
///
/// A program that hosts env-packs calls it first thing in its `main`, before it starts a
/// thread or opens a file.
pub fn hook() {
    HOOKED.store(true, Ordering::Relaxed);
    let mut arguments = std::env::args_os();
    if arguments.next().is_none_or(|name| name != NAME) {
        return;
    }
    let code = match work(arguments) {
        Ok(code) => code,
        Err(error) => {
            say(&error.to_string());
            MISUSED
        }
    };
    std::process::exit(code);
}

fn work(arguments: impl Iterator<Item = OsString>) -> io::Result<i32> {
    let mut arguments = arguments.peekable();
    if arguments.next_if(|task| task == keeper::TASK).is_some() {
        return keeper::keep(arguments);
    }
    match Order::parse(arguments).map_err(io::Error::other)? {
        Order::Compile { budget, stack_bytes } => compile(&budget, stack_bytes),
        Order::Describe { budget } => describe(&budget),
        Order::Operate => operate().map(|()| 0),
        Order::Examine => examine(),
    }
}

fn compile(budget: &Budget, stack_bytes: u64) -> io::Result<i32> {
    confine::lock_in(budget)?;
    let mut component = Vec::new();
    io::stdin().lock().read_to_end(&mut component)?;
    let stack_bytes = usize::try_from(stack_bytes).map_err(io::Error::other)?;
    let limits = Limits { stack_bytes, ..Limits::default() };
    let engine = wasmtime::Engine::new(&config(&limits)).map_err(io::Error::other)?;
    // under a small `ulimit -s` the stack of the process would do for some components and not
    // for others
    match stack::with_room(COMPILER_STACK_BYTES, || engine.precompile_component(&component))? {
        Ok(code) => {
            answer(&code)?;
            Ok(0)
        }
        Err(error) => {
            say(&format!("{error:#}"));
            Ok(REFUSED)
        }
    }
}

fn describe(budget: &Budget) -> io::Result<i32> {
    confine::lock_in(budget)?;
    let mut component = Vec::new();
    io::stdin().lock().read_to_end(&mut component)?;
    match stack::with_room(COMPILER_STACK_BYTES, || wit::world_of(&component))? {
        Ok(world) => {
            answer(world.as_bytes())?;
            Ok(0)
        }
        Err(reason) => {
            say(&reason);
            Ok(REFUSED)
        }
    }
}

fn examine() -> io::Result<i32> {
    let layers = confine::lock_in(&super::CompileLimits::default().budget(0))?;
    answer(protocol::write_report(&confine::examine(&layers)).as_bytes())?;
    Ok(0)
}

fn answer(bytes: &[u8]) -> io::Result<()> {
    let mut output = io::stdout().lock();
    output.write_all(bytes)?;
    output.flush()
}

fn say(words: &str) {
    // nobody may be listening any more
    let _ = io::stderr().write_all(words.as_bytes());
}
