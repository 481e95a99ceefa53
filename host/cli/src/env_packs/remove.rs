//! `gtc op env-packs remove`: unbind the pack of a slot; this cannot be rolled back.

use std::io;

use super::arguments::PackRemovePayload;
use crate::input::Input;
use crate::runner::Runner;
use gtc_core::ops::bind;

pub(super) fn run(runner: &Runner, input: Input<PackRemovePayload>) -> io::Result<u8> {
    runner.run("env-packs", "remove", input, |request| Ok(bind::remove(&runner.host, &request)?))
}
