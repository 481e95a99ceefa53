//! `gtc op env doctor`: report the problems of an environment and how to fix them.

use std::io;

use clap::Args;
use env_pack_domain::diagnosis::DiagnosisSeverity;
use schemars::JsonSchema;
use serde::Deserialize;

use super::fleet::{self, SummaryLine};
use crate::args::fleet::{AllArg, EnvironmentsArg, KindPattern, PackRefPattern, Selection};
use crate::error::UsageError;
use crate::exit_code::{EXIT_ERROR, EXIT_REFUSED};
use crate::input::Input;
use crate::parse::Payload;
use crate::render::{BAD, GOOD, NOTICE, RenderHuman, empty_cell, plural, verdict_sign};
use crate::runner::Runner;
use crate::table::{Cell, Style, Table};
use gtc_core::ops::doctor::{self, BindingHealth, DoctorFinding, DoctorReport, FindingSubject};
use gtc_core::ops::fleet::Fleet;

/// The environments to check.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DoctorPayload {
    #[command(flatten)]
    #[serde(default)]
    pub environment_id: EnvironmentsArg,
    #[command(flatten)]
    #[serde(default)]
    pub all: AllArg,
    #[command(flatten)]
    #[serde(default)]
    pub kind: KindPattern,
    #[command(flatten)]
    #[serde(default)]
    pub pack_ref: PackRefPattern,
    /// Treat information as findings
    #[arg(long)]
    #[serde(default)]
    pub strict: bool,
}

impl Payload for DoctorPayload {
    type Request = (Selection, bool);

    fn into_request(self) -> Result<Self::Request, UsageError> {
        let Self { environment_id, all, kind, pack_ref, strict } = self;
        Ok((Selection::parse(&environment_id, &all, &kind, &pack_ref)?, strict))
    }
}

/// Environments to diagnose.
enum Diagnosis<'a> {
    One(Box<DoctorReport>),
    Many(Fleet<'a>, bool),
}

pub(super) fn run(runner: &Runner, input: Input<DoctorPayload>) -> io::Result<u8> {
    let host = &runner.host;
    let diagnose = |(selection, strict)| {
        Ok(match selection {
            Selection::One(id) => Diagnosis::One(Box::new(doctor::doctor(host, &id, strict)?)),
            Selection::Many(selector) => Diagnosis::Many(Fleet::select(host, selector)?, strict),
        })
    };
    runner.run_with_writer("env", "doctor", input, diagnose, |output, diagnosis| match diagnosis {
        Diagnosis::One(report) => {
            output.result(&**report)?;
            Ok(exit_code(report))
        }
        Diagnosis::Many(fleet, strict) => fleet::write(output, fleet, |is_interrupted, write| {
            fleet.doctor(*strict, is_interrupted, write)
        }),
    })
}

fn exit_code(report: &DoctorReport) -> u8 {
    if report.is_incomplete {
        EXIT_ERROR
    } else if report.healthy {
        0
    } else {
        EXIT_REFUSED
    }
}

impl SummaryLine for DoctorReport {
    fn summary(&self) -> (bool, &'static str, String) {
        let word = if self.healthy { "healthy" } else { "not healthy" };
        (self.healthy, word, numbers(self))
    }

    fn environment(&self) -> String {
        self.environment_id.to_string()
    }

    fn details(&self) -> String {
        self.findings.iter().map(finding_text).collect()
    }
}

impl RenderHuman for DoctorReport {
    fn render_human(&self, _verb: &str) -> String {
        let mut table = Table::new(["SLOT", "KIND", "PACK", "STATE"]);
        for binding in &self.bindings {
            table.row(binding_row(binding));
        }
        for slot in &self.missing_slots {
            let subject = FindingSubject::Slot(*slot);
            let finding = self.findings.iter().find(|finding| finding.subject == subject);
            let (sign, style) = sign(finding.map(|finding| finding.severity));
            table.row([
                Style::Bold.cell(slot),
                empty_cell(),
                empty_cell(),
                style.cell(format!("{sign} not bound")),
            ]);
        }
        let mut text = format!("environment `{}`\n\n{}\n", self.environment_id, table.render());
        let signed = self
            .signatures
            .iter()
            .map(|signed| format!("pack `{}`: {}\n", signed.pack_ref, signed.signature));
        text.extend(signed);
        text.push_str(if self.signatures.is_empty() { "" } else { "\n" });
        for finding in &self.findings {
            text.push_str(&finding_text(finding));
        }
        let summary = numbers(self);
        let (sign, style) = verdict_sign(self.healthy);
        let word = if self.healthy { "healthy" } else { "not healthy" };
        text + &format!("{}: {summary}\n", style.paint(&format!("{sign} {word}")))
    }
}

/// The numbers of bindings, findings and notices.
fn numbers(report: &DoctorReport) -> String {
    let severities = report.findings.iter().map(|finding| finding.severity);
    let findings = severities.filter(|severity| *severity == DiagnosisSeverity::Finding).count();
    let notices = report.findings.len() - findings;
    format!(
        "{} bound, {}, {}",
        report.bindings.len(),
        plural(findings, "finding"),
        plural(notices, "notice")
    )
}

fn binding_row(binding: &BindingHealth) -> [Cell; 4] {
    let slot = match &binding.instance_id {
        Some(instance) => format!("{} ({instance})", binding.slot),
        None => binding.slot.to_string(),
    };
    let pack = match &binding.pack_ref {
        env_pack_domain::PackRef::Builtin(_) => "built-in".to_owned(),
        other if binding.without_handler => format!("{other} (no handler)"),
        other => other.to_string(),
    };
    let (sign, style) = sign(binding.severity);
    let state = style.cell(format!("{sign} {}", binding.state.replace('-', " ")));
    [Style::Bold.cell(slot), Style::Plain.cell(&binding.kind), Style::Plain.cell(pack), state]
}

fn finding_text(finding: &DoctorFinding) -> String {
    let (sign, style) = sign(Some(finding.severity));
    let heading = style.paint(&format!("{sign} {}:", finding.code));
    format!("{heading} {}\n    {}\n    next: {}\n\n", finding.subject, finding.reason, finding.next)
}

/// The symbol and style of a severity; of health if there is none.
fn sign(severity: Option<DiagnosisSeverity>) -> (&'static str, Style) {
    match severity {
        Some(DiagnosisSeverity::Finding) => (BAD, Style::Bad),
        Some(DiagnosisSeverity::Information) => (NOTICE, Style::Notice),
        None => (GOOD, Style::Good),
    }
}
