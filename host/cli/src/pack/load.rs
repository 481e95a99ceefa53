//! `gtc pack load`: load packs from a file that `gtc pack save` wrote.

use std::io;
use std::path::PathBuf;

use clap::Args;
use env_pack_domain::EnvId;
use schemars::JsonSchema;
use serde::Deserialize;

use super::report::signed;
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::{Payload, parse_optional};
use crate::render::{GOOD, NOTICE, RenderHuman, join_or_none, plural, shown};
use crate::runner::Runner;
use crate::table::Style;
use gtc_core::document::Text;
use gtc_core::ops::import::{self, ImportReport, ImportRequest, ImportedPack, ImportedTrustRoot};
use gtc_core::ops::quoted;

/// Examples in the help text; a test parses each of them.
pub(super) const EXAMPLES: &str = "\
Examples:
  gtc pack load packs.tar
  gtc pack load packs.tar --output packs --trust-in local";

/// Packs to load.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoadPayload {
    /// File to read: a tar archive with an OCI image layout
    #[arg(value_name = "FILE")]
    pub layout: PathBuf,
    /// Also write each pack to a file in this folder
    #[arg(short, long, value_name = "DIR")]
    #[serde(default)]
    pub output: Option<PathBuf>,
    /// Overwrite existing files
    #[arg(long)]
    #[serde(default)]
    pub force: bool,
    /// Add the keys of the included trust root to this environment
    #[arg(long, value_name = "ENV")]
    #[serde(default)]
    #[schemars(with = "Option<Text<EnvId>>")]
    pub trust_in: Option<String>,
}

impl Payload for LoadPayload {
    type Request = ImportRequest;

    fn into_request(self) -> Result<ImportRequest, UsageError> {
        Ok(ImportRequest {
            layout: self.layout,
            output: self.output,
            force: self.force,
            trust_in: parse_optional("trust_in", self.trust_in.as_deref())?,
        })
    }
}

pub(super) fn run(runner: &Runner, input: Input<LoadPayload>) -> io::Result<u8> {
    runner.run("pack", "load", input, |request| Ok(import::import(&runner.host, &request)?))
}

impl RenderHuman for ImportReport {
    fn render_human(&self, _verb: &str) -> String {
        let path = self.path.to_string_lossy();
        let good = Style::Good.paint(GOOD);
        let count = plural(self.packs.len(), "pack");
        let mut text = format!("{good} loaded {count} from {}\n", shown(&path));
        self.packs.iter().for_each(|pack| text.push_str(&loaded(pack)));
        if let Some(trust) = &self.trust_root {
            text.push_str(&trust_root(trust, &path));
        }
        if self.next.is_empty() {
            return text;
        }
        text.push_str("next: bind what you need; `gtc cache gc` removes the rest\n");
        text + &self.next.iter().map(|command| format!("  {command}\n")).collect::<String>()
    }
}

fn loaded(pack: &ImportedPack) -> String {
    let name = pack.pack_ref.as_ref().map(ToString::to_string);
    let name = name.or_else(|| pack.name.as_ref().map(ToString::to_string));
    let mut text = format!("\n  {}\n", name.unwrap_or_else(|| "(unnamed)".to_owned()));
    text.push_str(&format!("    pack      `{}` {}\n", pack.id, pack.version));
    text.push_str(&format!("    manifest  {}\n", pack.manifest_digest));
    text.push_str(&format!("    sha256    {}\n", pack.sha256));
    if let Some(path) = &pack.path {
        text.push_str(&format!("    file      {}\n", shown(&path.to_string_lossy())));
    }
    let claimed = if pack.claimed_signers.is_empty() {
        String::new()
    } else {
        let signers = pack.claimed_signers.iter().map(|signer| format!("`{signer}`"));
        format!(", claimed to be by {} (not verified)", join_or_none(signers))
    };
    text + &format!("    {}{claimed}\n", signed(pack.signatures))
}

fn trust_root(trust: &ImportedTrustRoot, path: &str) -> String {
    let of =
        trust.environment.as_ref().map(|of| format!(" of environment `{of}`")).unwrap_or_default();
    let keys: String = trust.keys.iter().map(|key| format!("    {key}\n")).collect();
    match &trust.trusted_in {
        Some(environment) => {
            let good = Style::Good.paint(GOOD);
            format!(
                "\n{good} environment `{environment}` now trusts the keys of the included trust root{of}\n{keys}"
            )
        }
        None => format!(
            "\n{} the file includes a trust root{of}, which is not trusted yet\n{keys}    if you trust these keys, run `gtc pack load {} --trust-in <env>`\n",
            Style::Notice.paint(NOTICE),
            quoted(path)
        ),
    }
}
