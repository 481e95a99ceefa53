//! What is kept.

use super::{BAD, GOOD, Human, NOTICE, counted, dash, list};
use crate::cli::table::{Table, Tone};
use crate::ops::cache::gc::CacheGcReport;
use crate::ops::cache::verify::{CacheFault, CacheVerifyReport};
use crate::ops::cache::{
    CacheListReport, CachePathReport, MissingArchive, PinnedBy, UnreadableEnvironment,
};

/// How many digits of a digest people need to tell it from others.
const DIGITS: usize = 16;

impl Human for CachePathReport {
    fn human(&self, _verb: &str) -> String {
        format!("{}\n", self.path)
    }
}

impl Human for CacheListReport {
    fn human(&self, _verb: &str) -> String {
        let mut archives = Table::new(["ARCHIVE", "BYTES", "PINNED BY"]);
        for archive in &self.archives {
            let pinned_by = match archive.pinned_by.as_slice() {
                [] => dash(),
                by => (pinners(by), Tone::Plain),
            };
            archives.row([
                digest(&archive.sha256),
                (archive.size.to_string(), Tone::Plain),
                pinned_by,
            ]);
        }
        let mut signatures = Table::new(["SIGNATURE", "BYTES", "OF ARCHIVE"]);
        for signature in &self.signatures {
            let archive = (short(&signature.archive_sha256), Tone::Plain);
            signatures.row([
                digest(&signature.sha256),
                (signature.size.to_string(), Tone::Plain),
                archive,
            ]);
        }
        let mut references = Table::new(["REFERENCE", "MANIFEST", "ARCHIVE"]);
        for reference in &self.references {
            let archive = reference.sha256.as_deref().map_or_else(dash, digest);
            let name = (reference.reference.to_string(), Tone::Plain);
            references.row([name, digest(&reference.manifest_digest.hex()), archive]);
        }
        let mut compiled = Table::new(["COMPONENT", "BYTES", "LAST USED", "STATE", "PACK"]);
        for code in &self.compiled {
            let state = match code.fits {
                true => (format!("{GOOD} compiled"), Tone::Good),
                false => (format!("{NOTICE} for another gtc"), Tone::Notice),
            };
            let packs = match code.packs.as_slice() {
                [] => dash(),
                packs => (list(packs.iter().map(ToString::to_string)), Tone::Plain),
            };
            let plain = |text: String| (text, Tone::Plain);
            let (size, used) = (plain(code.size.to_string()), plain(code.last_used.clone()));
            compiled.row([digest(&code.component_sha256), size, used, state, packs]);
        }
        let mut text = format!("cache {}\n\n", self.path);
        for table in
            [archives, signatures, references, compiled].iter().filter(|table| !table.is_empty())
        {
            text.push_str(&format!("{}\n", table.render()));
        }
        text.push_str(&missing(&self.missing));
        text.push_str(&unreadable(&self.unreadable_environments));
        let notice = Tone::Notice.paint(NOTICE);
        for stranger in &self.strangers {
            text.push_str(&format!("{notice} not ours, and left alone: {stranger}\n"));
        }
        if self.half_written > 0 {
            text.push_str(&format!(
                "{notice} {}\n",
                counted(self.half_written, "half-written file")
            ));
        }
        let signatures = match self.signatures.len() {
            0 => String::new(),
            count => format!("{} ({} bytes), ", counted(count, "signature"), self.signature_bytes),
        };
        text + &format!(
            "{} ({} bytes), {signatures}{} ({} bytes)\n",
            counted(self.archives.len(), "archive"),
            self.archive_bytes,
            counted(self.compiled.len(), "compiled component"),
            self.compiled_bytes
        )
    }
}

impl Human for CacheVerifyReport {
    fn human(&self, _verb: &str) -> String {
        let mut text: String = self.faults.iter().map(fault).collect();
        text.push_str(&missing(&self.missing));
        text.push_str(&unreadable(&self.unreadable_environments));
        let signatures = match self.signatures {
            0 => String::new(),
            count => format!("{}, ", counted(count, "signature")),
        };
        let archives = counted(self.archives, "archive");
        let looked_at =
            format!("{archives}, {signatures}{}", counted(self.compiled, "compiled component"));
        let (sign, verdict, tone) = match self.faults.len() {
            0 => (GOOD, "all as they were kept".to_owned(), Tone::Good),
            count => (BAD, counted(count, "fault"), Tone::Bad),
        };
        text + &format!("{} {looked_at}: {verdict}\n", tone.paint(sign))
    }
}

fn fault(fault: &CacheFault) -> String {
    let heading = Tone::Bad.paint(&format!("{BAD} {}:", fault.code));
    let mut text =
        format!("{heading} {} {}\n    {}\n", fault.what, short(&fault.sha256), fault.reason);
    if !fault.pinned_by.is_empty() {
        text.push_str(&format!("    pinned by {}\n", pinners(&fault.pinned_by)));
    }
    let what_became = match (fault.removed, &fault.not_removed) {
        (true, _) if fault.what == "signature" && !fault.pinned_by.is_empty() => {
            "taken away; put the signature beside the pack and bind it again with `update`, and it is kept again"
                .to_owned()
        }
        (true, _) if fault.what == "compiled" => "taken away; it is compiled again when it is needed".to_owned(),
        (true, _) if fault.pinned_by.is_empty() => "taken away".to_owned(),
        (true, _) => "taken away; bind the pack again with `update`, and it is kept again".to_owned(),
        (false, Some(error)) => format!("it could not be taken away: {error}"),
        (false, None) => "left where it is, and not used".to_owned(),
    };
    text + &format!("    {what_became}\n")
}

impl Human for CacheGcReport {
    fn human(&self, _verb: &str) -> String {
        let mut table = Table::new(["WHAT", "NAME", "BYTES", "WHY"]);
        for removed in &self.removed {
            let plain = |text: String| (text, Tone::Plain);
            let name = short(&removed.name.to_string());
            table.row([
                (removed.what.replace('-', " "), Tone::Bold),
                plain(name),
                plain(removed.size.to_string()),
                plain(removed.reason.to_owned()),
            ]);
        }
        let mut text = if table.is_empty() { String::new() } else { table.render() + "\n" };
        for failed in &self.failed {
            text.push_str(&format!(
                "{} {}: {}\n",
                Tone::Bad.paint(BAD),
                failed.name,
                failed.reason
            ));
        }
        let (sign, tone) = if self.is_done() { (GOOD, Tone::Good) } else { (BAD, Tone::Bad) };
        let verb = if self.dry_run { "would free" } else { "freed" };
        text + &format!("{} {verb} {} bytes\n", tone.paint(sign), self.freed_bytes)
    }
}

fn missing(missing: &[MissingArchive]) -> String {
    let line = |missing: &MissingArchive| {
        let (sign, by) = (Tone::Notice.paint(NOTICE), pinners(&missing.pinned_by));
        format!("{sign} archive {} is pinned by {by}, but not kept\n", short(&missing.sha256))
    };
    missing.iter().map(line).collect()
}

fn unreadable(environments: &[UnreadableEnvironment]) -> String {
    let line = |environment: &UnreadableEnvironment| {
        let (sign, id) = (Tone::Notice.paint(NOTICE), &environment.environment_id);
        format!("{sign} nobody knows what environment `{id}` pins: {}\n", environment.error)
    };
    environments.iter().map(line).collect()
}

fn pinners(pinners: &[PinnedBy]) -> String {
    list(pinners.iter().map(|by| match &by.store_root {
        Some(root) => format!("`{}` of {root} ({})", by.environment_id, by.pack_ref),
        None => format!("`{}` ({})", by.environment_id, by.pack_ref),
    }))
}

fn digest(hex: &str) -> (String, Tone) {
    (short(hex), Tone::Bold)
}

/// The beginning of what is named after a digest.
fn short(name: &str) -> String {
    let is_digest = name.len() >= 64 && name.bytes().take(64).all(|byte| byte.is_ascii_hexdigit());
    if is_digest { format!("{}…", &name[..DIGITS]) } else { name.to_owned() }
}
