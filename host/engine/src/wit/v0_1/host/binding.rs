//! Interface `binding`: what the operator configured.

use crate::guest::state::Guest;
use crate::wit::v0_1::bindings::greentic::env_pack::binding;

impl binding::Host for Guest {
    fn env_id(&mut self) -> wasmtime::Result<String> {
        Ok(self.preflight_binding("binding.env-id")?.env_id.to_string())
    }

    fn instance_id(&mut self) -> wasmtime::Result<Option<String>> {
        let binding = self.preflight_binding("binding.instance-id")?;
        Ok(binding.instance_id.as_ref().map(ToString::to_string))
    }

    fn answers_json(&mut self) -> wasmtime::Result<String> {
        Ok(self.preflight_binding("binding.answers-json")?.answers_json.clone())
    }
}
