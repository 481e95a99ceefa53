//! The arguments of `pack save` and `pack load`.

use std::path::PathBuf;

use clap::Args;
use env_pack_domain::EnvId;
use schemars::JsonSchema;
use serde::Deserialize;

use super::error::UsageError;
use super::grammar::NewPackRef;
use super::parse::{Payload, parse_argument, parse_pack_ref};
use crate::document::Text;
use crate::ops::export::{ExportRequest, PackSelection};
use crate::ops::import::ImportRequest;

/// Packs to save.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SavePayload {
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

/// Packs to load.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadPayload {
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
                return Err(UsageError::new(
                    "pack_refs",
                    "name packs, or an environment with `--env`",
                ));
            }
            (Some(_), false) => {
                return Err(UsageError::new(
                    "pack_refs",
                    "packs and `--env` cannot be given together",
                ));
            }
        };
        let trust_root_of =
            self.trust_root_of.map(|environment| parse_argument("trust_root_of", &environment));
        Ok(ExportRequest { packs, trust_root_of: trust_root_of.transpose()?, output: self.output })
    }
}

impl Payload for LoadPayload {
    type Request = ImportRequest;

    fn into_request(self) -> Result<ImportRequest, UsageError> {
        let trust_in = self.trust_in.map(|environment| parse_argument("trust_in", &environment));
        Ok(ImportRequest {
            layout: self.layout,
            output: self.output,
            force: self.force,
            trust_in: trust_in.transpose()?,
        })
    }
}
