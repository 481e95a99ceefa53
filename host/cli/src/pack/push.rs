//! `gtc pack push`: push a pack to an OCI registry.

use std::io;
use std::path::PathBuf;

use clap::Args;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::UsageError;
use crate::grammar::{CreationTime, Destination};
use crate::input::Input;
use crate::parse::{Payload, parse_argument, parse_optional};
use crate::render::{GOOD, RenderHuman};
use crate::runner::Runner;
use crate::table::Style;
use gtc_core::document::Text;
use gtc_core::ops::registry::{self as registries, PushReport, PushRequest};

/// Examples in the help text; a test parses each of them.
pub(super) const EXAMPLES: &str = "\
Example:
  gtc pack push vault.gtpack oci://ghcr.io/acme/vault:0.4.2

Uses the credentials of docker or podman. A signature file next to the pack is
pushed too. Pin the digest that is printed.";

/// A pack to push to a registry.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PushPayload {
    /// Pack file
    #[arg(value_name = "FILE")]
    pub archive: PathBuf,
    /// Destination: `oci://<registry>/<repository>:<tag>`
    #[arg(value_name = "REF")]
    #[schemars(with = "Text<Destination>")]
    pub pack_ref: String,
    /// URL of the source code, stored as an annotation
    #[arg(long, value_name = "URL")]
    #[serde(default)]
    pub source: Option<String>,
    /// Time of creation in RFC 3339, stored as an annotation: `2026-11-25T12:00:00Z`
    #[arg(long, value_name = "TIME")]
    #[serde(default)]
    #[schemars(with = "Option<Text<CreationTime>>")]
    pub created: Option<String>,
}

impl Payload for PushPayload {
    type Request = PushRequest;

    fn into_request(self) -> Result<PushRequest, UsageError> {
        let Destination(reference) = parse_argument("pack_ref", &self.pack_ref)?;
        let created = parse_optional("created", self.created.as_deref())?;
        Ok(PushRequest {
            archive: self.archive,
            reference,
            source: self.source,
            created: created.map(|CreationTime(time)| time.to_string()),
        })
    }
}

pub(super) fn run(runner: &Runner, input: Input<PushPayload>) -> io::Result<u8> {
    runner.run("pack", "push", input, |request| Ok(registries::push(&runner.host, &request)?))
}

impl RenderHuman for PushReport {
    fn render_human(&self, _verb: &str) -> String {
        let signed = if self.signed { ", with its signature" } else { "" };
        let mut text = format!(
            "{} pushed pack `{}` {}{signed}\n",
            Style::Good.paint(GOOD),
            self.id,
            self.version
        );
        text.push_str(&format!("  sha256  {}\n", self.sha256));
        text + &format!("  pin it  {}\n", self.pack_ref)
    }
}
