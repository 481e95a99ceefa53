//! `gtc op env-packs rollback`: restore the pack that the last update replaced.

use std::io;

use super::remove::PackRemovePayload;
use crate::cli::input::Input;
use crate::cli::runner::Runner;
use crate::ops::unbind;

pub fn run(runner: &Runner, input: Input<PackRemovePayload>) -> io::Result<u8> {
    runner.run("env-packs", "rollback", input, |request| {
        Ok(unbind::rollback(&runner.host, &request)?)
    })
}
