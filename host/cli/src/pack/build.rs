//! `gtc pack build`: build a pack from a project or from a component.

use std::io;
use std::path::PathBuf;

use clap::Args;
use env_pack_domain::{NetworkPermission, PackId, ToolPermission, Version};
use schemars::JsonSchema;
use serde::Deserialize;

use super::report::{import_line, permission_lines};
use crate::args::permissions::parse_permissions;
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::{Payload, parse_argument, parse_optional};
use crate::render::{GOOD, RenderHuman, shown, warnings};
use crate::runner::Runner;
use crate::table::Style;
use gtc_core::document::Text;
use gtc_core::ops::build::{self, BuildReport, BuildRequest};
use gtc_core::ops::project as projects;

/// Examples in the help text; a test parses each of them.
pub(super) const EXAMPLES: &str = "\
Examples:
  gtc pack build
  gtc pack build vault --output vault.gtpack
  gtc pack build --component vault.wasm --version 0.4.2 --tool 'vault version'

The component runs once in the sandbox, to read its slot, path and versions.
Next: `gtc pack validate` and `gtc pack test`.";

/// A pack to build.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BuildPayload {
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
    /// JSON Schema of the operator's answers, to check them with
    #[arg(long, value_name = "FILE", requires = "component")]
    #[serde(default)]
    pub answers_schema: Option<PathBuf>,
    /// Declare that the handler also runs a command, such as 'vault version'; `*` matches
    /// one argument
    #[arg(long = "tool", alias = "allow-tool", value_name = "COMMAND", requires = "component")]
    #[serde(default)]
    #[schemars(with = "Vec<Text<ToolPermission>>")]
    pub allow_tool: Vec<String>,
    /// Declare that the handler also connects to an address, such as one from its answers
    #[arg(
        long = "network",
        alias = "allow-network",
        value_name = "HOST:PORT",
        requires = "component"
    )]
    #[serde(default)]
    #[schemars(with = "Vec<Text<NetworkPermission>>")]
    pub allow_network: Vec<String>,
    /// File to write; default: `<id>-<version>.gtpack` in the project folder
    #[arg(short, long, value_name = "FILE")]
    #[serde(default)]
    pub output: Option<PathBuf>,
}

/// The input that a pack is built from.
pub(crate) enum BuildSource {
    /// An existing component.
    Component(BuildRequest),
    /// The project in the first path, written to the second if given.
    Project(PathBuf, Option<PathBuf>),
}

impl Payload for BuildPayload {
    type Request = BuildSource;

    fn into_request(self) -> Result<BuildSource, UsageError> {
        let Some(component) = self.component else {
            let others = [
                ("version", self.version.is_some()),
                ("id", self.id.is_some()),
                ("publisher", self.publisher.is_some()),
                ("answers_schema", self.answers_schema.is_some()),
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
            id: parse_optional("id", self.id.as_deref())?,
            version: parse_argument("version", &version)?,
            publisher: self.publisher,
            answers_schema: self.answers_schema,
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

pub(super) fn run(runner: &Runner, input: Input<BuildPayload>) -> io::Result<u8> {
    runner.run("pack", "build", input, |source| match source {
        BuildSource::Component(request) => Ok(build::build(&runner.host, &request)?),
        BuildSource::Project(folder, output) => Ok(projects::build(&runner.host, &folder, output)?),
    })
}

impl RenderHuman for BuildReport {
    fn render_human(&self, _verb: &str) -> String {
        let path = shown(&self.path.to_string_lossy());
        let mut text = format!("{} built {path} ({} bytes)\n", Style::Good.paint(GOOD), self.size);
        text.push_str(&format!("  sha256    {}\n", self.sha256));
        text.push_str(&format!("  slot      {}\n", self.slot));
        text.push_str(&format!("  kind      {}@{}\n", self.descriptor_path, self.version));
        text.push_str(&format!("  supports  {}\n", self.supported_versions));
        if !self.without_handler {
            text.push_str(&permission_lines(&self.tools, &self.network));
        }
        if self.has_answers_schema {
            text.push_str("  answers   described by `answers.schema.json`\n");
        }
        text.push_str(&if self.without_handler {
            "  no handler: workloads read its answers by name\n".to_owned()
        } else {
            import_line(&self.imports)
        });
        text.push_str(&warnings(&self.warnings));
        text + &match &self.bind {
            Some(bind) => format!("next: bind it with `{bind}`\n"),
            None => format!(
                "next: slot `{}` is bound by the tools of its endpoints, not by `gtc`\n",
                self.slot
            ),
        }
    }
}
