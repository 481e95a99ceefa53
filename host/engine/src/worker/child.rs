//! The child's side of a worker process: confines itself, then reads its input.

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use gtc_fs::shortage::is_shortage;
use rustix::process::getppid;

use super::budget::{CompileBudget, CompileLimits};
use super::confine;
use super::print_wit::print_wit;
use super::protection::write_report;
use super::protocol::{
    EXIT_FAILED, EXIT_OUT_OF_MEMORY, EXIT_PANICKED, EXIT_REJECTED, EXIT_SHORTAGE, NAME,
    WorkerCommand,
};
use super::run_guest::run_guest;
use crate::config::{COMPILER_STACK_BYTES, compiler_engine, validate_guest};
use crate::probes::tools::reaper;
use crate::shortage::shortage;
use crate::stack;

/// True if [`run_if_worker`] was called in this process, so that another process of this
/// program can become a worker.
static INSTALLED: AtomicBool = AtomicBool::new(false);

/// Returns true if this program can be started as a worker.
pub(super) fn is_installed() -> bool {
    INSTALLED.load(Ordering::Relaxed)
}

/// Runs as a worker and exits, if this process was started as one; otherwise returns.
///
/// A program that hosts env-packs must call it first in its `main`, before it starts a
/// thread or opens a file.
pub fn run_if_worker() {
    INSTALLED.store(true, Ordering::Relaxed);
    let mut arguments = std::env::args_os();
    if arguments.next().is_none_or(|name| name != NAME) {
        return;
    }
    exit_on_panic();
    let code = match run_command(arguments) {
        Ok(code) => code,
        Err(error) => report_failure(&error),
    };
    std::process::exit(code);
}

/// Writes an error that is not about the input, and returns the exit code.
fn report_failure(error: &io::Error) -> i32 {
    let number = error.raw_os_error().filter(|_| is_shortage(error));
    write_stderr(&number.map_or_else(|| error.to_string(), |number| number.to_string()));
    match number {
        _ if error.kind() == io::ErrorKind::OutOfMemory => EXIT_OUT_OF_MEMORY,
        Some(_) => EXIT_SHORTAGE,
        None => EXIT_FAILED,
    }
}

fn run_command(arguments: impl Iterator<Item = OsString>) -> io::Result<i32> {
    let mut arguments = arguments.peekable();
    if arguments.next_if(|argument| argument == reaper::ARGUMENT).is_some() {
        return reaper::run_reaper(arguments);
    }
    match WorkerCommand::parse(arguments).map_err(io::Error::other)? {
        WorkerCommand::Compile { budget, stack_bytes } => compile(&budget, stack_bytes),
        WorkerCommand::Describe { budget } => describe(&budget),
        WorkerCommand::RunGuest => run_guest().map(|()| 0),
        WorkerCommand::Examine => examine(),
    }
}

/// Ends the process when a thread panics, and prints only the message of the panic. Its location
/// would be a path of the machine that built this program.
fn exit_on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        write_stderr(panic.payload_as_str().unwrap_or("panic without a message"));
        std::process::exit(EXIT_PANICKED);
    }));
}

/// Leaves SIGABRT to allocations that fail, so that the host recognises them: a panic
/// [exits](exit_on_panic), and a stack overflow ends with SIGSEGV.
fn reserve_abort_for_allocations() {
    for signal in [libc::SIGSEGV, libc::SIGBUS] {
        // SAFETY: `SIG_DFL` is a valid disposition of both signals, so no code of this process is
        // registered as a handler. It replaces only the handler of the standard library, which
        // reports a stack overflow and then raises SIGABRT.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
}

fn compile(budget: &CompileBudget, stack_bytes: u64) -> io::Result<i32> {
    reserve_abort_for_allocations();
    confine::confine(budget)?;
    let mut component = Vec::new();
    io::stdin().lock().read_to_end(&mut component)?;
    let stack_bytes = usize::try_from(stack_bytes).map_err(io::Error::other)?;
    let engine = compiler_engine(stack_bytes).map_err(io::Error::other)?;
    // so that a small `ulimit -s` does not decide which components compile
    let compiled = stack::run_with_stack(COMPILER_STACK_BYTES, || {
        validate_guest(&component).map(|()| engine.precompile_component(&component))
    })?;
    match compiled {
        Ok(Ok(code)) => finish(Ok(code)),
        Ok(Err(error)) => match shortage(&error) {
            Some(error) => Err(error),
            None => finish(Err(format!("{error:#}"))),
        },
        Err(reason) => finish(Err(reason)),
    }
}

fn describe(budget: &CompileBudget) -> io::Result<i32> {
    reserve_abort_for_allocations();
    confine::confine(budget)?;
    let mut component = Vec::new();
    io::stdin().lock().read_to_end(&mut component)?;
    let wit = stack::run_with_stack(COMPILER_STACK_BYTES, || print_wit(&component))?;
    finish(wit.map(String::into_bytes))
}

fn examine() -> io::Result<i32> {
    // a confined process may not ask
    let parent = getppid();
    let layers = confine::confine(&CompileLimits::default().budget(0))?;
    finish(Ok(write_report(&confine::report_protections(&layers, parent)).into_bytes()))
}

/// Writes the result, or the reason why the input was rejected. Returns the exit code.
fn finish(result: Result<Vec<u8>, String>) -> io::Result<i32> {
    match result {
        Ok(bytes) => {
            let mut output = io::stdout().lock();
            output.write_all(&bytes)?;
            output.flush()?;
            Ok(0)
        }
        Err(reason) => {
            write_stderr(&reason);
            Ok(EXIT_REJECTED)
        }
    }
}

fn write_stderr(text: &str) {
    // the parent may have closed it
    let _ = io::stderr().write_all(text.as_bytes());
}
