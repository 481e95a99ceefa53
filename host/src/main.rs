//! The program `gtc`.

use std::process::ExitCode;

fn main() -> ExitCode {
    gtc::cli::run(std::env::args_os())
}
