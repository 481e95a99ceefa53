//! `gtc op env doctor`: report the problems of an environment and how to fix them.

use std::io;

use clap::Args;
use env_pack_domain::EnvId;
use env_pack_domain::diagnosis::DiagnosisSeverity;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::args::environment::OptionalEnvironmentArg;
use crate::error::UsageError;
use crate::exit_code::{EXIT_ERROR, EXIT_REFUSED};
use crate::input::Input;
use crate::parse::Payload;
use crate::render::{BAD, GOOD, NOTICE, RenderHuman, empty_cell, plural, verdict_sign};
use crate::runner::Runner;
use crate::table::{Cell, Style, Table};
use gtc_core::ops::doctor::{self, BindingHealth, DoctorFinding, DoctorReport, FindingSubject};

/// An environment to check.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DoctorPayload {
    #[command(flatten)]
    #[serde(default)]
    pub environment_id: OptionalEnvironmentArg,
    /// Treat information as findings
    #[arg(long)]
    #[serde(default)]
    pub strict: bool,
}

impl Payload for DoctorPayload {
    type Request = (EnvId, bool);

    fn into_request(self) -> Result<Self::Request, UsageError> {
        Ok((self.environment_id.parse()?, self.strict))
    }
}

pub(super) fn run(runner: &Runner, input: Input<DoctorPayload>) -> io::Result<u8> {
    runner.run_with_writer(
        "env",
        "doctor",
        input,
        |(environment, strict)| Ok(doctor::doctor(&runner.host, &environment, strict)?),
        |output, report| {
            output.result(report)?;
            Ok(if report.is_incomplete {
                EXIT_ERROR
            } else if report.healthy {
                0
            } else {
                EXIT_REFUSED
            })
        },
    )
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
        let findings = self
            .findings
            .iter()
            .filter(|finding| finding.severity == DiagnosisSeverity::Finding)
            .count();
        let notices = self.findings.len() - findings;
        let summary = format!(
            "{} bound, {}, {}",
            self.bindings.len(),
            plural(findings, "finding"),
            plural(notices, "notice")
        );
        let (sign, style) = verdict_sign(self.healthy);
        let word = if self.healthy { "healthy" } else { "not healthy" };
        text + &format!("{}: {summary}\n", style.paint(&format!("{sign} {word}")))
    }
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
