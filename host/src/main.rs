//! The program `gtc`.

use std::process::ExitCode;
use std::thread;

/// The stack of the thread that does the work, in bytes: as much as is usual, whatever
/// `ulimit -s` leaves the first thread.
const STACK_BYTES: usize = 8 << 20;

fn main() -> ExitCode {
    gtc::engine::worker::run_if_worker();
    let work = || gtc::cli::run(std::env::args_os());
    match thread::Builder::new().stack_size(STACK_BYTES).spawn(work).map(thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        // it panicked, and has said so
        Ok(Err(_)) => ExitCode::from(gtc::cli::IMPOSSIBLE),
        // no thread is to be had
        Err(_) => work(),
    }
}
