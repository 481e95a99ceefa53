//! `gtc pack pull`: pull a pack from an OCI registry into a file.

use std::io;
use std::path::PathBuf;

use clap::Args;
use env_pack_domain::OciRef;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::UsageError;
use crate::input::Input;
use crate::parse::{Payload, parse_argument};
use crate::render::{GOOD, RenderHuman, shown};
use crate::runner::Runner;
use crate::table::Style;
use gtc_core::document::Text;
use gtc_core::ops::registry::{self as registries, PullReport, PullRequest};

/// Examples in the help text; a test parses each of them.
pub(super) const EXAMPLES: &str = "\
Examples:
  gtc pack pull oci://ghcr.io/acme/vault:0.4.2
  gtc pack pull oci://ghcr.io/acme/vault:0.4.2 --output vault.gtpack --force";

/// A pack to pull from a registry.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PullPayload {
    /// Reference: `oci://<registry>/<repository>[:<tag>][@<digest>]`
    #[arg(value_name = "REF")]
    #[schemars(with = "Text<OciRef>")]
    pub pack_ref: String,
    /// File to write [default: named after repository and tag]
    #[arg(short, long, value_name = "FILE")]
    #[serde(default)]
    pub output: Option<PathBuf>,
    /// Overwrite existing files
    #[arg(long)]
    #[serde(default)]
    pub force: bool,
}

impl Payload for PullPayload {
    type Request = PullRequest;

    fn into_request(self) -> Result<PullRequest, UsageError> {
        Ok(PullRequest {
            reference: parse_argument("pack_ref", &self.pack_ref)?,
            output: self.output,
            force: self.force,
        })
    }
}

pub(super) fn run(runner: &Runner, input: Input<PullPayload>) -> io::Result<u8> {
    runner.run("pack", "pull", input, |request| Ok(registries::pull(&runner.host, &request)?))
}

impl RenderHuman for PullReport {
    fn render_human(&self, _verb: &str) -> String {
        let mut text =
            format!("{} pulled {}\n", Style::Good.paint(GOOD), shown(&self.path.to_string_lossy()));
        if let Some(path) = &self.signature_path {
            text.push_str(&format!("  signature  {}\n", shown(&path.to_string_lossy())));
        }
        text.push_str(&format!("  sha256     {}\n", self.sha256));
        text + &format!("  pin it     {}\n", self.pack_ref)
    }
}
