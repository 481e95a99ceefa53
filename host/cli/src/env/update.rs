//! `gtc op env update`: change the settings of an environment.

use std::io;

use clap::{Args, ValueEnum};
use env_pack_domain::{DisplayName, Label};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::{IdempotencyKey, IfRevision};
use crate::error::UsageError;
use crate::grammar::ListenAddr;
use crate::input::Input;
use crate::parse::{Payload, parse_optional};
use crate::render::{GOOD, RenderHuman};
use crate::runner::Runner;
use crate::table::Style;
use gtc_core::base_url::BaseUrl;
use gtc_core::document::Text;
use gtc_core::ops::env::{self, NewSettings, OptionalSetting, UpdateReport, UpdateRequest};

/// Settings of an environment to change.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdatePayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    /// Display name
    #[arg(long)]
    #[serde(default)]
    #[schemars(with = "Option<Text<DisplayName>>")]
    pub name: Option<String>,
    /// Region of the runtime
    #[arg(long)]
    #[serde(default)]
    #[schemars(with = "Option<Text<Label>>")]
    pub region: Option<String>,
    /// Tenant that the environment belongs to
    #[arg(long, value_name = "ID")]
    #[serde(default)]
    #[schemars(with = "Option<Text<Label>>")]
    pub tenant_org_id: Option<String>,
    /// Address that the runtime listens on
    #[arg(long, value_name = "IP:PORT")]
    #[serde(default)]
    #[schemars(with = "Option<Text<ListenAddr>>")]
    pub listen_addr: Option<String>,
    /// URL by which others reach the runtime
    #[arg(long, value_name = "URL")]
    #[serde(default)]
    #[schemars(with = "Option<Text<BaseUrl>>")]
    pub public_base_url: Option<String>,
    /// Whether the runtime has a graphical interface
    #[arg(long, value_name = "BOOL")]
    #[serde(default)]
    pub gui_enabled: Option<bool>,
    /// Setting to remove; repeatable
    #[arg(long, value_name = "SETTING")]
    #[serde(default)]
    pub clear: Vec<ClearedSetting>,
    #[command(flatten)]
    #[serde(default)]
    pub idempotency_key: IdempotencyKey,
    #[command(flatten)]
    #[serde(default)]
    pub if_revision: IfRevision,
}

/// A setting that an environment need not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub(crate) enum ClearedSetting {
    Region,
    TenantOrgId,
    ListenAddr,
    PublicBaseUrl,
    GuiEnabled,
}

impl ClearedSetting {
    fn setting(self) -> OptionalSetting {
        match self {
            Self::Region => OptionalSetting::Region,
            Self::TenantOrgId => OptionalSetting::TenantOrgId,
            Self::ListenAddr => OptionalSetting::ListenAddr,
            Self::PublicBaseUrl => OptionalSetting::PublicBaseUrl,
            Self::GuiEnabled => OptionalSetting::GuiEnabled,
        }
    }
}

impl UpdatePayload {
    fn values(&self) -> Result<NewSettings, UsageError> {
        let listen_addr = parse_optional("listen_addr", self.listen_addr.as_deref());
        Ok(NewSettings {
            name: parse_optional("name", self.name.as_deref())?,
            region: parse_optional("region", self.region.as_deref())?,
            tenant_org_id: parse_optional("tenant_org_id", self.tenant_org_id.as_deref())?,
            listen_addr: listen_addr?.map(|ListenAddr(address)| address),
            public_base_url: parse_optional("public_base_url", self.public_base_url.as_deref())?,
            gui_enabled: self.gui_enabled,
        })
    }

    /// Fails unless the arguments ask for something, and for one thing of each setting.
    fn ensure_meaningful(&self) -> Result<(), UsageError> {
        let given = [
            (ClearedSetting::Region, self.region.is_some()),
            (ClearedSetting::TenantOrgId, self.tenant_org_id.is_some()),
            (ClearedSetting::ListenAddr, self.listen_addr.is_some()),
            (ClearedSetting::PublicBaseUrl, self.public_base_url.is_some()),
            (ClearedSetting::GuiEnabled, self.gui_enabled.is_some()),
        ];
        let both =
            given.iter().find(|(setting, is_given)| *is_given && self.clear.contains(setting));
        if let Some((setting, _)) = both {
            let name = setting.to_possible_value().expect("no setting is hidden");
            let name = name.get_name();
            return Err(UsageError::new("clear", format!("cannot be combined with `--{name}`")));
        }
        let is_empty = given.iter().all(|(_, is_given)| !is_given) && self.name.is_none();
        if is_empty && self.clear.is_empty() {
            return Err(UsageError::new(
                "name",
                "name at least one setting to change, or one to remove with `--clear`",
            ));
        }
        Ok(())
    }
}

impl Payload for UpdatePayload {
    type Request = UpdateRequest;

    fn into_request(self) -> Result<UpdateRequest, UsageError> {
        self.ensure_meaningful()?;
        Ok(UpdateRequest {
            environment: self.environment_id.parse()?,
            values: self.values()?,
            clear: self.clear.iter().map(|setting| setting.setting()).collect(),
            idempotency_key: self.idempotency_key.key,
            if_revision: *self.if_revision,
        })
    }
}

pub(super) fn run(runner: &Runner, input: Input<UpdatePayload>) -> io::Result<u8> {
    runner.run("env", "update", input, |request| Ok(env::update(&runner.host, &request)?))
}

impl RenderHuman for UpdateReport {
    fn render_human(&self, _verb: &str) -> String {
        let id = &self.environment_id;
        if self.changes.is_empty() {
            return format!("unchanged: environment `{id}` has these settings already\n");
        }
        let good = Style::Good.paint(GOOD);
        let mut text = format!("{good} updated environment `{id}` (revision {})\n", self.revision);
        for change in &self.changes {
            let [before, after] = change
                .shown()
                .map(|value| value.map_or_else(|| "none".to_owned(), |value| format!("`{value}`")));
            text.push_str(&format!("  {}: {after}, was {before}\n", change.setting));
        }
        text
    }
}
