//! `gtc op env tool-check`: check that this machine has the programs and connections that
//! handlers need.

use std::io;

use env_pack_domain::{CheckOutcome, ForeignText, PackDescriptor, ToolCheck};

use super::doctor::DoctorPayload;
use super::fleet::{self, SummaryLine};
use crate::args::fleet::Selection;
use crate::exit_code::{EXIT_ERROR, EXIT_REFUSED};
use crate::input::Input;
use crate::render::{BAD, GOOD, NOTICE, RenderHuman, empty_cell, plural, verdict_sign};
use crate::runner::Runner;
use crate::table::{Cell, Style, Table};
use gtc_core::TerminationSignals;
use gtc_core::ops::fleet::Fleet;
use gtc_core::ops::tool_check::{PreflightReport, Preflights, ToolCheckReport};

/// Environments whose preflights run.
enum Checks<'a> {
    One(Box<ToolCheckReport>),
    Many(Fleet<'a>, bool),
}

pub(super) fn run(runner: &Runner, input: Input<DoctorPayload>) -> io::Result<u8> {
    let host = &runner.host;
    let check = |(selection, strict)| {
        Ok(match selection {
            Selection::One(id) => {
                let preflights = Preflights::load(host, &id)?;
                // from here on, there is something to report when the user interrupts it
                let signals = TerminationSignals::catch();
                Checks::One(Box::new(preflights.run(strict, &|| signals.received())))
            }
            Selection::Many(selector) => Checks::Many(Fleet::select(host, selector)?, strict),
        })
    };
    runner.run_with_writer("env", "tool-check", input, check, |output, checks| match checks {
        Checks::One(report) => {
            output.result(&**report)?;
            Ok(exit_code(report))
        }
        Checks::Many(fleet, strict) => fleet::write(output, fleet, |is_interrupted, write| {
            fleet.tool_check(*strict, is_interrupted, write)
        }),
    })
}

fn exit_code(report: &ToolCheckReport) -> u8 {
    if report.interrupted || report.is_incomplete {
        EXIT_ERROR
    } else if report.passed() {
        0
    } else {
        EXIT_REFUSED
    }
}

impl SummaryLine for ToolCheckReport {
    fn summary(&self) -> (bool, &'static str, String) {
        let word = if self.passed() { "ready" } else { "not ready" };
        (self.passed(), word, numbers(self))
    }

    fn environment(&self) -> String {
        self.environment_id.to_string()
    }

    fn details(&self) -> String {
        let (table, next) = rows(self);
        table.render() + &next
    }
}

impl RenderHuman for ToolCheckReport {
    fn render_human(&self, _verb: &str) -> String {
        let (table, next) = rows(self);
        if table.is_empty() {
            return format!("environment `{}` has no bindings to check\n", self.environment_id);
        }
        let text = format!("environment `{}`\n\n{}\n{next}", self.environment_id, table.render());
        let summary = numbers(self);
        let (sign, style) = verdict_sign(self.passed());
        let word = if self.passed() { "ready" } else { "not ready" };
        text + &format!("{}: {summary}\n", style.paint(&format!("{sign} {word}")))
    }
}

/// The table of all checks, and the next steps for those that failed.
fn rows(report: &ToolCheckReport) -> (Table, String) {
    let mut table = Table::new(["SLOT", "KIND", "CHECK", "RESULT"]);
    let mut next = Vec::new();
    for checks in &report.bindings {
        let slot = checks.slot.to_string();
        preflight_rows(&mut table, &mut next, &slot, &checks.kind, &checks.preflight);
    }
    for checks in &report.extension_bindings {
        let slot = extension(checks.instance_id.as_deref());
        preflight_rows(&mut table, &mut next, &slot, &checks.kind, &checks.preflight);
    }
    for unresolved in &report.unresolved_bindings {
        let state = Style::Bad.cell(format!("{BAD} not checked: {}", unresolved.error));
        table.row(row(unresolved.slot, &unresolved.kind, empty_cell(), state));
    }
    for unresolved in &report.extension_unresolved_bindings {
        let slot = extension(unresolved.instance_id.as_deref());
        let (sign, style) =
            if unresolved.failed { (BAD, Style::Bad) } else { (NOTICE, Style::Notice) };
        let state = style.cell(format!("{sign} not checked: {}", unresolved.error));
        table.row(row(slot, &unresolved.kind, empty_cell(), state));
    }
    let next = next.into_iter().map(|(name, hint)| format!("next: `{name}`: {hint}\n"));
    (table, next.collect())
}

/// The numbers of checks.
fn numbers(report: &ToolCheckReport) -> String {
    let mut summary =
        format!("{}, {} failed", plural(report.total_checks, "check"), report.failed_checks);
    let extensions = report.extension_unresolved_bindings.iter();
    let failed_extensions = extensions.filter(|extension| extension.failed).count();
    let unchecked = report.unresolved_bindings.len() + failed_extensions + report.failed_preflights;
    if unchecked > 0 {
        summary.push_str(&format!(", {} not checked", plural(unchecked, "handler")));
    }
    summary
}

fn row(slot: impl ToString, kind: &PackDescriptor, check: Cell, state: Cell) -> [Cell; 4] {
    [Style::Bold.cell(slot), Style::Plain.cell(kind), check, state]
}

fn preflight_rows(
    table: &mut Table,
    next: &mut Vec<(String, String)>,
    slot: &str,
    kind: &PackDescriptor,
    preflight: &PreflightReport,
) {
    if let Some(fault) = &preflight.fault {
        let state = Style::Bad.cell(format!("{BAD} {}", fault.message));
        table.row(row(slot, kind, empty_cell(), state));
    } else if preflight.checks.is_empty() {
        let reason = if preflight.without_handler { ": the pack has no handler" } else { "" };
        let state = Style::Good.cell(format!("{GOOD} nothing to check{reason}"));
        table.row(row(slot, kind, empty_cell(), state));
    }
    if let Some(missing) = &preflight.missing_grants {
        next.push((kind.to_string(), format!("{}; {}", missing.reason, missing.next)));
    }
    for check in &preflight.checks {
        let (state, hint) = outcome(check);
        let name = Style::Plain.cell(&check.name);
        table.row(row(slot, kind, name, state));
        next.extend(hint.map(|hint| (check.name.to_string(), hint)));
    }
}

/// The cell for the outcome of a check, and a hint how to fix it. Texts of the handler are cut to
/// 400 characters, so that no pack fills a terminal; JSON has all of them.
fn outcome(check: &ToolCheck) -> (Cell, Option<String>) {
    let short = |text: &ForeignText| ForeignText::sentence(text.as_exact());
    let (problem, hint) = match &check.outcome {
        CheckOutcome::Ok { detail: None } => return (Style::Good.cell(format!("{GOOD} ok")), None),
        CheckOutcome::Ok { detail: Some(detail) } => {
            return (Style::Good.cell(format!("{GOOD} ok: {}", short(detail))), None);
        }
        CheckOutcome::Missing { install_hint } => ("missing".to_owned(), Some(install_hint)),
        CheckOutcome::VersionMismatch { found, required, install_hint } => {
            let problem = format!("version {} does not match {}", short(found), short(required));
            (problem, Some(install_hint))
        }
        CheckOutcome::AuthFailed { detail, recovery_hint } => {
            (format!("authentication failed: {}", short(detail)), Some(recovery_hint))
        }
        CheckOutcome::Unreachable { detail, recovery_hint } => {
            (format!("unreachable: {}", short(detail)), Some(recovery_hint))
        }
        CheckOutcome::ProbeError { detail } => {
            (format!("could not be checked: {}", short(detail)), None)
        }
    };
    (Style::Bad.cell(format!("{BAD} {problem}")), hint.map(|hint| short(hint).to_string()))
}

fn extension(instance: Option<&str>) -> String {
    instance.map_or_else(|| "extension".to_owned(), |instance| format!("extension ({instance})"))
}
