//! Arguments and report of a change of permissions: `gtc op grants add` and `revoke`.

use clap::Args;
use env_pack_domain::{NetworkPermission, ToolPermission};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::{IdempotencyKey, IfGeneration, IfRevision};
use crate::args::instance::InstanceArg;
use crate::args::permissions::parse_grants;
use crate::binding::report::{permissions_list, place_name};
use crate::error::UsageError;
use crate::grammar::DescriptorOrPath;
use crate::parse::{Payload, parse_argument};
use crate::render::{GOOD, RenderHuman};
use crate::table::Style;
use gtc_core::document::Text;
use gtc_core::ops::bind::GrantSelection;
use gtc_core::ops::grants::{BindingGrants, GrantsChangeReport, GrantsRequest};

/// Permissions to grant to a binding, or to revoke.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantsChangePayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    /// Descriptor path of the binding; `@<version>` is ignored
    #[arg(long, value_name = "DESCRIPTOR")]
    #[schemars(with = "Text<DescriptorOrPath>")]
    pub kind: String,
    #[command(flatten)]
    #[serde(default)]
    pub instance_id: InstanceArg,
    /// All instances of the extension
    #[arg(long, conflicts_with = "instance_id")]
    #[serde(default)]
    pub all_instances: bool,
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
    pub if_generation: IfGeneration,
    #[command(flatten)]
    #[serde(default)]
    pub idempotency_key: IdempotencyKey,
    #[command(flatten)]
    #[serde(default)]
    pub if_revision: IfRevision,
}

impl Payload for GrantsChangePayload {
    type Request = GrantsRequest;

    fn into_request(self) -> Result<GrantsRequest, UsageError> {
        let permissions = parse_grants(["tools", "network"], &self.tools, &self.network)?;
        if permissions.is_empty() && !self.declared {
            return Err(UsageError::new(
                "tools",
                "name at least one of `--tool`, `--network` and `--declared`",
            ));
        }
        if self.all_instances && self.instance_id.is_some() {
            return Err(UsageError::new(
                "all_instances",
                "cannot be combined with `--instance-id`",
            ));
        }
        Ok(GrantsRequest {
            environment: self.environment_id.parse()?,
            kind: parse_argument::<DescriptorOrPath>("kind", &self.kind)?.0,
            instance: self.instance_id.parse()?,
            all_instances: self.all_instances,
            grants: GrantSelection { permissions, declared: self.declared },
            if_generation: *self.if_generation,
            idempotency_key: self.idempotency_key.key,
            if_revision: *self.if_revision,
        })
    }
}

impl RenderHuman for GrantsChangeReport {
    fn render_human(&self, verb: &str) -> String {
        let done = if verb == "revoke" { "revoked" } else { "granted" };
        let mut text = String::new();
        for binding in &self.bindings {
            let label = binding_label(binding);
            text.push_str(&format!("{} {done}; now {label}\n", Style::Good.paint(GOOD)));
            text.push_str(&permissions_list(&binding.grants));
        }
        text
    }
}

/// The heading of a list of permissions.
pub(super) fn binding_label(binding: &BindingGrants) -> String {
    let place = place_name(binding.slot.as_ref(), binding.instance_id.as_deref());
    let unpinned = if binding.unpinned { ", unpinned" } else { "" };
    format!("{place}: `{}` ({}{unpinned})", binding.kind, binding.pack_ref)
}
