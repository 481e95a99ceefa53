//! The arguments of `pack new` and `pack build`.

use std::path::PathBuf;

use clap::Args;
use env_pack_domain::{
    CapabilitySlot, DescriptorPath, NetworkPermission, PackId, ToolPermission, Version,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::error::UsageError;
use super::parse::{Payload, parse_argument, parse_permissions};
use crate::document::Text;
use crate::ops::build::BuildRequest;
use crate::ops::project::{Language, NewRequest};

/// A project to create.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPayload {
    /// Descriptor path of the handler: `<namespace>.<slot>.<implementation>`
    #[arg(value_name = "DESCRIPTOR-PATH")]
    #[schemars(with = "Text<DescriptorPath>")]
    pub descriptor_path: String,
    /// Slot of the handler [default: the second segment of the path]
    #[arg(long)]
    #[serde(default)]
    #[schemars(extend("enum" = slots()))]
    pub slot: Option<String>,
    /// Programming language: rust, python or javascript
    #[arg(long, value_name = "LANGUAGE", default_value = "rust")]
    #[serde(default = "rust")]
    #[schemars(extend("enum" = Language::ALL))]
    pub lang: String,
    /// Folder to create; if it exists, it must be empty except for `.git` [default: the
    /// descriptor path]
    #[arg(long, value_name = "DIR")]
    #[serde(default)]
    pub dir: Option<PathBuf>,
}

/// A pack to build.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BuildPayload {
    /// Project folder, which holds `gtc-pack.toml` [default: .]
    #[arg(value_name = "DIR", conflicts_with = "component")]
    #[serde(default)]
    pub project: Option<PathBuf>,
    /// Package this component instead of building a project
    #[arg(long, value_name = "FILE", requires = "version")]
    #[serde(default)]
    pub component: Option<PathBuf>,
    /// Version of the pack
    #[arg(long, value_name = "SEMVER", requires = "component")]
    #[serde(default)]
    #[schemars(with = "Option<Text<Version>>")]
    pub version: Option<String>,
    /// Id of the pack [default: the descriptor path of its handler]
    #[arg(long, requires = "component")]
    #[serde(default)]
    #[schemars(with = "Option<Text<PackId>>")]
    pub id: Option<String>,
    /// Publisher [default: the first segment of the descriptor path]
    #[arg(long, value_name = "NAME", requires = "component")]
    #[serde(default)]
    pub publisher: Option<String>,
    /// Declare that the handler also runs a command, such as 'vault version'; `*` matches
    /// one argument
    #[arg(long, value_name = "COMMAND", requires = "component")]
    #[serde(default)]
    #[schemars(with = "Vec<Text<ToolPermission>>")]
    pub allow_tool: Vec<String>,
    /// Declare that the handler also connects to an address, such as one from its answers
    #[arg(long, value_name = "HOST:PORT", requires = "component")]
    #[serde(default)]
    #[schemars(with = "Vec<Text<NetworkPermission>>")]
    pub allow_network: Vec<String>,
    /// File to write [default: <id>-<version>.gtpack in the project folder]
    #[arg(short, long, value_name = "FILE")]
    #[serde(default)]
    pub output: Option<PathBuf>,
}

/// The input that a pack is built from.
pub enum BuildSource {
    /// An existing component.
    Component(BuildRequest),
    /// The project in the first path, written to the second if given.
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

    fn into_request(self) -> Result<NewRequest, UsageError> {
        let path: DescriptorPath = parse_argument("descriptor_path", &self.descriptor_path)?;
        let slot = self
            .slot
            .map(|slot| parse_argument("slot", &slot))
            .transpose()?
            .or_else(|| path.slot());
        let slot = slot.ok_or_else(|| {
            let slots = CapabilitySlot::ALL.map(CapabilitySlot::as_str).join(", ");
            UsageError::new(
                "slot",
                format!(
                    "the second segment of `{path}` is not a slot; set `--slot` to one of {slots}"
                ),
            )
        })?;
        Ok(NewRequest {
            path,
            slot,
            language: parse_argument("lang", &self.lang)?,
            folder: self.dir,
        })
    }
}

impl Payload for BuildPayload {
    type Request = BuildSource;

    fn into_request(self) -> Result<BuildSource, UsageError> {
        let Some(component) = self.component else {
            let others = [
                ("version", self.version.is_some()),
                ("id", self.id.is_some()),
                ("publisher", self.publisher.is_some()),
                ("allow_tool", !self.allow_tool.is_empty()),
                ("allow_network", !self.allow_network.is_empty()),
            ];
            return match others.iter().find(|(_, is_given)| *is_given) {
                Some((argument, _)) => Err(UsageError::new(
                    argument,
                    "only for `--component`; `gtc-pack.toml` sets it for a project",
                )),
                None => Ok(BuildSource::Project(
                    self.project.unwrap_or_else(|| ".".into()),
                    self.output,
                )),
            };
        };
        if self.project.is_some() {
            return Err(UsageError::new("project", "cannot be combined with `--component`"));
        }
        let version = self
            .version
            .ok_or_else(|| UsageError::new("version", "required with `--component`"))?;
        Ok(BuildSource::Component(BuildRequest {
            component,
            id: self.id.map(|id| parse_argument("id", &id)).transpose()?,
            version: parse_argument("version", &version)?,
            publisher: self.publisher,
            permissions: parse_permissions(
                ["allow_tool", "allow_network"],
                &self.allow_tool,
                &self.allow_network,
            )?,
            folder: PathBuf::new(),
            output: self.output,
        }))
    }
}
