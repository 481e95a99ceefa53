//! The program `gtc`.

use std::process::ExitCode;

fn main() -> ExitCode {
    gtc::engine::worker::hook();
    gtc::cli::run(std::env::args_os())
}
