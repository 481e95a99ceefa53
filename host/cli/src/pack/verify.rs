//! `gtc pack verify`: verify that a pack has a trusted signature.

use std::io;
use std::path::PathBuf;

use clap::Args;
use env_pack_domain::EnvId;
use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::{PackRefArg, key_and_environment};
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::{Payload, parse_argument};
use crate::render::{GOOD, RenderHuman};
use crate::runner::Runner;
use crate::table::Style;
use gtc_core::document::Text;
use gtc_core::ops::signing::{self, TrustedKeys, VerifyReport, VerifyRequest};

/// Examples in the help text; a test parses each of them.
pub(super) const EXAMPLES: &str = "\
Examples:
  gtc pack verify vault.gtpack --key acme.key.pub
  gtc pack verify oci://ghcr.io/acme/vault:0.4.2 --env local

Exit code: 0 if the pack has a trusted signature, 1 if not.";

/// A pack to verify.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerifyPayload {
    #[command(flatten)]
    pub pack_ref: PackRefArg,
    /// Public key file to trust
    #[arg(long = "key", value_name = "FILE")]
    #[serde(default)]
    pub keys: Vec<PathBuf>,
    /// Environment whose trust root to use instead of `--key`
    #[arg(long = "env", value_name = "ENV")]
    #[serde(default)]
    #[schemars(with = "Option<Text<EnvId>>")]
    pub environment_id: Option<String>,
    /// Signature file to use instead of those next to the pack and in the cache
    #[arg(long = "signature", value_name = "FILE")]
    #[serde(default)]
    pub signatures: Vec<PathBuf>,
}

impl Payload for VerifyPayload {
    type Request = VerifyRequest;

    fn into_request(self) -> Result<VerifyRequest, UsageError> {
        let trusted = match (self.environment_id, self.keys.is_empty()) {
            (Some(environment), true) => {
                TrustedKeys::Environment(parse_argument("environment_id", &environment)?)
            }
            (None, false) => TrustedKeys::Keys(self.keys),
            (None, true) => {
                let reason = "name a trusted key with `--key`, or an environment with `--env`";
                return Err(UsageError::new("keys", reason));
            }
            (Some(_), false) => return Err(key_and_environment()),
        };
        Ok(VerifyRequest { pack_ref: self.pack_ref.parse()?, trusted, signatures: self.signatures })
    }
}

pub(super) fn run(runner: &Runner, input: Input<VerifyPayload>) -> io::Result<u8> {
    runner.run("pack", "verify", input, |request| Ok(signing::verify(&runner.host, &request)?))
}

impl RenderHuman for VerifyReport {
    fn render_human(&self, _verb: &str) -> String {
        let good = Style::Good.paint(GOOD);
        format!(
            "{good} pack `{}` is signed by `{}`\n  sha256  {}\n",
            self.pack_ref, self.signer, self.sha256
        )
    }
}
