//! Interface `log`: log messages, from any call.

use crate::engine::guest::state::Guest;
use crate::engine::wit::v0_1::bindings::greentic::env_pack::log;

impl log::Host for Guest {
    fn log(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        Guest::log(self, level.into(), &message);
        Ok(())
    }
}
