//! Reports as text for people: aligned, with a sign and a word for each state, and what to do next.

use env_pack_domain::diagnosis::Severity;
use env_pack_domain::{CapabilitySlot, Outcome, ToolCheck};

use super::limits::LimitsReport;
use super::table::{Table, Tone};
use crate::ops::bind::{BindReport, GrantsReport};
use crate::ops::doctor::{BindingHealth, DoctorReport, Finding};
use crate::ops::env::{CreateReport, InitReport, ListReport, ShowReport};
use crate::ops::grants::{GrantsListReport, PackGrants};
use crate::ops::pack::{BuildReport, InspectReport};
use crate::ops::protections::ProtectionsReport;
use crate::ops::read::{Bound, ExtensionsReport, PacksReport, ResolveReport};
use crate::ops::repack::RepackReport;
use crate::ops::tool_check::{PreflightReport, ToolCheckReport};

/// A report that people can read.
pub trait Human {
    /// The report as text, ending in a line break.
    fn human(&self, verb: &str) -> String;
}

const GOOD: &str = "✓";
const BAD: &str = "✗";
const NOTICE: &str = "!";

impl Human for InitReport {
    fn human(&self, _verb: &str) -> String {
        let id = &self.environment_id;
        let what = match (self.created, self.bound.len()) {
            (true, _) => format!("created environment `{id}` with its default packs"),
            (false, 0) => format!("environment `{id}` is already set up; nothing changed"),
            (false, _) => {
                let bound: Vec<_> = self.bound.iter().map(|kind| format!("`{kind}`")).collect();
                format!("healed environment `{id}`: bound {}", bound.join(", "))
            }
        };
        format!("{what}\n\n{}", self.doctor.human("doctor"))
    }
}

impl Human for CreateReport {
    fn human(&self, _verb: &str) -> String {
        let mut text = format!("created environment `{}`", self.environment_id);
        match self.bound.len() {
            0 => text.push_str(" without bindings\n"),
            count => text.push_str(&format!(" with {count} default packs\n")),
        }
        text + &format!("next: examine it with `gtc op env doctor {}`\n", self.environment_id)
    }
}

impl Human for ListReport {
    fn human(&self, _verb: &str) -> String {
        if self.environments.is_empty() {
            return format!(
                "no environments in {}\nnext: create one with `gtc op env init`\n",
                shown(&self.store_root)
            );
        }
        let mut table = Table::new(["ENVIRONMENT", "PACKS", "EXTENSIONS", "STATE"]);
        for environment in &self.environments {
            let (state, tone) = match &environment.error {
                None => (format!("{GOOD} readable"), Tone::Good),
                Some(error) => (format!("{BAD} {error}"), Tone::Bad),
            };
            table.row([
                (environment.environment_id.to_string(), Tone::Bold),
                (environment.packs.to_string(), Tone::Plain),
                (environment.extensions.to_string(), Tone::Plain),
                (state, tone),
            ]);
        }
        format!("environments in {}\n\n{}", shown(&self.store_root), table.render())
    }
}

impl Human for ShowReport {
    fn human(&self, _verb: &str) -> String {
        // JSON escapes what a terminal would obey, but not every mark that turns the reading direction
        let document = |text: &str| text.lines().map(|line| shown(line) + "\n").collect::<String>();
        let runtime = self.runtime.as_ref().map(|runtime| format!("\nruntime.json\n{}", document(runtime.get())));
        format!("environment.json\n{}{}", document(self.environment.get()), runtime.unwrap_or_default())
    }
}

impl Human for DoctorReport {
    fn human(&self, _verb: &str) -> String {
        let mut table = Table::new(["SLOT", "KIND", "PACK", "STATE"]);
        for binding in &self.bindings {
            table.row(binding_row(binding));
        }
        for slot in &self.missing_slots {
            let (empty, state) = (("–".to_owned(), Tone::Faint), (format!("{NOTICE} not bound"), Tone::Notice));
            table.row([(slot.to_string(), Tone::Bold), empty.clone(), empty, state]);
        }
        let mut text = format!("environment `{}`\n\n{}\n", self.environment_id, table.render());
        for finding in &self.findings {
            text.push_str(&finding_text(finding));
        }
        let is_finding = |finding: &&Finding| finding.severity == Severity::Finding;
        let findings = self.findings.iter().filter(is_finding).count();
        let notices = self.findings.len() - findings;
        let summary =
            format!("{} bound, {}, {}", self.bindings.len(), counted(findings, "finding"), counted(notices, "notice"));
        let (sign, word, tone) = match self.healthy {
            true => (GOOD, "healthy", Tone::Good),
            false => (BAD, "not healthy", Tone::Bad),
        };
        text + &format!("{}: {summary}\n", tone.paint(&format!("{sign} {word}")))
    }
}

fn binding_row(binding: &BindingHealth) -> [(String, Tone); 4] {
    let slot = match &binding.instance_id {
        Some(instance) => format!("{} ({instance})", binding.slot),
        None => binding.slot.to_string(),
    };
    let pack = match &binding.pack_ref {
        env_pack_domain::PackRef::Named(_) => "built-in".to_owned(),
        other => other.to_string(),
    };
    let state = match binding.state {
        "healthy" => (format!("{GOOD} healthy"), Tone::Good),
        state => (format!("{BAD} {}", state.replace('-', " ")), Tone::Bad),
    };
    [(slot, Tone::Bold), (binding.kind.to_string(), Tone::Plain), (pack, Tone::Plain), state]
}

fn finding_text(finding: &Finding) -> String {
    let (sign, tone) = match finding.severity {
        Severity::Finding => (BAD, Tone::Bad),
        Severity::Information => (NOTICE, Tone::Notice),
    };
    let heading = tone.paint(&format!("{sign} {}", finding.code));
    format!("{heading} {}\n    {}\n    next: {}\n\n", finding.subject, finding.reason, finding.next)
}

impl Human for ToolCheckReport {
    fn human(&self, _verb: &str) -> String {
        let mut table = Table::new(["SLOT", "KIND", "CHECK", "RESULT"]);
        let mut next = Vec::new();
        for checks in &self.bindings {
            preflight_rows(&mut table, &mut next, checks.slot.to_string(), checks.kind.to_string(), &checks.preflight);
        }
        for checks in &self.extension_bindings {
            let slot = extension(checks.instance_id.as_deref());
            preflight_rows(&mut table, &mut next, slot, checks.kind.to_string(), &checks.preflight);
        }
        for unresolved in &self.unresolved_bindings {
            let state = (format!("{BAD} not asked: {}", unresolved.error), Tone::Bad);
            table.row([
                (unresolved.slot.to_string(), Tone::Bold),
                (unresolved.kind.to_string(), Tone::Plain),
                dash(),
                state,
            ]);
        }
        for unresolved in &self.extension_unresolved_bindings {
            let slot = extension(unresolved.instance_id.as_deref());
            let state = (format!("{NOTICE} not asked: {}", unresolved.error), Tone::Notice);
            table.row([(slot, Tone::Bold), (unresolved.kind.to_string(), Tone::Plain), dash(), state]);
        }
        let mut text = format!("environment `{}`\n\n{}\n", self.environment_id, table.render());
        for (name, hint) in next {
            text.push_str(&format!("next: `{name}`: {hint}\n"));
        }
        let mut summary = format!("{}, {} failed", counted(self.total_checks, "check"), self.failed_checks);
        match self.unresolved_bindings.len() + self.failed_preflights {
            0 => {}
            count => summary.push_str(&format!(", {} without an answer", counted(count, "handler"))),
        }
        let (sign, word, tone) = match self.passed() {
            true => (GOOD, "ready", Tone::Good),
            false => (BAD, "not ready", Tone::Bad),
        };
        text + &format!("{}: {summary}\n", tone.paint(&format!("{sign} {word}")))
    }
}

fn preflight_rows(
    table: &mut Table,
    next: &mut Vec<(String, String)>,
    slot: String,
    kind: String,
    preflight: &PreflightReport,
) {
    let bold = |text: &String| (text.clone(), Tone::Bold);
    let plain = |text: &String| (text.clone(), Tone::Plain);
    if let Some(fault) = &preflight.fault {
        table.row([bold(&slot), plain(&kind), dash(), (format!("{BAD} {}", fault.message), Tone::Bad)]);
    } else if preflight.checks.is_empty() {
        table.row([bold(&slot), plain(&kind), dash(), (format!("{GOOD} nothing to check"), Tone::Good)]);
    }
    for check in &preflight.checks {
        let (state, hint) = outcome(check);
        table.row([bold(&slot), plain(&kind), (check.name.to_string(), Tone::Plain), state]);
        next.extend(hint.map(|hint| (check.name.to_string(), hint)));
    }
}

fn outcome(check: &ToolCheck) -> ((String, Tone), Option<String>) {
    let bad = |text: String, hint: Option<String>| ((format!("{BAD} {text}"), Tone::Bad), hint);
    match &check.outcome {
        Outcome::Ok { detail: None } => ((format!("{GOOD} ok"), Tone::Good), None),
        Outcome::Ok { detail: Some(detail) } => ((format!("{GOOD} ok: {detail}"), Tone::Good), None),
        Outcome::Missing { install_hint } => bad("missing".to_owned(), Some(install_hint.to_string())),
        Outcome::VersionMismatch { found, required, install_hint } => {
            bad(format!("version {found} does not match {required}"), Some(install_hint.to_string()))
        }
        Outcome::AuthFailed { detail, recovery_hint } => {
            bad(format!("not allowed in: {detail}"), Some(recovery_hint.to_string()))
        }
        Outcome::Unreachable { detail, recovery_hint } => {
            bad(format!("does not answer: {detail}"), Some(recovery_hint.to_string()))
        }
        Outcome::ProbeError { detail } => bad(format!("could not be checked: {detail}"), None),
    }
}

impl Human for ProtectionsReport {
    fn human(&self, _verb: &str) -> String {
        let mut deeds = Table::new(["WHAT A WORKER TRIED", "RESULT"]);
        for deed in &self.deeds {
            let result = match deed.prevented {
                true => (format!("{GOOD} prevented"), Tone::Good),
                false => (format!("{BAD} it could"), Tone::Bad),
            };
            deeds.row([(deed.what.to_string(), Tone::Plain), result]);
        }
        let mut layers = Table::new(["WHAT HOLDS IT", "STATE"]);
        for layer in &self.layers {
            let state = match layer.in_force {
                true => (format!("{GOOD} in force"), Tone::Good),
                false => (format!("{NOTICE} not on this machine"), Tone::Notice),
            };
            layers.row([(layer.name.to_string(), Tone::Plain), state]);
        }
        let verdict = match self.holds() {
            true => "foreign components are compiled where they can do no harm",
            false => {
                "this machine does not keep a hostile component from all of it; use a newer kernel for packs you do not trust"
            }
        };
        format!("gtc {}\n\n{}\n{}\n{verdict}\n", self.version, deeds.render(), layers.render())
    }
}

impl Human for LimitsReport {
    fn human(&self, _verb: &str) -> String {
        let mut table = Table::new(["LIMIT", "VALUE"]);
        for limit in &self.limits {
            let tone = if limit.value == limit.default { Tone::Plain } else { Tone::Notice };
            table.row([(limit.name.to_owned(), Tone::Bold), (limit.shown.clone(), tone)]);
        }
        format!("{}\nnext: change one with `--limit <name>=<value>` or in GTC_LIMITS\n", table.render())
    }
}

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
        text + &self.grants.as_ref().map(granted).unwrap_or_default()
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

impl Human for BuildReport {
    fn human(&self, _verb: &str) -> String {
        let path = shown(&self.path.to_string_lossy());
        let mut text = format!("{} built {path} ({} bytes)\n", Tone::Good.paint(GOOD), self.size);
        text.push_str(&format!("  sha256    {}\n", self.sha256));
        text.push_str(&format!("  slot      {}\n", self.slot));
        text.push_str(&format!("  kind      {}@{}\n", self.descriptor_path, self.version));
        text.push_str(&format!("  supports  {}\n", self.supported_versions));
        text.push_str(&format!("  imports   {}\n", list(self.imports.iter().map(ToString::to_string))));
        let bind = match self.slot {
            CapabilitySlot::Extension => "extensions add --env <env>".to_owned(),
            slot => format!("env-packs update --env <env> --slot {slot}"),
        };
        let kind = format!("{}@{}", self.descriptor_path, self.version);
        let file = self.path.to_string_lossy();
        let file = shown(&shell_words::quote(&file));
        text + &format!("next: bind it with `gtc op {bind} --kind {kind} --pack-ref {file}`\n")
    }
}

impl Human for RepackReport {
    fn human(&self, _verb: &str) -> String {
        let path = shown(&self.path.to_string_lossy());
        let mut text = format!("{} repacked {path} ({} bytes)\n", Tone::Good.paint(GOOD), self.size);
        text.push_str(&format!("  sha256  {}\n", self.sha256));
        if self.unchanged {
            text.push_str("  it was canonical already; nothing changed\n");
        }
        let mut table = Table::new(["ENTRY", "BYTES", "CHANGED"]);
        for entry in &self.entries {
            let changed = match entry.explained.as_slice() {
                [] => dash(),
                changes => (changes.join(", "), Tone::Notice),
            };
            table.row([(entry.name.to_string(), Tone::Plain), (entry.size.to_string(), Tone::Plain), changed]);
        }
        text.push_str(&format!("\n{}\n", table.render()));
        for dropped in &self.dropped {
            let name = dropped.name.as_ref().map(|name| format!("`{name}`: ")).unwrap_or_default();
            text.push_str(&format!("  dropped {name}{}\n", dropped.reason));
        }
        text + &format!("next: look into it with `gtc pack inspect {path}`\n")
    }
}

impl Human for InspectReport {
    fn human(&self, _verb: &str) -> String {
        let mut text = format!("pack `{}` {} by {}\n", self.id, self.version, self.publisher);
        text.push_str(&format!("  sha256  {}\n  size    {} bytes\n", self.sha256, self.size));
        if self.handlers.is_empty() {
            text.push_str(&format!("\n{} it holds no env-pack handler\n", Tone::Notice.paint(NOTICE)));
        }
        for handler in &self.handlers {
            text.push_str(&format!(
                "\nhandler `{}` ({} bytes)\n  world     {}\n",
                handler.component, handler.size, handler.world
            ));
            if let Some(declared) = &handler.declared {
                text.push_str(&format!("  slot      {}\n  path      {}\n", declared.slot, declared.descriptor_path));
                text.push_str(&format!("  supports  {}\n", declared.supported_versions));
                text.push_str(&format!(
                    "  tools     {}\n",
                    list(declared.tools.iter().map(|tool| format!("`{tool}`")))
                ));
                text.push_str(&format!("  network   {}\n", list(declared.network.iter().cloned())));
            }
            text.push_str(&format!("  imports   {}\n", list(handler.imports.iter().map(ToString::to_string))));
            if let Some(problem) = &handler.problem {
                text.push_str(&format!("  {} {problem}\n", Tone::Bad.paint(BAD)));
            }
        }
        let mut table = Table::new(["ENTRY", "BYTES", "BLAKE3"]);
        for entry in &self.entries {
            let hash = (entry.blake3.get(..16).unwrap_or_default().to_owned() + "…", Tone::Faint);
            table.row([(entry.name.to_string(), Tone::Plain), (entry.size.to_string(), Tone::Plain), hash]);
        }
        text + "\n" + &table.render()
    }
}

fn extension(instance: Option<&str>) -> String {
    instance.map_or_else(|| "extension".to_owned(), |instance| format!("extension ({instance})"))
}

fn extension_name(instance: Option<&str>) -> String {
    instance.map_or_else(|| "(default)".to_owned(), |instance| format!("`{instance}`"))
}

fn dash() -> (String, Tone) {
    ("–".to_owned(), Tone::Faint)
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<_> = items.collect();
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn shown(text: &str) -> String {
    env_pack_domain::ForeignText::new(text).to_string()
}
