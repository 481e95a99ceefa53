//! Arguments and report of a change of permissions: `gtc op grants add` and `revoke`.

use clap::Args;
use env_pack_domain::{NetworkPermission, ToolPermission};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::IdempotencyKey;
use crate::args::permissions::parse_permissions;
use crate::binding::report::permissions_list;
use crate::error::UsageError;
use crate::grammar::DescriptorOrPath;
use crate::parse::{Payload, parse_argument};
use crate::render::{GOOD, RenderHuman, join_or_none};
use crate::table::Style;
use gtc_core::document::Text;
use gtc_core::ops::bind::GrantSelection;
use gtc_core::ops::grants::{GrantsRequest, PackGrants};

/// Permissions to grant to a bound pack, or to revoke.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantsChangePayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    /// Descriptor path that the pack provides; `@<version>` is ignored
    #[arg(long, value_name = "DESCRIPTOR")]
    #[schemars(with = "Text<DescriptorOrPath>")]
    pub kind: String,
    /// Command, such as 'vault token lookup'
    #[arg(long = "tool", value_name = "COMMAND")]
    #[serde(default)]
    #[schemars(with = "Vec<Text<ToolPermission>>")]
    pub tools: Vec<String>,
    /// Address, such as vault.example:8200
    #[arg(long, value_name = "HOST:PORT")]
    #[serde(default)]
    #[schemars(with = "Vec<Text<NetworkPermission>>")]
    pub network: Vec<String>,
    /// All permissions that the pack declares
    #[arg(long)]
    #[serde(default)]
    pub declared: bool,
    #[command(flatten)]
    #[serde(default)]
    pub idempotency_key: IdempotencyKey,
}

impl Payload for GrantsChangePayload {
    type Request = GrantsRequest;

    fn into_request(self) -> Result<GrantsRequest, UsageError> {
        let permissions = parse_permissions(["tools", "network"], &self.tools, &self.network)?;
        if permissions.is_empty() && !self.declared {
            return Err(UsageError::new(
                "tools",
                "name at least one of `--tool`, `--network` and `--declared`",
            ));
        }
        Ok(GrantsRequest {
            environment: self.environment_id.parse()?,
            kind: parse_argument::<DescriptorOrPath>("kind", &self.kind)?.0,
            grants: GrantSelection { permissions, declared: self.declared },
            idempotency_key: self.idempotency_key.key,
        })
    }
}

impl RenderHuman for PackGrants {
    fn render_human(&self, verb: &str) -> String {
        let done = if verb == "revoke" { "revoked" } else { "granted" };
        format!(
            "{} {done}; now {}\n{}",
            Style::Good.paint(GOOD),
            pack_label(self),
            permissions_list(&self.grants)
        )
    }
}

/// The heading of a list of permissions.
pub(super) fn pack_label(pack: &PackGrants) -> String {
    format!(
        "{} ({})",
        join_or_none(pack.kinds.iter().map(|kind| format!("`{kind}`"))),
        pack.pack_ref
    )
}
