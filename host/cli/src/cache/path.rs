//! `gtc cache path`: print the path of the cache.

use std::io;

use crate::args::NoPayload;
use crate::input::Input;
use crate::render::RenderHuman;
use crate::runner::Runner;
use gtc_core::ops::cache::{self, CachePathReport};

pub(super) fn run(runner: &Runner, input: Input<NoPayload>) -> io::Result<u8> {
    runner.run("cache", "path", input, |()| Ok(cache::path(&runner.host)))
}

impl RenderHuman for CachePathReport {
    fn render_human(&self, _verb: &str) -> String {
        format!("{}\n", self.path)
    }
}
