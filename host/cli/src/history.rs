//! `gtc op history`: list what was bound.

use std::io;

use clap::Args;
use env_pack_domain::{BindingKey, CapabilitySlot, CoreSlot, EnvId};
use gtc_core::document::Text;
use schemars::JsonSchema;
use serde::Deserialize;

use super::args::environment::OptionalEnvironmentArg;
use super::args::instance::InstanceArg;
use super::args::shared_arguments;
use super::audit::list::user;
use super::binding::report::place_name;
use super::error::UsageError;
use super::grammar::DescriptorOrPath;
use super::input::Input;
use super::parse::{Payload, parse_argument};
use super::render::{RenderHuman, empty_cell, plural};
use super::runner::Runner;
use super::table::{Cell, Style, Table};
use gtc_core::ops::history::{self, HistoryFilter, HistoryReport, PastBinding, PastState};

pub(super) const EXAMPLES: &str = "\
Examples:
  gtc op history prod --slot secrets
  gtc op env-packs rollback --env prod --slot secrets --to 3";

shared_arguments! {
    /// Only what was bound to this slot
    #[arg(long, value_name = "SLOT", conflicts_with_all = ["kind", "instance_id"])]
    OfSlot { slot: Option<String> }

    /// Only what was bound as this extension; `@<version>` is ignored
    #[arg(long, value_name = "DESCRIPTOR")]
    #[schemars(with = "Option<Text<DescriptorOrPath>>")]
    OfKind { kind: Option<String> }
}

/// Bindings to list.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HistoryPayload {
    #[command(flatten)]
    #[serde(default)]
    pub environment_id: OptionalEnvironmentArg,
    #[command(flatten)]
    #[serde(default)]
    pub slot: OfSlot,
    #[command(flatten)]
    #[serde(default)]
    pub kind: OfKind,
    #[command(flatten)]
    #[serde(default)]
    pub instance_id: InstanceArg,
    /// At most this many bindings, the latest
    #[arg(long, value_name = "N", default_value_t = 100)]
    #[serde(default = "default_last")]
    pub last: usize,
}

fn default_last() -> usize {
    100
}

impl Payload for HistoryPayload {
    type Request = (EnvId, HistoryFilter);

    fn into_request(self) -> Result<Self::Request, UsageError> {
        let key = match (self.slot.as_deref(), self.kind.as_deref(), self.instance_id.parse()?) {
            (Some(slot), None, None) => {
                let slot: CapabilitySlot = parse_argument("slot", slot)?;
                let slot = CoreSlot::try_from(slot);
                Some(BindingKey::Slot(
                    slot.map_err(|error| UsageError::from_error("slot", &error).into_refusal())?,
                ))
            }
            (None, Some(kind), instance) => Some(BindingKey::Extension {
                path: parse_argument::<DescriptorOrPath>("kind", kind)?.0,
                instance,
            }),
            (None, None, None) => None,
            (Some(_), _, _) => {
                return Err(UsageError::new("slot", "name either a slot or an extension"));
            }
            (None, None, Some(_)) => {
                return Err(UsageError::new("instance_id", "name the extension with `--kind` too"));
            }
        };
        Ok((self.environment_id.parse()?, HistoryFilter { key, last: self.last }))
    }
}

pub(super) fn run(runner: &Runner, input: Input<HistoryPayload>) -> io::Result<u8> {
    runner.run("history", "list", input, |(environment, filter)| {
        Ok(history::list(&runner.host, &environment, &filter)?)
    })
}

impl RenderHuman for HistoryReport {
    fn render_human(&self, _verb: &str) -> String {
        let id = &self.environment_id;
        if self.bindings.is_empty() {
            return format!("environment `{id}` has no such bindings\n");
        }
        let mut table = Table::new([
            "PLACE",
            "GENERATION",
            "TIME",
            "USER",
            "VERB",
            "KIND",
            "PACK",
            "ARCHIVE",
            "STATE",
        ]);
        for binding in &self.bindings {
            table.row(row(binding));
        }
        let mut text = table.render();
        if self.earlier > 0 {
            let earlier = plural(self.earlier, "earlier binding");
            text.push_str(&format!("\n{earlier}; see more with `--last <N>`\n"));
        }
        text
    }
}

fn row(binding: &PastBinding) -> [Cell; 9] {
    let archive = binding.archive_sha256.as_ref().map(|digest| {
        let start: String = digest.as_exact().chars().take(12).collect();
        env_pack_domain::ForeignText::new(start)
    });
    [
        Style::Bold.cell(place_name(binding.slot.as_ref(), binding.instance_id.as_deref())),
        cell(binding.generation.map(|generation| generation.to_string())),
        cell(binding.ts.as_ref().map(ToString::to_string)),
        cell(binding.actor.as_ref().map(user)),
        cell(binding.verb.as_ref().map(ToString::to_string)),
        Style::Plain.cell(&binding.kind),
        cell(binding.pack_ref.as_ref().map(ToString::to_string)),
        cell(archive.as_ref().map(ToString::to_string)),
        state(binding),
    ]
}

fn cell(text: Option<String>) -> Cell {
    text.map_or_else(empty_cell, |text| Style::Plain.cell(text))
}

fn state(binding: &PastBinding) -> Cell {
    match binding.state {
        PastState::Bound => Style::Good.cell("bound"),
        PastState::Restorable => Style::Plain.cell("restorable"),
        PastState::ArchiveGone => Style::Notice.cell("archive not cached"),
        PastState::NotKept if binding.generation.is_none() => empty_cell(),
        PastState::NotKept => Style::Faint.cell("not kept"),
    }
}
