//! `gtc op trust-root list`: list trusted keys.

use std::io;

use super::report::one_of;
use crate::args::EnvironmentPayload;
use crate::input::Input;
use crate::render::RenderHuman;
use crate::runner::Runner;
use gtc_core::ops::trust_root::{self, TrustRootReport};

pub(super) fn run(runner: &Runner, input: Input<EnvironmentPayload>) -> io::Result<u8> {
    runner.run("trust-root", "list", input, |environment| {
        Ok(trust_root::list(&runner.host, &environment)?)
    })
}

impl RenderHuman for TrustRootReport {
    fn render_human(&self, _verb: &str) -> String {
        let id = &self.environment_id;
        if self.keys.is_empty() {
            return format!("environment `{id}` has no trust root: signatures are not checked\n");
        }
        let keys: String = self.keys.iter().map(|key| format!("  {}\n", key.key_id)).collect();
        format!(
            "environment `{id}` accepts only packs signed by {}\n{keys}",
            one_of(self.keys.len())
        )
    }
}
