//! `gtc op grants add`: grant permissions that a pack declares.

use std::io;

use super::GrantsChangePayload;
use crate::cli::input::Input;
use crate::cli::runner::Runner;
use crate::ops::grants;

pub fn run(runner: &Runner, input: Input<GrantsChangePayload>) -> io::Result<u8> {
    runner.run("grants", "add", input, |request| Ok(grants::add(&runner.host, &request)?))
}
