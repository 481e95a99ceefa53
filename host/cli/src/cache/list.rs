//! `gtc cache list`: list cached files and the environments that use them.

use std::io;

use super::report::{missing, pinned_by, unreadable};
use crate::args::NoPayload;
use crate::input::Input;
use crate::render::{GOOD, NOTICE, RenderHuman, empty_cell, join_or_none, plural, short};
use crate::runner::Runner;
use crate::table::{Cell, Style, Table};
use gtc_core::ops::cache::{self, CacheListReport};

pub(super) fn run(runner: &Runner, input: Input<NoPayload>) -> io::Result<u8> {
    runner.run("cache", "list", input, |()| Ok(cache::list(&runner.host)?))
}

impl RenderHuman for CacheListReport {
    fn render_human(&self, _verb: &str) -> String {
        let tables = [
            archives_table(self),
            signatures_table(self),
            references_table(self),
            compiled_table(self),
        ];
        let mut text = format!("cache {}\n\n", self.path);
        for table in tables.iter().filter(|table| !table.is_empty()) {
            text.push_str(&format!("{}\n", table.render()));
        }
        text.push_str(&missing(&self.missing));
        text.push_str(&unreadable(&self.unreadable_environments));
        let notice = Style::Notice.paint(NOTICE);
        for file in &self.unknown_files {
            text.push_str(&format!("{notice} unknown file, left alone: {file}\n"));
        }
        if self.half_written > 0 {
            text.push_str(&format!("{notice} {}\n", plural(self.half_written, "temporary file")));
        }
        let signatures = match self.signatures.len() {
            0 => String::new(),
            count => format!("{} ({} bytes), ", plural(count, "signature"), self.signature_bytes),
        };
        text + &format!(
            "{} ({} bytes), {signatures}{} ({} bytes)\n",
            plural(self.archives.len(), "archive"),
            self.archive_bytes,
            plural(self.compiled.len(), "compiled component"),
            self.compiled_bytes
        )
    }
}

fn archives_table(report: &CacheListReport) -> Table {
    let mut table = Table::new(["ARCHIVE", "BYTES", "PINNED BY"]);
    for archive in &report.archives {
        let pinned_by = match archive.pinned_by.as_slice() {
            [] => empty_cell(),
            by => Style::Plain.cell(pinned_by(by)),
        };
        table.row([digest(&archive.sha256), Style::Plain.cell(archive.size), pinned_by]);
    }
    table
}

fn signatures_table(report: &CacheListReport) -> Table {
    let mut table = Table::new(["SIGNATURE", "BYTES", "OF ARCHIVE"]);
    for signature in &report.signatures {
        table.row([
            digest(&signature.sha256),
            Style::Plain.cell(signature.size),
            Style::Plain.cell(short(&signature.archive_sha256)),
        ]);
    }
    table
}

fn references_table(report: &CacheListReport) -> Table {
    let mut table = Table::new(["REFERENCE", "MANIFEST", "ARCHIVE"]);
    for reference in &report.references {
        let archive = reference.sha256.as_deref().map_or_else(empty_cell, digest);
        table.row([
            Style::Plain.cell(&reference.reference),
            digest(&reference.manifest_digest.hex()),
            archive,
        ]);
    }
    table
}

fn compiled_table(report: &CacheListReport) -> Table {
    let mut table = Table::new(["COMPONENT", "BYTES", "LAST USED", "STATE", "PACK"]);
    for code in &report.compiled {
        let state = if code.fits {
            Style::Good.cell(format!("{GOOD} compiled"))
        } else {
            Style::Notice.cell(format!("{NOTICE} for another gtc"))
        };
        let packs = match code.packs.as_slice() {
            [] => empty_cell(),
            packs => Style::Plain.cell(join_or_none(packs.iter().map(ToString::to_string))),
        };
        table.row([
            digest(&code.component_sha256),
            Style::Plain.cell(code.size),
            Style::Plain.cell(&code.last_used),
            state,
            packs,
        ]);
    }
    table
}

fn digest(hex: &str) -> Cell {
    Style::Bold.cell(short(hex))
}
