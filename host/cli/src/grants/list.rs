//! `gtc op grants list`: list the permissions of every bound pack.

use std::io;

use super::change::pack_label;
use crate::args::EnvironmentPayload;
use crate::binding::report::permissions_list;
use crate::input::Input;
use crate::render::RenderHuman;
use crate::runner::Runner;
use gtc_core::ops::grants::{self, GrantsListReport};

pub(super) fn run(runner: &Runner, input: Input<EnvironmentPayload>) -> io::Result<u8> {
    runner.run("grants", "list", input, |environment| Ok(grants::list(&runner.host, &environment)?))
}

impl RenderHuman for GrantsListReport {
    fn render_human(&self, _verb: &str) -> String {
        let id = &self.environment_id;
        let packs: Vec<_> = self
            .packs
            .iter()
            .map(|pack| format!("{}\n{}", pack_label(pack), permissions_list(&pack.grants)))
            .collect();
        if packs.is_empty() {
            format!("environment `{id}` binds only built-in packs, which have no permissions\n")
        } else {
            packs.join("\n")
        }
    }
}
