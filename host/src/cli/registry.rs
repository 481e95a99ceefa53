//! The arguments of the verbs about packs in registries.

use std::path::PathBuf;

use clap::Args;
use env_pack_domain::OciRef;
use schemars::JsonSchema;
use serde::Deserialize;

use super::error::UsageError;
use super::grammar::{CreationTime, Destination};
use super::parse::{Payload, parsed};
use crate::document::Text;
use crate::ops::registry::{PullRequest, PushRequest};

/// A pack to bring to a registry.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PushPayload {
    /// The pack
    #[arg(value_name = "FILE")]
    pub archive: PathBuf,
    /// Where it goes: `oci://<registry>/<repository>:<tag>`
    #[arg(value_name = "REF")]
    #[schemars(with = "Text<Destination>")]
    pub pack_ref: String,
    /// Where its source is, for whoever finds it
    #[arg(long, value_name = "URL")]
    #[serde(default)]
    pub source: Option<String>,
    /// When it was made, as in `2026-11-25T12:00:00Z`
    #[arg(long, value_name = "TIME")]
    #[serde(default)]
    #[schemars(with = "Option<Text<CreationTime>>")]
    pub created: Option<String>,
}

/// A pack to get from a registry.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PullPayload {
    /// Where it is: `oci://<registry>/<repository>[:<tag>][@<digest>]`
    #[arg(value_name = "REF")]
    #[schemars(with = "Text<OciRef>")]
    pub pack_ref: String,
    /// The file it goes to; named after repository and tag unless given
    #[arg(short, long, value_name = "FILE")]
    #[serde(default)]
    pub output: Option<PathBuf>,
    /// Overwrite files that are there
    #[arg(long)]
    #[serde(default)]
    pub force: bool,
}

impl Payload for PushPayload {
    type Request = PushRequest;

    fn parse(self) -> Result<PushRequest, UsageError> {
        let Destination(reference) = parsed("pack_ref", &self.pack_ref)?;
        let created = self.created.map(|time| parsed::<CreationTime>("created", &time));
        Ok(PushRequest {
            archive: self.archive,
            reference,
            source: self.source,
            created: created.transpose()?.map(|CreationTime(time)| time.to_string()),
        })
    }
}

impl Payload for PullPayload {
    type Request = PullRequest;

    fn parse(self) -> Result<PullRequest, UsageError> {
        Ok(PullRequest {
            reference: parsed("pack_ref", &self.pack_ref)?,
            output: self.output,
            force: self.force,
        })
    }
}
