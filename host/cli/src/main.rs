//! The program `gtc`.

use std::process::ExitCode;
use std::thread;

/// Stack size in bytes of the thread that does the work: the usual 8 MiB, whatever
/// `ulimit -s` gives the main thread.
const STACK_BYTES: usize = 8 << 20;

fn main() -> ExitCode {
    gtc_core::run_if_worker();
    gtc_core::ignore_file_size_signal();
    let work = || gtc::run(std::env::args_os());
    match thread::Builder::new().stack_size(STACK_BYTES).spawn(work).map(thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        // the panic message is already on standard error
        Ok(Err(_)) => ExitCode::from(gtc::EXIT_ERROR),
        // no thread could be started
        Err(_) => work(),
    }
}
