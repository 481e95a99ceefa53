//! Bound packs and extensions, and what they may do.

use super::{GOOD, Human, list, shown, warnings};
use crate::cli::table::{Table, Tone};
use crate::ops::bind::{BindReport, GrantsReport};
use crate::ops::grants::{GrantsListReport, PackGrants};
use crate::ops::read::{Bound, ExtensionsReport, PacksReport, ResolveReport};

impl Human for PacksReport {
    fn human(&self, _verb: &str) -> String {
        let mut table = Table::new(["SLOT", "KIND", "GENERATION", "PREVIOUS", "PACK"]);
        for bound in &self.bindings {
            table.row(bound_row(bound.slot.clone().unwrap_or_default(), bound));
        }
        listing(&self.environment_id.to_string(), "packs", &table)
    }
}

impl Human for ExtensionsReport {
    fn human(&self, _verb: &str) -> String {
        let mut table = Table::new(["INSTANCE", "KIND", "GENERATION", "PREVIOUS", "PACK"]);
        for bound in &self.extensions {
            table.row(bound_row(bound.instance_id.clone().unwrap_or_else(|| "(default)".to_owned()), bound));
        }
        listing(&self.environment_id.to_string(), "extensions", &table)
    }
}

fn bound_row(place: String, bound: &Bound) -> [(String, Tone); 5] {
    let plain = |text: String| (text, Tone::Plain);
    let previous = if bound.has_previous { "yes" } else { "no" };
    [
        (place, Tone::Bold),
        plain(bound.kind.to_string()),
        plain(bound.generation.to_string()),
        plain(previous.to_owned()),
        plain(bound.pack_ref.to_string()),
    ]
}

fn listing(environment: &str, what: &str, table: &Table) -> String {
    match table.is_empty() {
        true => format!("environment `{environment}` has no {what}\n"),
        false => format!("{what} of environment `{environment}`\n\n{}", table.render()),
    }
}

impl Human for ResolveReport {
    fn human(&self, _verb: &str) -> String {
        self.answers.get().lines().map(|line| shown(line) + "\n").collect()
    }
}

impl Human for BindReport {
    fn human(&self, verb: &str) -> String {
        let done = match verb {
            "add" => "bound",
            "update" => "updated",
            "remove" => "removed",
            _ => "rolled back",
        };
        let place = match &self.slot {
            Some(slot) => format!("slot `{slot}`"),
            None => format!("extension instance {}", extension_name(self.instance_id.as_deref())),
        };
        let id = &self.environment_id;
        let mut text = format!("{} {done} {place} of environment `{id}`: `{}`", Tone::Good.paint(GOOD), self.kind);
        if verb != "remove" {
            text.push_str(&format!(" (generation {})", self.generation));
        }
        text.push('\n');
        for moved in &self.moved {
            text.push_str(&format!("  moved along: instance {}\n", extension_name(moved.instance_id.as_deref())));
        }
        text.push_str(&self.signer.map(|signer| format!("  signed by `{signer}`\n")).unwrap_or_default());
        text.push_str(&self.grants.as_ref().map(granted).unwrap_or_default());
        text + &warnings(&self.warnings)
    }
}

impl Human for GrantsListReport {
    fn human(&self, _verb: &str) -> String {
        let id = &self.environment_id;
        let packs: Vec<_> = self.packs.iter().map(|pack| format!("{}\n{}", may(pack), granted(&pack.grants))).collect();
        match packs.is_empty() {
            true => format!("environment `{id}` binds no packs but built-in ones, which may do nothing\n"),
            false => packs.join("\n"),
        }
    }
}

impl Human for PackGrants {
    fn human(&self, verb: &str) -> String {
        let done = if verb == "revoke" { "revoked" } else { "granted" };
        format!("{} {done}; now {}\n{}", Tone::Good.paint(GOOD), may(self), granted(&self.grants))
    }
}

/// Which pack it is, before what it may do.
fn may(pack: &PackGrants) -> String {
    format!("{} ({})", list(pack.kinds.iter().map(|kind| format!("`{kind}`"))), pack.pack_ref)
}

fn granted(grants: &GrantsReport) -> String {
    let tools = grants.tools.iter().map(|tool| format!("  may run `{tool}`\n"));
    let network = grants.network.iter().map(|address| format!("  may reach `{address}`\n"));
    match grants.tools.is_empty() && grants.network.is_empty() {
        true => "  may do nothing beyond its sandbox\n".to_owned(),
        false => tools.chain(network).collect(),
    }
}

fn extension_name(instance: Option<&str>) -> String {
    instance.map_or_else(|| "(default)".to_owned(), |instance| format!("`{instance}`"))
}
