//! The async runtime in which guests sleep.
//!
//! `wasmtime-wasi` starts a runtime of its own at the first sleep, which panics where threads
//! are limited. It uses this one instead on a thread that has entered it.

use std::sync::{Mutex, PoisonError};
use std::{future, io, thread};

use tokio::runtime::{Builder, EnterGuard, Handle};

/// The runtime, once it was started.
static RUNTIME: Mutex<Option<&'static Handle>> = Mutex::new(None);

/// Starts the runtime, on a thread of its own, unless it runs already.
///
/// # Errors
/// The thread cannot be started, or there are no file descriptors left.
pub(crate) fn start() -> io::Result<&'static Handle> {
    let mut started = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = *started {
        return Ok(handle);
    }
    let runtime = Builder::new_current_thread().enable_time().enable_io().build()?;
    let handle = runtime.handle().clone();
    let run = move || runtime.block_on(future::pending::<()>());
    thread::Builder::new().name("wasi".to_owned()).spawn(run)?;
    // it lives as long as the process, like its thread
    let handle = Box::leak(Box::new(handle));
    *started = Some(handle);
    Ok(handle)
}

/// Lets this thread use the runtime until the result is dropped.
///
/// # Errors
/// Same as [`start`].
pub(crate) fn enter() -> io::Result<EnterGuard<'static>> {
    start().map(Handle::enter)
}
