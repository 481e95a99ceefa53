//! `gtc op env backup`: write an environment to one private file, with its credentials.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::args::environment::EnvironmentArg;
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::Payload;
use crate::runner::Runner;
use gtc_core::ops::env::{self, ExportRequest};

/// An environment to back up.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BackupPayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    /// File to write; only you can read it, because answers may hold credentials
    #[arg(short, long, visible_alias = "out", value_name = "FILE")]
    pub output: PathBuf,
}

impl Payload for BackupPayload {
    type Request = ExportRequest;

    fn into_request(self) -> Result<ExportRequest, UsageError> {
        if self.output == Path::new("-") {
            let reason = "name a file that only you can read: a backup may hold credentials";
            return Err(UsageError::new("output", reason));
        }
        Ok(ExportRequest {
            environment: self.environment_id.parse()?,
            output: Some(self.output),
            keeps_credentials: true,
        })
    }
}

pub(super) fn run(runner: &Runner, input: Input<BackupPayload>) -> io::Result<u8> {
    runner.run("env", "backup", input, |request| Ok(env::export(&runner.host, &request)?))
}
