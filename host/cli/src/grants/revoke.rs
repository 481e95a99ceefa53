//! `gtc op grants revoke`: revoke permissions of a pack.

use std::io;

use super::change::GrantsChangePayload;
use crate::input::Input;
use crate::runner::Runner;
use gtc_core::ops::grants;

pub(super) fn run(runner: &Runner, input: Input<GrantsChangePayload>) -> io::Result<u8> {
    runner.run("grants", "revoke", input, |request| Ok(grants::revoke(&runner.host, &request)?))
}
