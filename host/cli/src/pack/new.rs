//! `gtc pack new`: create a project with a handler and a test, or without a handler.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use env_pack_domain::{CapabilitySlot, DescriptorPath};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::error::UsageError;
use crate::input::Input;
use crate::parse::{Payload, parse_argument, parse_optional};
use crate::render::{GOOD, RenderHuman, plural, shown};
use crate::runner::Runner;
use crate::table::Style;
use gtc_core::document::Text;
use gtc_core::ops::project::{self as projects, Language, NewReport, NewRequest, path_argument};

/// Examples in the help text; a test parses each of them.
pub(super) const EXAMPLES: &str = "\
Examples:
  gtc pack new acme.secrets.vault
  gtc pack new acme.mail --slot extension --lang python --dir mail
  gtc pack new acme.fast2flow.router --no-handler

A pack without a handler can only be bound as an extension: workloads read its
answers by name. Next, in its folder: `gtc pack build` and `gtc pack test`.";

/// A project to create.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPayload {
    /// Descriptor path: `<namespace>.<slot>.<implementation>`
    #[arg(value_name = "DESCRIPTOR-PATH")]
    #[schemars(with = "Text<DescriptorPath>")]
    pub descriptor_path: String,
    /// Slot of the handler
    #[arg(long, help = slot_help())]
    #[serde(default)]
    #[schemars(extend("enum" = slots()))]
    pub slot: Option<String>,
    /// Programming language
    #[arg(long, value_name = "LANGUAGE", default_value = "rust", help = language_help())]
    #[serde(default = "rust")]
    #[schemars(extend("enum" = Language::ALL))]
    pub lang: String,
    /// Create a pack without a handler, which is an extension and has nothing to run
    #[arg(long, conflicts_with = "lang")]
    #[serde(default)]
    pub no_handler: bool,
    /// Folder to create; if it exists, it must be empty except for `.git` [default: the
    /// descriptor path]
    #[arg(long, value_name = "DIR")]
    #[serde(default)]
    pub dir: Option<PathBuf>,
}

fn rust() -> String {
    Language::Rust.to_string()
}

fn slot_help() -> String {
    let slots = CapabilitySlot::ALL.map(CapabilitySlot::as_str).join(", ");
    format!("Slot of the handler: {slots} [default: the second segment of the path]")
}

fn language_help() -> String {
    format!(
        "Programming language: {}",
        Language::ALL.map(|language| language.to_string()).join(", ")
    )
}

fn slots() -> Vec<Value> {
    CapabilitySlot::ALL.iter().map(|slot| slot.to_string().into()).chain([Value::Null]).collect()
}

impl Payload for NewPayload {
    type Request = NewRequest;

    fn into_request(self) -> Result<NewRequest, UsageError> {
        let path: DescriptorPath = parse_argument("descriptor_path", &self.descriptor_path)?;
        let slot = parse_optional("slot", self.slot.as_deref())?;
        if self.no_handler && slot.is_some_and(|slot| slot != CapabilitySlot::Extension) {
            return Err(UsageError::new(
                "slot",
                "a pack without a handler can only be an extension",
            ));
        }
        let own = if self.no_handler { Some(CapabilitySlot::Extension) } else { path.slot() };
        let slot = slot.or(own);
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
            language: if self.no_handler {
                None
            } else {
                Some(parse_argument("lang", &self.lang)?)
            },
            folder: self.dir,
        })
    }
}

pub(super) fn run(runner: &Runner, input: Input<NewPayload>) -> io::Result<u8> {
    runner.run("pack", "new", input, |request| Ok(projects::new(&runner.host, &request)?))
}

impl RenderHuman for NewReport {
    fn render_human(&self, _verb: &str) -> String {
        let folder = shown(&self.folder.to_string_lossy());
        let content = match self.language {
            Some(language) => format!("slot `{}`, in {language}", self.slot),
            None => "an extension without a handler".to_owned(),
        };
        let mut text = format!("{} created {folder}: {content}\n", Style::Good.paint(GOOD));
        let (copied, own): (Vec<&String>, Vec<&String>) = self
            .files
            .iter()
            .partition(|file| file.starts_with("vendor/") || file.starts_with("wit/deps/"));
        for file in own {
            text.push_str(&format!("  {file}\n"));
        }
        if !copied.is_empty() {
            text.push_str(&format!(
                "  and {} of the SDK and the interface\n",
                plural(copied.len(), "file")
            ));
        }
        let cd = if *self.folder == *Path::new(".") {
            String::new()
        } else {
            format!("cd {} && ", path_argument(&self.folder.to_string_lossy()))
        };
        text + &format!("next: `{cd}gtc pack build`\n")
    }
}
