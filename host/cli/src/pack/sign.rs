//! `gtc pack sign`: sign a pack.

use std::io;
use std::path::PathBuf;

use clap::Args;
use env_pack_domain::OciRef;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::UsageError;
use crate::input::Input;
use crate::parse::{Payload, parse_argument};
use crate::render::{GOOD, RenderHuman, plural, shown};
use crate::runner::Runner;
use crate::table::Style;
use gtc_core::ops::registry as registries;
use gtc_core::ops::signing::{self, SignReport, SignRequest};

/// Examples in the help text; a test parses each of them.
pub(super) const EXAMPLES: &str = "\
Example:
  gtc pack sign vault.gtpack --key acme.key

A pack in a registry is signed there, by its digest:
  gtc pack sign oci://ghcr.io/acme/vault@sha256:<digest> --key acme.key";

/// A pack to sign.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignPayload {
    /// Pack: a file, or `oci://…`, which also receives the signature
    #[arg(value_name = "REF")]
    #[schemars(with = "String")]
    pub archive: PathBuf,
    /// Private key file
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// Signature file to write; default: `<pack>.sig` next to the pack
    #[arg(short, long, value_name = "FILE")]
    #[serde(default)]
    pub output: Option<PathBuf>,
    /// Overwrite existing signatures instead of adding one
    #[arg(long)]
    #[serde(default)]
    pub replace: bool,
}

/// The pack to sign.
pub(crate) enum SignTarget {
    /// A pack file.
    File(SignRequest),
    /// A pack in a registry, with the file of the private key.
    Published(OciRef, PathBuf),
}

impl Payload for SignPayload {
    type Request = SignTarget;

    fn into_request(self) -> Result<SignTarget, UsageError> {
        let published = self.archive.to_str().filter(|text| text.starts_with("oci://"));
        match published {
            None => Ok(SignTarget::File(SignRequest {
                archive: self.archive,
                key: self.key,
                output: self.output,
                replace: self.replace,
            })),
            Some(_) if self.output.is_some() || self.replace => Err(UsageError::new(
                "output",
                "`--output` and `--replace` are only for files; a registry stores the signature next to the pack",
            )),
            Some(text) => {
                let reference: OciRef = parse_argument("archive", text)?;
                match reference.digest() {
                    Some(_) => Ok(SignTarget::Published(reference, self.key)),
                    None => Err(UsageError::new(
                        "archive",
                        "a tag can move before it is signed; add the digest that `gtc pack push` printed",
                    )),
                }
            }
        }
    }
}

pub(super) fn run(runner: &Runner, input: Input<SignPayload>) -> io::Result<u8> {
    runner.run("pack", "sign", input, |target| match target {
        SignTarget::File(request) => Ok(signing::sign(&runner.host, &request)?),
        SignTarget::Published(reference, key) => {
            Ok(registries::sign(&runner.host, &reference, &key)?)
        }
    })
}

impl RenderHuman for SignReport {
    fn render_human(&self, _verb: &str) -> String {
        let good = Style::Good.paint(GOOD);
        let id = &self.id;
        let version = &self.version;
        let mut text = if self.changed {
            format!("{good} signed pack `{id}` {version}\n")
        } else {
            format!("{good} pack `{id}` {version} is already signed by this key; nothing changed\n")
        };
        text.push_str(&format!("  sha256     {}\n", self.sha256));
        text.push_str(&format!("  key        {}\n", self.key_id));
        match (&self.path, &self.pack_ref) {
            (Some(path), _) => {
                text.push_str(&format!("  signature  {}\n", shown(&path.to_string_lossy())))
            }
            (None, Some(pack_ref)) => text.push_str(&format!("  signature  next to {pack_ref}\n")),
            (None, None) => {}
        }
        match self.signers.len() {
            0 | 1 => text,
            count => text + &format!("  the file has {}\n", plural(count, "signature")),
        }
    }
}
