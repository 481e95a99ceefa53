//! `gtc pack inspect`: show the contents of a pack without running it.

use std::io;

use clap::Args;
use env_pack_domain::PackRef;
use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::PackRefArg;
use super::report::{import_line, permission_lines};
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::Payload;
use crate::render::{BAD, NOTICE, RenderHuman, join_or_none, shown};
use crate::runner::Runner;
use crate::table::{Style, Table};
use gtc_core::ops::inspect::{self, InspectReport, InspectedAnswersSchema};

/// Examples in the help text; a test parses each of them.
pub(super) const EXAMPLES: &str = "\
Examples:
  gtc pack inspect vault.gtpack
  gtc pack inspect oci://ghcr.io/acme/vault:0.4.2 --wit";

/// A pack to inspect.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InspectPayload {
    #[command(flatten)]
    pub pack_ref: PackRefArg,
    /// Print the world of each component in WIT
    #[arg(long)]
    #[serde(default)]
    pub wit: bool,
}

impl Payload for InspectPayload {
    type Request = (PackRef, bool);

    fn into_request(self) -> Result<Self::Request, UsageError> {
        Ok((self.pack_ref.parse()?, self.wit))
    }
}

pub(super) fn run(runner: &Runner, input: Input<InspectPayload>) -> io::Result<u8> {
    runner.run("pack", "inspect", input, |(pack_ref, wit)| {
        Ok(inspect::inspect(&runner.host, &pack_ref, wit)?)
    })
}

impl RenderHuman for InspectReport {
    fn render_human(&self, _verb: &str) -> String {
        let mut text = format!("pack `{}` {} by {}\n", self.id, self.version, self.publisher);
        text.push_str(&format!("  sha256  {}\n  size    {} bytes\n", self.sha256, self.size));
        if let Some(digest) = &self.manifest_digest {
            text.push_str(&format!("  manifest  {digest}\n"));
        }
        text.push_str(&format!("  {}\n", self.signature));
        if self.handlers.is_empty() {
            text.push_str(&format!(
                "\n{} contains no env-pack handler\n",
                Style::Notice.paint(NOTICE)
            ));
            if let Some(extension) = &self.extension {
                text.push_str(&format!(
                    "  can be bound as the extension `{}`, versions `{}`\n",
                    extension.descriptor_path, extension.supported_versions
                ));
            }
        }
        for handler in &self.handlers {
            text.push_str(&format!(
                "\nhandler `{}` ({} bytes)\n  sha256    {}\n  world     {}\n",
                handler.component, handler.size, handler.sha256, handler.world
            ));
            text.push_str(&format!(
                "  exports   {}\n",
                join_or_none(handler.interfaces.iter().map(ToString::to_string))
            ));
            if let Some(declared) = &handler.declared {
                text.push_str(&format!(
                    "  slot      {}\n  path      {}\n",
                    declared.slot, declared.descriptor_path
                ));
                text.push_str(&format!("  supports  {}\n", declared.supported_versions));
                text.push_str(&permission_lines(&declared.tools, &declared.network));
            }
            text.push_str(&import_line(&handler.imports));
            for line in handler.wit.iter().flat_map(|wit| wit.as_exact().lines()) {
                text.push_str(&format!("    {}\n", shown(line)));
            }
            if let Some(problem) = &handler.problem {
                text.push_str(&format!("  {} {problem}\n", Style::Bad.paint(BAD)));
            }
        }
        text.push_str(&self.answers_schema.as_ref().map(answers).unwrap_or_default());
        let mut table = Table::new(["ENTRY", "BYTES", "BLAKE3"]);
        for entry in &self.entries {
            let hash = entry.blake3.get(..16).unwrap_or_default();
            table.row([
                Style::Plain.cell(&entry.name),
                Style::Plain.cell(entry.size),
                Style::Faint.cell(format!("{hash}…")),
            ]);
        }
        text + "\n" + &table.render()
    }
}

/// Renders the properties of the answers that a pack takes.
fn answers(schema: &InspectedAnswersSchema) -> String {
    let mut text = "\nanswers\n".to_owned();
    for property in &schema.properties {
        let required = if property.required { "required" } else { "optional" };
        text.push_str(&format!("  {} ({required})", property.name));
        if let Some(default) = &property.default {
            text.push_str(&format!(" [{default}]"));
        }
        if property.title != property.name {
            text.push_str(&format!(" {}", property.title));
        }
        if let Some(description) = &property.description {
            text.push_str(&format!(": {description}"));
        }
        text.push_str(
            &property.choices.as_ref().map(|values| format!(" ({values})")).unwrap_or_default(),
        );
        text.push('\n');
    }
    if let Some(problem) = &schema.problem {
        text.push_str(&format!("  {} {problem}\n", Style::Bad.paint(BAD)));
    }
    text
}
