//! Bound packs and extensions, and what they may do.

use super::{GOOD, Human, NOTICE, list, shown, warnings};
use crate::cli::table::{Table, Tone};
use crate::ops::bind::{BindReport, GrantsReport};
use crate::ops::bindings::{EnvPacksReport, ExtensionsReport, ListedBinding, ResolveReport};
use crate::ops::grants::{GrantsListReport, PackGrants};
use crate::ops::refresh::{ComparedPack, PackDifference};

impl Human for EnvPacksReport {
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
            table.row(bound_row(
                bound.instance_id.clone().unwrap_or_else(|| "(default)".to_owned()),
                bound,
            ));
        }
        listing(&self.environment_id.to_string(), "extensions", &table)
    }
}

fn bound_row(place: String, bound: &ListedBinding) -> [(String, Tone); 5] {
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

/// What is different about a pack that moved.
pub fn difference(moved: &PackDifference) -> String {
    let side = |side: &ComparedPack| {
        let version = side
            .version
            .as_deref()
            .map(|version| format!("version {}, ", shown(version)))
            .unwrap_or_default();
        let digest =
            side.manifest_digest.map_or_else(|| side.sha256.clone(), |digest| digest.to_string());
        format!("{version}supports {}, {digest}", side.supported_versions.join(" and "))
    };
    let mut text = format!("  was  {}\n  is   {}\n", side(&moved.from), side(&moved.to));
    let changes =
        [("wants now", &moved.permissions_added), ("wants no longer", &moved.permissions_removed)];
    for (what, permissions) in changes {
        permissions
            .tools
            .iter()
            .for_each(|tool| text.push_str(&format!("  {what} to run `{tool}`\n")));
        permissions
            .network
            .iter()
            .for_each(|address| text.push_str(&format!("  {what} to reach `{address}`\n")));
    }
    text
}

/// What an update is called that takes what a reference stands for now.
fn refreshed(report: &BindReport) -> String {
    let (kind, pack_ref) = (&report.kind, &report.pack_ref);
    match &report.moved_from {
        None => format!(
            "{} `{kind}` is what `{pack_ref}` stands for; nothing changed\n",
            Tone::Good.paint(GOOD)
        ),
        Some(moved) => {
            format!(
                "{} `{pack_ref}` moved; nothing changed yet\n{}",
                Tone::Notice.paint(NOTICE),
                difference(moved)
            )
        }
    }
}

impl Human for BindReport {
    fn human(&self, verb: &str) -> String {
        if self.unchanged {
            return refreshed(self);
        }
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
        let mut text = format!(
            "{} {done} {place} of environment `{id}`: `{}`",
            Tone::Good.paint(GOOD),
            self.kind
        );
        if verb != "remove" {
            text.push_str(&format!(" (generation {})", self.generation));
        }
        text.push('\n');
        text.push_str(&self.moved_from.as_ref().map(difference).unwrap_or_default());
        for moved in &self.moved {
            let place = match &moved.slot {
                Some(slot) => format!("slot `{slot}`"),
                None => format!("instance {}", extension_name(moved.instance_id.as_deref())),
            };
            text.push_str(&format!("  moved along: {place}\n"));
        }
        text.push_str(
            &self.signer.map(|signer| format!("  signed by `{signer}`\n")).unwrap_or_default(),
        );
        text.push_str(&self.grants.as_ref().map(granted).unwrap_or_default());
        text + &warnings(&self.warnings)
    }
}

impl Human for GrantsListReport {
    fn human(&self, _verb: &str) -> String {
        let id = &self.environment_id;
        let packs: Vec<_> = self
            .packs
            .iter()
            .map(|pack| format!("{}\n{}", may(pack), granted(&pack.grants)))
            .collect();
        match packs.is_empty() {
            true => format!(
                "environment `{id}` binds no packs but built-in ones, which may do nothing\n"
            ),
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
