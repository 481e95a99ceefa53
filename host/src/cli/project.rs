//! The arguments of the verbs about projects of pack authors.

use std::path::PathBuf;

use clap::Args;
use env_pack_domain::{
    CapabilitySlot, DescriptorPath, NetworkPermission, PackId, ToolPermission, Version,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::error::UsageError;
use super::parse::{Payload, parsed, permissions};
use crate::document::Text;
use crate::ops::build::BuildRequest;
use crate::ops::project::{Language, NewRequest};

/// A project to make.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPayload {
    /// The path that the handler answers for: `<namespace>.<slot>.<implementation>`
    #[arg(value_name = "DESCRIPTOR-PATH")]
    #[schemars(with = "Text<DescriptorPath>")]
    pub descriptor_path: String,
    /// The slot it fills; the second segment of the path, unless given
    #[arg(long)]
    #[serde(default)]
    #[schemars(extend("enum" = slots()))]
    pub slot: Option<String>,
    /// What it is written in: rust, python or javascript
    #[arg(long, value_name = "LANGUAGE", default_value = "rust")]
    #[serde(default = "rust")]
    #[schemars(extend("enum" = Language::ALL))]
    pub lang: String,
    /// Where it goes, a folder that is empty (a `.git` does not count) or not there yet;
    /// named after the path, unless given
    #[arg(long, value_name = "DIR")]
    #[serde(default)]
    pub dir: Option<PathBuf>,
}

/// A pack to build.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BuildPayload {
    /// The folder of the project, which holds `gtc-pack.toml`; this one, unless given
    #[arg(value_name = "DIR", conflicts_with = "component")]
    #[serde(default)]
    pub project: Option<PathBuf>,
    /// Pack this component instead of building a project
    #[arg(long, value_name = "FILE", requires = "version")]
    #[serde(default)]
    pub component: Option<PathBuf>,
    /// The version of the pack
    #[arg(long, value_name = "SEMVER", requires = "component")]
    #[serde(default)]
    #[schemars(with = "Option<Text<Version>>")]
    pub version: Option<String>,
    /// The id of the pack; the descriptor path of its handler, unless given
    #[arg(long, requires = "component")]
    #[serde(default)]
    #[schemars(with = "Option<Text<PackId>>")]
    pub id: Option<String>,
    /// Who publishes it; the first segment of the descriptor path, unless given
    #[arg(long, value_name = "NAME", requires = "component")]
    #[serde(default)]
    pub publisher: Option<String>,
    /// Declare that the handler also runs a command, such as 'vault version'; `*` stands
    /// for one argument
    #[arg(long, value_name = "COMMAND", requires = "component")]
    #[serde(default)]
    #[schemars(with = "Vec<Text<ToolPermission>>")]
    pub allow_tool: Vec<String>,
    /// Declare that the handler also connects to an address, such as one that it takes
    /// from its answers
    #[arg(long, value_name = "HOST:PORT", requires = "component")]
    #[serde(default)]
    #[schemars(with = "Vec<Text<NetworkPermission>>")]
    pub allow_network: Vec<String>,
    /// Where the pack goes; `<id>-<version>.gtpack`, in the folder of the project, unless
    /// given
    #[arg(short, long, value_name = "FILE")]
    #[serde(default)]
    pub output: Option<PathBuf>,
}

/// What a pack is built from.
pub enum Build {
    /// A component that there is.
    Component(BuildRequest),
    /// A project in this folder, into this file.
    Project(PathBuf, Option<PathBuf>),
}

fn rust() -> String {
    Language::Rust.to_string()
}

fn slots() -> Vec<Value> {
    CapabilitySlot::ALL.iter().map(|slot| slot.to_string().into()).chain([Value::Null]).collect()
}

impl Payload for NewPayload {
    type Request = NewRequest;

    fn parse(self) -> Result<NewRequest, UsageError> {
        let path: DescriptorPath = parsed("descriptor_path", &self.descriptor_path)?;
        let slot = self.slot.map(|slot| parsed("slot", &slot)).transpose()?.or_else(|| path.slot());
        let slot = slot.ok_or_else(|| {
            let slots = CapabilitySlot::ALL.map(CapabilitySlot::as_str).join(", ");
            UsageError::text(
                "slot",
                format!(
                    "the second segment of `{path}` is no slot; name the one it fills: {slots}"
                ),
            )
        })?;
        Ok(NewRequest { path, slot, language: parsed("lang", &self.lang)?, folder: self.dir })
    }
}

impl Payload for BuildPayload {
    type Request = Build;

    fn parse(self) -> Result<Build, UsageError> {
        let Some(component) = self.component else {
            let others = [
                ("version", self.version.is_some()),
                ("id", self.id.is_some()),
                ("publisher", self.publisher.is_some()),
                ("allow_tool", !self.allow_tool.is_empty()),
                ("allow_network", !self.allow_network.is_empty()),
            ];
            return match others.iter().find(|(_, is_given)| *is_given) {
                Some((argument, _)) => {
                    Err(UsageError::text(argument, "the file of a project says that itself"))
                }
                None => Ok(Build::Project(self.project.unwrap_or_else(|| ".".into()), self.output)),
            };
        };
        if self.project.is_some() {
            return Err(UsageError::text(
                "project",
                "either a project is built, or a component packed",
            ));
        }
        let version = self
            .version
            .ok_or_else(|| UsageError::text("version", "a component does not say it itself"))?;
        Ok(Build::Component(BuildRequest {
            component,
            id: self.id.map(|id| parsed("id", &id)).transpose()?,
            version: parsed("version", &version)?,
            publisher: self.publisher,
            permissions: permissions(
                ["allow_tool", "allow_network"],
                &self.allow_tool,
                &self.allow_network,
            )?,
            folder: PathBuf::new(),
            output: self.output,
        }))
    }
}
