//! Text of the reports about bound packs, extensions and their permissions.

use super::{GOOD, NOTICE, RenderHuman, list, shown, warnings};
use crate::cli::table::{Cell, Style, Table};
use crate::ops::bind::{BindReport, GrantsReport};
use crate::ops::bindings::{EnvPacksReport, ExtensionsReport, ListedBinding, ResolveReport};
use crate::ops::grants::{GrantsListReport, PackGrants};
use crate::ops::refresh::{ComparedPack, PackDifference};

impl RenderHuman for EnvPacksReport {
    fn render_human(&self, _verb: &str) -> String {
        let mut table = Table::new(["SLOT", "KIND", "GENERATION", "PREVIOUS", "PACK"]);
        for bound in &self.bindings {
            table.row(bound_row(bound.slot.clone().unwrap_or_default(), bound));
        }
        listing(&self.environment_id.to_string(), "packs", &table)
    }
}

impl RenderHuman for ExtensionsReport {
    fn render_human(&self, _verb: &str) -> String {
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

fn bound_row(place: String, bound: &ListedBinding) -> [Cell; 5] {
    let previous = if bound.has_previous { "yes" } else { "no" };
    [
        Style::Bold.cell(place),
        Style::Plain.cell(&bound.kind),
        Style::Plain.cell(bound.generation),
        Style::Plain.cell(previous),
        Style::Plain.cell(&bound.pack_ref),
    ]
}

fn listing(environment: &str, what: &str, table: &Table) -> String {
    if table.is_empty() {
        format!("environment `{environment}` has no {what}\n")
    } else {
        format!("{what} of environment `{environment}`\n\n{}", table.render())
    }
}

impl RenderHuman for ResolveReport {
    fn render_human(&self, _verb: &str) -> String {
        self.answers.get().lines().map(|line| shown(line) + "\n").collect()
    }
}

/// Renders how a pack differs from the bound one.
pub fn difference(moved: &PackDifference) -> String {
    let mut text = format!("  was  {}\n  is   {}\n", side(&moved.from), side(&moved.to));
    for (change, permissions) in [
        ("now requests", &moved.permissions_added),
        ("no longer requests", &moved.permissions_removed),
    ] {
        for tool in &permissions.tools {
            text.push_str(&format!("  {change} to run `{tool}`\n"));
        }
        for address in &permissions.network {
            text.push_str(&format!("  {change} to reach `{address}`\n"));
        }
    }
    text
}

fn side(side: &ComparedPack) -> String {
    let version = match &side.version {
        Some(version) => format!("version {}, ", shown(version)),
        None => String::new(),
    };
    let digest = match side.manifest_digest {
        Some(digest) => digest.to_string(),
        None => side.sha256.clone(),
    };
    format!("{version}supports {}, {digest}", side.supported_versions.join(" and "))
}

/// Renders a refresh that bound nothing: the pack is up to date, or this is a dry run.
fn unchanged_or_moved(report: &BindReport) -> String {
    let kind = &report.kind;
    let pack_ref = &report.pack_ref;
    match &report.moved_from {
        None => format!(
            "{} `{kind}` is up to date with `{pack_ref}`; nothing changed\n",
            Style::Good.paint(GOOD)
        ),
        Some(moved) => {
            format!(
                "{} `{pack_ref}` moved; nothing changed yet\n{}",
                Style::Notice.paint(NOTICE),
                difference(moved)
            )
        }
    }
}

impl RenderHuman for BindReport {
    fn render_human(&self, verb: &str) -> String {
        if self.unchanged {
            return unchanged_or_moved(self);
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
            Style::Good.paint(GOOD),
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
            text.push_str(&format!("  also updated: {place}\n"));
        }
        text.push_str(
            &self.signer.map(|signer| format!("  signed by `{signer}`\n")).unwrap_or_default(),
        );
        text.push_str(&self.grants.as_ref().map(permissions_list).unwrap_or_default());
        text + &warnings(&self.warnings)
    }
}

impl RenderHuman for GrantsListReport {
    fn render_human(&self, _verb: &str) -> String {
        let id = &self.environment_id;
        let packs: Vec<_> = self
            .packs
            .iter()
            .map(|pack| format!("{}\n{}", pack_label(pack), permissions_list(&pack.grants)))
            .collect();
        if packs.is_empty() {
            format!("environment `{id}` binds only built-in packs, which have no permissions\n")
        } else {
            packs.join("\n")
        }
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
fn pack_label(pack: &PackGrants) -> String {
    format!("{} ({})", list(pack.kinds.iter().map(|kind| format!("`{kind}`"))), pack.pack_ref)
}

fn permissions_list(grants: &GrantsReport) -> String {
    let tools = grants.tools.iter().map(|tool| format!("  may run `{tool}`\n"));
    let network = grants.network.iter().map(|address| format!("  may reach `{address}`\n"));
    if grants.tools.is_empty() && grants.network.is_empty() {
        "  may do nothing beyond its sandbox\n".to_owned()
    } else {
        tools.chain(network).collect()
    }
}

fn extension_name(instance: Option<&str>) -> String {
    instance.map_or_else(|| "(default)".to_owned(), |instance| format!("`{instance}`"))
}
