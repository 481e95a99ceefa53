//! Interface `network`: opens granted connections.

use crate::guest::state::Guest;
use crate::wit::v0_1::bindings::greentic::env_pack::network;

impl network::Host for Guest {
    fn reach(&mut self, host: String, port: u16) -> wasmtime::Result<Result<(), network::Failure>> {
        self.preflight_binding("network.reach")?;
        Ok(self.connect(&host, port).map_err(network::Failure::from))
    }
}
