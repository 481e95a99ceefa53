//! `gtc pack repack`: rewrite a non-canonical archive in canonical form.

use std::io;
use std::path::PathBuf;

use clap::Args;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::UsageError;
use crate::input::Input;
use crate::parse::Payload;
use crate::render::{GOOD, RenderHuman, empty_cell, shown};
use crate::runner::Runner;
use crate::table::{Style, Table};
use gtc_core::ops::quoted;
use gtc_core::ops::repack::{self, RepackReport, RepackRequest};

/// Examples in the help text; a test parses each of them.
pub(super) const EXAMPLES: &str = "\
Example:
  gtc pack repack sloppy.gtpack --output vault.gtpack

Signatures are for the exact bytes of an archive: sign the new one again.";

/// An archive to rewrite in canonical form.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RepackPayload {
    /// Archive to rewrite
    #[arg(value_name = "FILE")]
    pub archive: PathBuf,
    /// File to write; must not be the archive itself
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

impl Payload for RepackPayload {
    type Request = RepackRequest;

    fn into_request(self) -> Result<RepackRequest, UsageError> {
        Ok(RepackRequest { archive: self.archive, output: self.output })
    }
}

pub(super) fn run(runner: &Runner, input: Input<RepackPayload>) -> io::Result<u8> {
    runner.run("pack", "repack", input, |request| Ok(repack::repack(&runner.host, &request)?))
}

impl RenderHuman for RepackReport {
    fn render_human(&self, _verb: &str) -> String {
        let path = shown(&self.path.to_string_lossy());
        let mut text =
            format!("{} repacked {path} ({} bytes)\n", Style::Good.paint(GOOD), self.size);
        text.push_str(&format!("  sha256  {}\n", self.sha256));
        if self.unchanged {
            text.push_str("  already canonical; nothing changed\n");
        }
        let mut table = Table::new(["ENTRY", "BYTES", "CHANGED"]);
        for entry in &self.entries {
            let changed = match entry.explained.as_slice() {
                [] => empty_cell(),
                changes => Style::Notice.cell(changes.join(", ")),
            };
            table.row([Style::Plain.cell(&entry.name), Style::Plain.cell(entry.size), changed]);
        }
        text.push_str(&format!("\n{}\n", table.render()));
        for dropped in &self.dropped {
            let name = dropped.name.as_ref().map(|name| format!("`{name}`: ")).unwrap_or_default();
            text.push_str(&format!("  dropped {name}{}\n", dropped.reason));
        }
        text + &format!(
            "next: inspect it with `gtc pack inspect {}`\n",
            quoted(&self.path.to_string_lossy())
        )
    }
}
