//! Interface `log`: log messages, from any call.

use crate::guest::state::Guest;
use crate::wit::v0_1::bindings::greentic::env_pack::log;

impl log::Host for Guest {
    fn log(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        Guest::log(self, level.into(), &message);
        Ok(())
    }
}
