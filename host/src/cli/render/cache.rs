//! Text of the reports of `gtc cache`.

use super::{BAD, GOOD, NOTICE, RenderHuman, empty_cell, list, plural};
use crate::cli::table::{Cell, Style, Table};
use crate::ops::cache::gc::CacheGcReport;
use crate::ops::cache::verify::{CacheFault, CacheVerifyReport};
use crate::ops::cache::{
    CacheListReport, CachePathReport, MissingArchive, PinnedBy, UnreadableEnvironment,
};

/// Number of hex digits of a digest that are shown.
const DIGITS: usize = 16;

impl RenderHuman for CachePathReport {
    fn render_human(&self, _verb: &str) -> String {
        format!("{}\n", self.path)
    }
}

impl RenderHuman for CacheListReport {
    fn render_human(&self, _verb: &str) -> String {
        let mut archives = Table::new(["ARCHIVE", "BYTES", "PINNED BY"]);
        for archive in &self.archives {
            let pinned_by = match archive.pinned_by.as_slice() {
                [] => empty_cell(),
                by => Style::Plain.cell(pinned_by(by)),
            };
            archives.row([digest(&archive.sha256), Style::Plain.cell(archive.size), pinned_by]);
        }
        let mut signatures = Table::new(["SIGNATURE", "BYTES", "OF ARCHIVE"]);
        for signature in &self.signatures {
            signatures.row([
                digest(&signature.sha256),
                Style::Plain.cell(signature.size),
                Style::Plain.cell(short(&signature.archive_sha256)),
            ]);
        }
        let mut references = Table::new(["REFERENCE", "MANIFEST", "ARCHIVE"]);
        for reference in &self.references {
            let archive = reference.sha256.as_deref().map_or_else(empty_cell, digest);
            references.row([
                Style::Plain.cell(&reference.reference),
                digest(&reference.manifest_digest.hex()),
                archive,
            ]);
        }
        let mut compiled = Table::new(["COMPONENT", "BYTES", "LAST USED", "STATE", "PACK"]);
        for code in &self.compiled {
            let state = if code.fits {
                Style::Good.cell(format!("{GOOD} compiled"))
            } else {
                Style::Notice.cell(format!("{NOTICE} for another gtc"))
            };
            let packs = match code.packs.as_slice() {
                [] => empty_cell(),
                packs => Style::Plain.cell(list(packs.iter().map(ToString::to_string))),
            };
            compiled.row([
                digest(&code.component_sha256),
                Style::Plain.cell(code.size),
                Style::Plain.cell(&code.last_used),
                state,
                packs,
            ]);
        }
        let mut text = format!("cache {}\n\n", self.path);
        for table in
            [archives, signatures, references, compiled].iter().filter(|table| !table.is_empty())
        {
            text.push_str(&format!("{}\n", table.render()));
        }
        text.push_str(&missing(&self.missing));
        text.push_str(&unreadable(&self.unreadable_environments));
        let notice = Style::Notice.paint(NOTICE);
        for stranger in &self.strangers {
            text.push_str(&format!("{notice} unknown file, left alone: {stranger}\n"));
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

impl RenderHuman for CacheVerifyReport {
    fn render_human(&self, _verb: &str) -> String {
        let mut text: String = self.faults.iter().map(fault).collect();
        text.push_str(&missing(&self.missing));
        text.push_str(&unreadable(&self.unreadable_environments));
        let signatures = match self.signatures {
            0 => String::new(),
            count => format!("{}, ", plural(count, "signature")),
        };
        let archives = plural(self.archives, "archive");
        let checked =
            format!("{archives}, {signatures}{}", plural(self.compiled, "compiled component"));
        let (sign, verdict, style) = match self.faults.len() {
            0 => (GOOD, "no damage found".to_owned(), Style::Good),
            count => (BAD, plural(count, "fault"), Style::Bad),
        };
        text + &format!("{} {checked}: {verdict}\n", style.paint(sign))
    }
}

fn fault(fault: &CacheFault) -> String {
    let heading = Style::Bad.paint(&format!("{BAD} {}:", fault.code));
    let mut text =
        format!("{heading} {} {}\n    {}\n", fault.what, short(&fault.sha256), fault.reason);
    if !fault.pinned_by.is_empty() {
        text.push_str(&format!("    pinned by {}\n", pinned_by(&fault.pinned_by)));
    }
    let consequence = match (fault.removed, &fault.not_removed) {
        (true, _) if fault.what == "signature" && !fault.pinned_by.is_empty() => {
            "removed; put the signature next to the pack and run `update` to cache it again"
                .to_owned()
        }
        (true, _) if fault.what == "compiled" => {
            "removed; it is compiled again when needed".to_owned()
        }
        (true, _) if fault.pinned_by.is_empty() => "removed".to_owned(),
        (true, _) => "removed; bind the pack again with `update` to cache it again".to_owned(),
        (false, Some(error)) => format!("could not be removed: {error}"),
        (false, None) => "not removed, but not used".to_owned(),
    };
    text + &format!("    {consequence}\n")
}

impl RenderHuman for CacheGcReport {
    fn render_human(&self, _verb: &str) -> String {
        let mut table = Table::new(["WHAT", "NAME", "BYTES", "WHY"]);
        for removed in &self.removed {
            table.row([
                Style::Bold.cell(removed.what.replace('-', " ")),
                Style::Plain.cell(short(&removed.name.to_string())),
                Style::Plain.cell(removed.size),
                Style::Plain.cell(removed.reason),
            ]);
        }
        let mut text = if table.is_empty() { String::new() } else { table.render() + "\n" };
        for failed in &self.failed {
            text.push_str(&format!(
                "{} {}: {}\n",
                Style::Bad.paint(BAD),
                failed.name,
                failed.reason
            ));
        }
        let (sign, style) = if self.is_done() { (GOOD, Style::Good) } else { (BAD, Style::Bad) };
        let verb = if self.dry_run { "would free" } else { "freed" };
        text + &format!("{} {verb} {} bytes\n", style.paint(sign), self.freed_bytes)
    }
}

fn missing(missing: &[MissingArchive]) -> String {
    let sign = Style::Notice.paint(NOTICE);
    missing
        .iter()
        .map(|missing| {
            let digest = short(&missing.sha256);
            let by = pinned_by(&missing.pinned_by);
            format!("{sign} archive {digest} is pinned by {by} but is not in the cache\n")
        })
        .collect()
}

fn unreadable(environments: &[UnreadableEnvironment]) -> String {
    let sign = Style::Notice.paint(NOTICE);
    environments
        .iter()
        .map(|environment| {
            let id = &environment.environment_id;
            let error = &environment.error;
            format!("{sign} could not read the pins of environment `{id}`: {error}\n")
        })
        .collect()
}

fn pinned_by(pins: &[PinnedBy]) -> String {
    list(pins.iter().map(|by| match &by.store_root {
        Some(root) => format!("`{}` of {root} ({})", by.environment_id, by.pack_ref),
        None => format!("`{}` ({})", by.environment_id, by.pack_ref),
    }))
}

fn digest(hex: &str) -> Cell {
    Style::Bold.cell(short(hex))
}

/// Shortens a name that begins with a digest.
fn short(name: &str) -> String {
    let is_digest = name.len() >= 64 && name.bytes().take(64).all(|byte| byte.is_ascii_hexdigit());
    if is_digest { format!("{}…", &name[..DIGITS]) } else { name.to_owned() }
}
