//! The arguments of the verbs that carry packs to where no registry can be reached.

use std::path::PathBuf;

use clap::Args;
use env_pack_domain::EnvId;
use schemars::JsonSchema;
use serde::Deserialize;

use super::error::UsageError;
use super::grammar::NewPackRef;
use super::parse::{Payload, pack_ref, parsed};
use crate::document::Text;
use crate::ops::export::{ExportRequest, PackSelection};
use crate::ops::import::ImportRequest;

/// Packs to carry somewhere.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SavePayload {
    /// The packs: files, or `oci://…`
    #[arg(value_name = "REF")]
    #[serde(default)]
    #[schemars(with = "Vec<Text<NewPackRef>>")]
    pub pack_refs: Vec<String>,
    /// The file they go into: an OCI image layout
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Take what this environment has bound and pinned, instead
    #[arg(long = "env", value_name = "ENV")]
    #[serde(default)]
    #[schemars(with = "Option<Text<EnvId>>")]
    pub environment_id: Option<String>,
    /// Have the trust root of this environment go along
    #[arg(long, value_name = "ENV")]
    #[serde(default)]
    #[schemars(with = "Option<Text<EnvId>>")]
    pub trust_root_of: Option<String>,
}

/// Packs that were carried here.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadPayload {
    /// The file they are in: an OCI image layout
    #[arg(value_name = "FILE")]
    pub layout: PathBuf,
    /// Write each pack into a file in this folder too
    #[arg(short, long, value_name = "DIR")]
    #[serde(default)]
    pub output: Option<PathBuf>,
    /// Overwrite files that are there
    #[arg(long)]
    #[serde(default)]
    pub force: bool,
    /// Have this environment trust the keys of the trust root in the file
    #[arg(long, value_name = "ENV")]
    #[serde(default)]
    #[schemars(with = "Option<Text<EnvId>>")]
    pub trust_in: Option<String>,
}

impl Payload for SavePayload {
    type Request = ExportRequest;

    fn parse(self) -> Result<ExportRequest, UsageError> {
        let packs = match (self.environment_id, self.pack_refs.is_empty()) {
            (Some(environment), true) => {
                PackSelection::Bound(parsed("environment_id", &environment)?)
            }
            (None, false) => {
                let pack_refs = self.pack_refs.iter().map(|text| pack_ref("pack_refs", text));
                PackSelection::Named(pack_refs.collect::<Result<_, _>>()?)
            }
            (None, true) => {
                return Err(UsageError::text(
                    "pack_refs",
                    "name packs, or an environment with `--env`",
                ));
            }
            (Some(_), false) => {
                return Err(UsageError::text(
                    "pack_refs",
                    "packs and `--env` cannot be given together",
                ));
            }
        };
        let trust_root_of =
            self.trust_root_of.map(|environment| parsed("trust_root_of", &environment));
        Ok(ExportRequest { packs, trust_root_of: trust_root_of.transpose()?, output: self.output })
    }
}

impl Payload for LoadPayload {
    type Request = ImportRequest;

    fn parse(self) -> Result<ImportRequest, UsageError> {
        let trust_in = self.trust_in.map(|environment| parsed("trust_in", &environment));
        Ok(ImportRequest {
            layout: self.layout,
            output: self.output,
            force: self.force,
            trust_in: trust_in.transpose()?,
        })
    }
}
