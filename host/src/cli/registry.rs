//! The arguments of `pack push` and `pack pull`.

use std::path::PathBuf;

use clap::Args;
use env_pack_domain::OciRef;
use schemars::JsonSchema;
use serde::Deserialize;

use super::error::UsageError;
use super::grammar::{CreationTime, Destination};
use super::parse::{Payload, parse_argument};
use crate::document::Text;
use crate::ops::registry::{PullRequest, PushRequest};

/// A pack to push to a registry.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PushPayload {
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

/// A pack to pull from a registry.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PullPayload {
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

impl Payload for PushPayload {
    type Request = PushRequest;

    fn into_request(self) -> Result<PushRequest, UsageError> {
        let Destination(reference) = parse_argument("pack_ref", &self.pack_ref)?;
        let created = self.created.map(|time| parse_argument::<CreationTime>("created", &time));
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

    fn into_request(self) -> Result<PullRequest, UsageError> {
        Ok(PullRequest {
            reference: parse_argument("pack_ref", &self.pack_ref)?,
            output: self.output,
            force: self.force,
        })
    }
}
