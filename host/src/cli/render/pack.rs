//! Text of the reports of the `gtc pack` commands about files and projects.

use std::path::Path;

use super::{BAD, GOOD, NOTICE, RenderHuman, empty_cell, list, plural, shown, warnings};
use crate::cli::table::{Style, Table};
use crate::ops::build::BuildReport;
use crate::ops::inspect::InspectReport;
use crate::ops::project::{NewReport, path_argument};
use crate::ops::quoted;
use crate::ops::repack::RepackReport;

impl RenderHuman for BuildReport {
    fn render_human(&self, _verb: &str) -> String {
        let path = shown(&self.path.to_string_lossy());
        let mut text = format!("{} built {path} ({} bytes)\n", Style::Good.paint(GOOD), self.size);
        text.push_str(&format!("  sha256    {}\n", self.sha256));
        text.push_str(&format!("  slot      {}\n", self.slot));
        text.push_str(&format!("  kind      {}@{}\n", self.descriptor_path, self.version));
        text.push_str(&format!("  supports  {}\n", self.supported_versions));
        text.push_str(&format!(
            "  tools     {}\n",
            list(self.tools.iter().map(|tool| format!("`{tool}`")))
        ));
        text.push_str(&format!("  network   {}\n", list(self.network.iter().cloned())));
        text.push_str(&format!(
            "  imports   {}\n",
            list(self.imports.iter().map(ToString::to_string))
        ));
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

impl RenderHuman for RepackReport {
    fn render_human(&self, _verb: &str) -> String {
        let path = shown(&self.path.to_string_lossy());
        let mut text =
            format!("{} repacked {path} ({} bytes)\n", Style::Good.paint(GOOD), self.size);
        text.push_str(&format!("  sha256  {}\n", self.sha256));
        if self.unchanged {
            text.push_str("  already canonical; nothing changed\n");
        }
        let mut table = Table::new(["ENTRY", "BYTES", "CHANGED"]);
        for entry in &self.entries {
            let changed = match entry.explained.as_slice() {
                [] => empty_cell(),
                changes => Style::Notice.cell(changes.join(", ")),
            };
            table.row([Style::Plain.cell(&entry.name), Style::Plain.cell(entry.size), changed]);
        }
        text.push_str(&format!("\n{}\n", table.render()));
        for dropped in &self.dropped {
            let name = dropped.name.as_ref().map(|name| format!("`{name}`: ")).unwrap_or_default();
            text.push_str(&format!("  dropped {name}{}\n", dropped.reason));
        }
        text + &format!(
            "next: inspect it with `gtc pack inspect {}`\n",
            quoted(&self.path.to_string_lossy())
        )
    }
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
        }
        for handler in &self.handlers {
            text.push_str(&format!(
                "\nhandler `{}` ({} bytes)\n  sha256    {}\n  world     {}\n",
                handler.component, handler.size, handler.sha256, handler.world
            ));
            text.push_str(&format!(
                "  exports   {}\n",
                list(handler.interfaces.iter().map(ToString::to_string))
            ));
            if let Some(declared) = &handler.declared {
                text.push_str(&format!(
                    "  slot      {}\n  path      {}\n",
                    declared.slot, declared.descriptor_path
                ));
                text.push_str(&format!("  supports  {}\n", declared.supported_versions));
                text.push_str(&format!(
                    "  tools     {}\n",
                    list(declared.tools.iter().map(|tool| format!("`{tool}`")))
                ));
                text.push_str(&format!("  network   {}\n", list(declared.network.iter().cloned())));
            }
            text.push_str(&format!(
                "  imports   {}\n",
                list(handler.imports.iter().map(ToString::to_string))
            ));
            for line in handler.wit.iter().flat_map(|wit| wit.as_exact().lines()) {
                text.push_str(&format!("    {}\n", shown(line)));
            }
            if let Some(problem) = &handler.problem {
                text.push_str(&format!("  {} {problem}\n", Style::Bad.paint(BAD)));
            }
        }
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

impl RenderHuman for NewReport {
    fn render_human(&self, _verb: &str) -> String {
        let folder = shown(&self.folder.to_string_lossy());
        let mut text = format!(
            "{} created {folder}: slot `{}`, in {}\n",
            Style::Good.paint(GOOD),
            self.slot,
            self.language
        );
        let (copied, own): (Vec<&String>, Vec<&String>) = self
            .files
            .iter()
            .partition(|file| file.starts_with("vendor/") || file.starts_with("wit/deps/"));
        for file in own {
            text.push_str(&format!("  {file}\n"));
        }
        text.push_str(&format!(
            "  and {} of the SDK and the interface\n",
            plural(copied.len(), "file")
        ));
        let cd = if *self.folder == *Path::new(".") {
            String::new()
        } else {
            format!("cd {} && ", path_argument(&self.folder.to_string_lossy()))
        };
        text + &format!("next: `{cd}gtc pack build`\n")
    }
}
