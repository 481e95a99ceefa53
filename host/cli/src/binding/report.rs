//! Text of the report of a changed binding.

use crate::render::{GOOD, NOTICE, RenderHuman, shown, warnings};
use crate::table::Style;
use gtc_core::ops::bind::{BindReport, ComparedPack, GrantsReport, PackDifference};

impl RenderHuman for BindReport {
    fn render_human(&self, verb: &str) -> String {
        if self.unchanged {
            return unchanged_or_moved(self) + &also_moved(self, "updated");
        }
        let done = match verb {
            "add" => "bound",
            "update" => "updated",
            "pin" => "pinned",
            "remove" => "removed",
            _ => "rolled back",
        };
        let extension = if self.slot.is_none() { "extension " } else { "" };
        let place = place_name(self.slot.as_ref(), self.instance_id.as_deref());
        let id = &self.environment_id;
        let mut text = format!(
            "{} {done} {extension}{place} of environment `{id}`: `{}`",
            Style::Good.paint(GOOD),
            self.kind
        );
        if verb != "remove" {
            text.push_str(&format!(" (generation {})", self.generation));
        }
        text.push('\n');
        text.push_str(&self.moved_from.as_ref().map(difference).unwrap_or_default());
        if let (true, Some(archive)) = (verb == "rollback" || verb == "pin", &self.archive_sha256) {
            text.push_str(&format!("  archive {archive}\n"));
        }
        text.push_str(&also_moved(self, if verb == "rollback" { done } else { "updated" }));
        text.push_str(
            &self.signer.map(|signer| format!("  signed by `{signer}`\n")).unwrap_or_default(),
        );
        text.push_str(&self.grants.as_ref().map(permissions_list).unwrap_or_default());
        if self.without_handler {
            let path = self.kind.path();
            let instance = self.instance_id.as_ref().map(|id| format!("/{id}")).unwrap_or_default();
            text.push_str(&format!(
                "  no handler: workloads read its answers as `ext://{path}{instance}`\n"
            ));
        }
        text + &warnings(&self.warnings)
    }
}

fn also_moved(report: &BindReport, done: &str) -> String {
    let mut text = String::new();
    for moved in &report.moved {
        let place = place_name(moved.slot.as_ref(), moved.instance_id.as_deref());
        text.push_str(&format!("  also {done}: {place}\n"));
    }
    text
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

/// Renders how a pack differs from the bound one.
pub(crate) fn difference(moved: &PackDifference) -> String {
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

pub(crate) fn permissions_list(grants: &GrantsReport) -> String {
    let tools = grants.tools.iter().map(|tool| format!("  may run `{tool}`\n"));
    let network = grants.network.iter().map(|address| format!("  may reach `{address}`\n"));
    if grants.tools.is_empty() && grants.network.is_empty() {
        "  may do nothing beyond its sandbox\n".to_owned()
    } else {
        tools.chain(network).collect()
    }
}

pub(crate) fn place_name(slot: Option<&String>, instance: Option<&str>) -> String {
    match (slot, instance) {
        (Some(slot), _) => format!("slot `{slot}`"),
        (None, Some(instance)) => format!("instance `{instance}`"),
        (None, None) => "instance (default)".to_owned(),
    }
}
