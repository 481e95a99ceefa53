//! `gtc pack save`: save packs to one file, for machines that cannot reach a registry.

use std::io;
use std::path::PathBuf;

use clap::Args;
use env_pack_domain::EnvId;
use schemars::JsonSchema;
use serde::Deserialize;

use super::report::signed;
use crate::error::UsageError;
use crate::grammar::NewPackRef;
use crate::input::Input;
use crate::parse::{Payload, parse_argument, parse_optional, parse_pack_ref};
use crate::render::{GOOD, RenderHuman, plural, shown, warnings};
use crate::runner::Runner;
use crate::table::Style;
use gtc_core::document::Text;
use gtc_core::ops::export::{self, ExportReport, ExportRequest, PackSelection};
use gtc_core::ops::quoted;

/// Examples in the help text; a test parses each of them.
pub(super) const EXAMPLES: &str = "\
Examples:
  gtc pack save oci://ghcr.io/acme/vault:0.4.2 redis.gtpack --output packs.tar
  gtc pack save --env local --trust-root-of local --output packs.tar

On the other machine: `gtc pack load packs.tar`.";

/// Packs to save.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SavePayload {
    /// Packs: files, or `oci://…`
    #[arg(value_name = "REF")]
    #[serde(default)]
    #[schemars(with = "Vec<Text<NewPackRef>>")]
    pub pack_refs: Vec<String>,
    /// File to write: a tar archive with an OCI image layout
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Save the packs that this environment has bound instead
    #[arg(long = "env", value_name = "ENV")]
    #[serde(default)]
    #[schemars(with = "Option<Text<EnvId>>")]
    pub environment_id: Option<String>,
    /// Include the trust root of this environment
    #[arg(long, value_name = "ENV")]
    #[serde(default)]
    #[schemars(with = "Option<Text<EnvId>>")]
    pub trust_root_of: Option<String>,
}

impl Payload for SavePayload {
    type Request = ExportRequest;

    fn into_request(self) -> Result<ExportRequest, UsageError> {
        let packs = match (self.environment_id, self.pack_refs.is_empty()) {
            (Some(environment), true) => {
                PackSelection::Bound(parse_argument("environment_id", &environment)?)
            }
            (None, false) => {
                let pack_refs = self.pack_refs.iter().map(|text| parse_pack_ref("pack_refs", text));
                PackSelection::Named(pack_refs.collect::<Result<_, _>>()?)
            }
            (None, true) => {
                let reason = "name packs, or an environment with `--env`";
                return Err(UsageError::new("pack_refs", reason));
            }
            (Some(_), false) => {
                let reason = "packs and `--env` cannot be given together";
                return Err(UsageError::new("pack_refs", reason));
            }
        };
        let trust_root_of = parse_optional("trust_root_of", self.trust_root_of.as_deref())?;
        Ok(ExportRequest { packs, trust_root_of, output: self.output })
    }
}

pub(super) fn run(runner: &Runner, input: Input<SavePayload>) -> io::Result<u8> {
    runner.run("pack", "save", input, |request| Ok(export::export(&runner.host, &request)?))
}

impl RenderHuman for ExportReport {
    fn render_human(&self, _verb: &str) -> String {
        let path = self.path.to_string_lossy();
        let mut text = format!(
            "{} saved {} to {}\n",
            Style::Good.paint(GOOD),
            plural(self.packs.len(), "pack"),
            shown(&path)
        );
        for pack in &self.packs {
            text.push_str(&format!("\n  {}\n", pack.pack_ref));
            text.push_str(&format!("    pack      `{}` {}\n", pack.id, pack.version));
            text.push_str(&format!("    manifest  {}\n", pack.manifest_digest));
            text.push_str(&format!("    sha256    {}\n", pack.sha256));
            text.push_str(&format!("    {}\n", signed(pack.signatures)));
        }
        if let Some(environment) = &self.trust_root_of {
            text.push_str(&format!("\n  includes the trust root of environment `{environment}`\n"));
        }
        text.push_str(&warnings(&self.warnings));
        text + &format!(
            "next: copy it to the other machine and run `gtc pack load {}`\n",
            quoted(&path)
        )
    }
}
