//! `gtc op env create`: create an environment with the default packs.

use std::io;

use clap::Args;
use env_pack_domain::DisplayName;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::IdempotencyKey;
use crate::error::UsageError;
use crate::grammar::ListenAddr;
use crate::input::Input;
use crate::parse::{Payload, parse_optional};
use crate::render::RenderHuman;
use crate::runner::Runner;
use gtc_core::document::Text;
use gtc_core::ops::env::{self, CreateReport, NewEnvironment};

/// An environment to create.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreatePayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    /// Display name [default: the id of the environment]
    #[arg(long)]
    #[serde(default)]
    #[schemars(with = "Option<Text<DisplayName>>")]
    pub name: Option<String>,
    /// Address that the runtime of the environment listens on
    #[arg(long, value_name = "IP:PORT")]
    #[serde(default)]
    #[schemars(with = "Option<Text<ListenAddr>>")]
    pub listen_addr: Option<String>,
    /// Do not bind the default packs
    #[arg(long)]
    #[serde(default)]
    pub empty: bool,
    #[command(flatten)]
    #[serde(default)]
    pub idempotency_key: IdempotencyKey,
}

impl Payload for CreatePayload {
    type Request = NewEnvironment;

    fn into_request(self) -> Result<NewEnvironment, UsageError> {
        let listen_addr = parse_optional("listen_addr", self.listen_addr.as_deref());
        Ok(NewEnvironment {
            id: self.environment_id.parse()?,
            name: parse_optional("name", self.name.as_deref())?,
            listen_addr: listen_addr?.map(|ListenAddr(address)| address),
            empty: self.empty,
            idempotency_key: self.idempotency_key.key,
        })
    }
}

pub(super) fn run(runner: &Runner, input: Input<CreatePayload>) -> io::Result<u8> {
    runner.run("env", "create", input, |request| Ok(env::create(&runner.host, &request)?))
}

impl RenderHuman for CreateReport {
    fn render_human(&self, _verb: &str) -> String {
        let mut text = format!("created environment `{}`", self.environment_id);
        match self.bound.len() {
            0 => text.push_str(" without bindings\n"),
            count => text.push_str(&format!(" with {count} default packs\n")),
        }
        text + &format!("next: examine it with `gtc op env doctor {}`\n", self.environment_id)
    }
}
