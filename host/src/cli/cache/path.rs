//! `gtc cache path`: print the path of the cache.

use std::io;

use crate::cli::args::NoPayload;
use crate::cli::input::Input;
use crate::cli::render::RenderHuman;
use crate::cli::runner::Runner;
use crate::ops::cache::{self, CachePathReport};

pub fn run(runner: &Runner, input: Input<NoPayload>) -> io::Result<u8> {
    runner.run("cache", "path", input, |()| Ok(cache::path(&runner.host)))
}

impl RenderHuman for CachePathReport {
    fn render_human(&self, _verb: &str) -> String {
        format!("{}\n", self.path)
    }
}
