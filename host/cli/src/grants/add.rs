//! `gtc op grants add`: grant permissions that a pack declares.

use std::io;

use super::change::GrantsChangePayload;
use crate::input::Input;
use crate::runner::Runner;
use gtc_core::ops::grants;

pub(super) fn run(runner: &Runner, input: Input<GrantsChangePayload>) -> io::Result<u8> {
    runner.run("grants", "add", input, |request| Ok(grants::add(&runner.host, &request)?))
}
