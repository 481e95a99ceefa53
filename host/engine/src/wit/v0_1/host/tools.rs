//! Interface `tools`: runs granted commands.

use crate::guest::state::Guest;
use crate::wit::v0_1::bindings::greentic::env_pack::tools;

impl tools::Host for Guest {
    fn probe(
        &mut self,
        tool: String,
        args: Vec<String>,
    ) -> wasmtime::Result<Result<tools::Output, tools::Failure>> {
        self.preflight_binding("tools.probe")?;
        Ok(self.run_tool(&tool, &args).map(tools::Output::from).map_err(tools::Failure::from))
    }
}
