//! `gtc op env-packs rollback`: restore the pack that the last update replaced.

use std::io;

use super::arguments::PackRemovePayload;
use crate::input::Input;
use crate::runner::Runner;
use gtc_core::ops::bind::{self, RemoveRequest, RollbackRequest};

pub(super) fn run(runner: &Runner, input: Input<PackRemovePayload>) -> io::Result<u8> {
    runner.run("env-packs", "rollback", input, |request| {
        let RemoveRequest { environment, key, if_generation, idempotency_key } = request;
        let request = RollbackRequest {
            environment,
            key,
            all_instances: false,
            if_generation,
            idempotency_key,
        };
        Ok(bind::rollback(&runner.host, &request)?)
    })
}
