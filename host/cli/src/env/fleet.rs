//! Reports of `doctor` and `tool-check` on many environments.

use std::io;

use serde::Serialize;

use crate::exit_code::{EXIT_ERROR, EXIT_REFUSED};
use crate::list_writer::ListWriter;
use crate::output::Output;
use crate::render::{BAD, plural, verdict_sign};
use crate::table::Style;
use gtc_core::TerminationSignals;
use gtc_core::ops::fleet::{Fleet, FleetReport, FleetTotals};

/// A report on one of many environments.
pub(super) trait SummaryLine: Serialize {
    /// Whether the environment passed, the word for it, and its numbers.
    fn summary(&self) -> (bool, &'static str, String);

    /// The id of the environment.
    fn environment(&self) -> String;

    /// The details of an environment that did not pass.
    fn details(&self) -> String;
}

/// Writes one report: a line, and the details if the environment did not pass.
fn write_report<R: SummaryLine>(
    writer: &mut ListWriter<'_>,
    width: usize,
    report: &FleetReport<R>,
) -> io::Result<()> {
    writer.item(report, || match report {
        FleetReport::Checked(report) => {
            let (passed, word, numbers) = report.summary();
            let (sign, style) = verdict_sign(passed);
            let id = Style::Bold.paint(&format!("{:width$}", report.environment()));
            let verdict = style.paint(&format!("{sign} {word}"));
            let details = if passed { String::new() } else { indent(&report.details()) };
            format!("{id}  {verdict}: {numbers}\n{details}")
        }
        FleetReport::Unchecked(unchecked) => {
            let id = Style::Bold.paint(&format!("{:width$}", unchecked.environment_id));
            let verdict = Style::Bad.paint(&format!("{BAD} {}:", unchecked.code.replace('-', " ")));
            format!("{id}  {verdict} {}\n    next: {}\n", unchecked.reason, unchecked.next)
        }
    })
}

/// Writes the reports of many environments as `check` makes them, and returns the exit code.
/// `check` gets a function that says whether the user interrupted it, and one that writes a report.
pub(super) fn write<R: SummaryLine>(
    output: &Output<'_>,
    fleet: &Fleet<'_>,
    check: impl FnOnce(
        &(dyn Fn() -> bool + Sync),
        &mut dyn FnMut(&FleetReport<R>) -> io::Result<()>,
    ) -> io::Result<FleetTotals>,
) -> io::Result<u8> {
    let mut writer = ListWriter::begin(*output)?;
    let width = width(fleet);
    let signals = TerminationSignals::catch();
    let totals =
        check(&|| signals.received(), &mut |report| write_report(&mut writer, width, report))?;
    finish(writer, &totals)
}

/// The width of the ids of environments.
fn width(fleet: &Fleet<'_>) -> usize {
    fleet.ids().iter().map(|id| id.as_str().len()).max().unwrap_or_default()
}

/// Writes the numbers of environments, and returns the exit code.
fn finish(writer: ListWriter<'_>, totals: &FleetTotals) -> io::Result<u8> {
    writer.finish(totals, || {
        let (sign, style) = verdict_sign(totals.passed());
        let mut text = plural(totals.environments, "environment");
        for (count, what) in [
            (totals.passed, "passed"),
            (totals.failed, "failed"),
            (totals.unreadable, "unreadable"),
            (totals.not_checked, "not checked"),
        ] {
            if count > 0 {
                text.push_str(&format!(", {count} {what}"));
            }
        }
        format!("\n{} {text}\n", style.paint(sign))
    })?;
    Ok(if totals.is_incomplete {
        EXIT_ERROR
    } else if totals.passed() {
        0
    } else {
        EXIT_REFUSED
    })
}

fn indent(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.is_empty());
    lines.map(|line| format!("    {line}\n")).collect()
}
