//! `gtc pack keygen`: create a key pair for signing packs.

use std::io;
use std::path::PathBuf;

use clap::Args;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::UsageError;
use crate::input::Input;
use crate::parse::Payload;
use crate::render::{GOOD, RenderHuman, shown};
use crate::runner::Runner;
use crate::table::Style;
use gtc_core::ops::quoted;
use gtc_core::ops::signing::{self, KeygenReport};

/// Examples in the help text; a test parses each of them.
pub(super) const EXAMPLES: &str = "\
Example:
  gtc pack keygen --output acme.key

Keep acme.key secret and distribute acme.key.pub.";

/// A key pair to create.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeygenPayload {
    /// Private key file to write; the public key is written to `<FILE>.pub`
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

impl Payload for KeygenPayload {
    type Request = PathBuf;

    fn into_request(self) -> Result<PathBuf, UsageError> {
        Ok(self.output)
    }
}

pub(super) fn run(runner: &Runner, input: Input<KeygenPayload>) -> io::Result<u8> {
    runner.run("pack", "keygen", input, |output| Ok(signing::keygen(&output)?))
}

impl RenderHuman for KeygenReport {
    fn render_human(&self, _verb: &str) -> String {
        let private = self.path.to_string_lossy();
        let public = self.public_path.to_string_lossy();
        let mut text = format!("{} created key `{}`\n", Style::Good.paint(GOOD), self.key_id);
        text.push_str(&format!("  private  {} (keep it secret)\n", shown(&private)));
        text.push_str(&format!("  public   {}\n", shown(&public)));
        text + &format!(
            "next: sign a pack with `gtc pack sign <pack> --key {}`\n",
            quoted(&private)
        )
    }
}
