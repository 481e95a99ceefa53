//! `gtc pack validate`: report all problems of packs and how to fix them (for CI).

mod github;
mod junit;
mod location;
mod sarif;

use std::io;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use env_pack_domain::EnvId;
use schemars::JsonSchema;
use serde::Deserialize;

use github::github;
use junit::junit;
use location::subject_text;
use sarif::sarif;

use super::arguments::key_and_environment;
use crate::args::parse_value_enum;
use crate::error::UsageError;
use crate::exit_code::{EXIT_ERROR, EXIT_REFUSED};
use crate::global::Format;
use crate::grammar::NewPackRef;
use crate::input::Input;
use crate::output::{self, Output};
use crate::parse::{Payload, parse_argument};
use crate::render::{BAD, GOOD, NOTICE, RenderHuman, plural, shown};
use crate::runner::Runner;
use crate::table::Style;
use gtc_core::document::Text;
use gtc_core::ops::validate::{
    self as validation, FindingSeverity, PackFinding, PackReport, SignaturePolicy, ValidateReport,
    ValidateRequest, ValidationVerdict,
};

/// Examples in the help text; a test parses each of them.
pub(super) const EXAMPLES: &str = "\
Examples:
  gtc pack validate vault.gtpack
  gtc pack validate vault.gtpack --strict --require-handler
  gtc pack validate vault.gtpack --require-signature --key acme.key.pub
  gtc pack validate vault.gtpack redis.gtpack --report sarif

Exit code: 0 if all packs pass, 1 if one fails, 2 if one could not be examined.
docs/validate.md explains the code of every finding.";

/// Packs to validate.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ValidatePayload {
    /// Packs: paths, `oci://…`, or names of built-ins
    #[arg(value_name = "REF", required = true)]
    #[schemars(with = "Vec<Text<NewPackRef>>", length(min = 1))]
    pub pack_refs: Vec<String>,
    /// Treat warnings as errors
    #[arg(long)]
    #[serde(default)]
    pub strict: bool,
    /// Report a pack without a handler as an error
    #[arg(long)]
    #[serde(default)]
    pub require_handler: bool,
    /// Report an unsigned pack as an error
    #[arg(long)]
    #[serde(default)]
    pub require_signature: bool,
    /// Public key file; each pack must be signed by one of the keys
    #[arg(long = "key", value_name = "FILE")]
    #[serde(default)]
    pub keys: Vec<PathBuf>,
    /// Environment whose trust root must have signed each pack
    #[arg(long = "env", value_name = "ENV")]
    #[serde(default)]
    #[schemars(with = "Option<Text<EnvId>>")]
    pub environment_id: Option<String>,
    /// Report format; overrides `--format`
    #[arg(long, value_name = "FORM")]
    #[serde(default)]
    pub report: Option<ReportForm>,
}

/// A report format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema, ValueEnum)]
#[serde(try_from = "String")]
#[schemars(!try_from, rename_all = "lowercase")]
pub(crate) enum ReportForm {
    /// Text for people
    Human,
    /// One JSON document, as printed by every command
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML, for test reports
    Junit,
    /// GitHub Actions workflow commands, for annotations
    Github,
}

impl TryFrom<String> for ReportForm {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        parse_value_enum(&name)
    }
}

impl Payload for ValidatePayload {
    type Request = (ValidateRequest, Option<ReportForm>);

    fn into_request(self) -> Result<Self::Request, UsageError> {
        if self.pack_refs.is_empty() {
            return Err(UsageError::new("pack_refs", "name at least one pack"));
        }
        let signatures = match (self.environment_id, self.keys.is_empty()) {
            (Some(_), false) => return Err(key_and_environment()),
            (Some(environment), true) => {
                SignaturePolicy::Environment(parse_argument("environment_id", &environment)?)
            }
            (None, false) => SignaturePolicy::Keys(self.keys),
            (None, true) if self.require_signature => SignaturePolicy::AnySigner,
            (None, true) => SignaturePolicy::NotRequired,
        };
        // keep paths relative, so that a CI can match them with the files of its repository
        let pack_ref =
            |text: &String| parse_argument("pack_refs", text).map(|NewPackRef(pack_ref)| pack_ref);
        let packs = self.pack_refs.iter().map(pack_ref).collect::<Result<_, _>>()?;
        let request = ValidateRequest {
            packs,
            strict: self.strict,
            require_handler: self.require_handler,
            signatures,
        };
        Ok((request, self.report))
    }
}

/// Validates packs and writes the report in the requested format.
pub(super) fn run(runner: &Runner, input: Input<ValidatePayload>) -> io::Result<u8> {
    runner.run_with_writer(
        "pack",
        "validate",
        input,
        |(request, form)| Ok((validation::validate(&runner.host, &request), form)),
        |output, (report, form)| {
            match form {
                None => output.result(report)?,
                Some(ReportForm::Human) => {
                    Output { format: Format::Human, ..*output }.result(report)?
                }
                Some(ReportForm::Json) => {
                    Output { format: Format::Json, ..*output }.result(report)?
                }
                Some(ReportForm::Sarif) => output::print_json(&sarif(report))?,
                Some(ReportForm::Junit) => output::print(&junit(report)?)?,
                Some(ReportForm::Github) => output::print(&github(report))?,
            }
            Ok(match report.verdict() {
                ValidationVerdict::Passed => 0,
                ValidationVerdict::Failed => EXIT_REFUSED,
                ValidationVerdict::Unknown => EXIT_ERROR,
            })
        },
    )
}

impl RenderHuman for ValidateReport {
    fn render_human(&self, _verb: &str) -> String {
        let mut text: String =
            self.packs.iter().map(|pack| human_pack(pack, self.strict) + "\n").collect();
        let counts = [(self.errors, "error"), (self.warnings, "warning"), (self.notes, "note")];
        let counts: Vec<_> = counts.into_iter().map(|(count, what)| plural(count, what)).collect();
        let packs = plural(self.packs.len(), "pack");
        text.push_str(&match self.verdict() {
            ValidationVerdict::Passed => {
                format!("{} {packs} passed: {}\n", Style::Good.paint(GOOD), counts.join(", "))
            }
            ValidationVerdict::Failed => {
                format!("{} {packs}: {}\n", Style::Bad.paint(BAD), counts.join(", "))
            }
            ValidationVerdict::Unknown => {
                format!(
                    "{} {packs}, some could not be examined: {}\n",
                    Style::Bad.paint(BAD),
                    counts.join(", ")
                )
            }
        });
        text
    }
}

fn human_pack(pack: &PackReport, strict: bool) -> String {
    let sign = match pack.verdict(strict) {
        ValidationVerdict::Passed => Style::Good.paint(GOOD),
        ValidationVerdict::Failed | ValidationVerdict::Unknown => Style::Bad.paint(BAD),
    };
    let name = match (&pack.id, &pack.version) {
        (Some(id), Some(version)) => format!(" (`{id}` {version})"),
        _ => String::new(),
    };
    let mut text = format!("{sign} {}{name}\n", shown(&pack.pack_ref));
    for handler in &pack.handlers {
        text.push_str(&format!(
            "    `{}` serves {}, supports `{}`\n",
            handler.descriptor_path, handler.slot, handler.supported_versions
        ));
    }
    for finding in &pack.findings {
        text.push_str(&human_finding(finding));
    }
    if pack.omitted > 0 {
        text.push_str(&format!("    and {} more\n", pack.omitted));
    }
    if let Some(stopped) = pack.stopped {
        text.push_str(&format!("    {stopped}\n"));
    }
    if let Some(failure) = &pack.failure {
        text.push_str(&format!(
            "  {} could not be examined: {}\n",
            Style::Bad.paint(BAD),
            failure.message
        ));
        text.push_str(&format!("    next: {}\n", failure.hint));
    }
    text
}

fn human_finding(finding: &PackFinding) -> String {
    let (style, sign) = match finding.severity {
        FindingSeverity::Error => (Style::Bad, BAD),
        FindingSeverity::Warning => (Style::Notice, NOTICE),
        FindingSeverity::Note => (Style::Faint, "·"),
    };
    let place = subject_text(finding).map(|place| format!("    at {place}\n")).unwrap_or_default();
    format!(
        "  {} {}: {}\n{place}    next: {}\n",
        style.paint(sign),
        Style::Bold.paint(finding.code.name()),
        finding.message,
        finding.hint
    )
}
