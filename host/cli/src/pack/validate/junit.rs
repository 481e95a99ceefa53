//! Renders a validation report as JUnit XML: a test suite for each pack, a test case for
//! each finding. A test case fails if its finding counts against the pack.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::location::subject_text;
use crate::render::shown;
use gtc_core::ops::validate::{PackFinding, PackReport, ValidateReport, ValidationFailure};

/// Renders the report as an XML document.
///
/// # Errors
/// Fails if the document cannot be serialized.
pub(super) fn junit(report: &ValidateReport) -> io::Result<String> {
    let mut junit = Report::new("gtc pack validate");
    junit.set_time(Duration::ZERO);
    junit.add_test_suites(report.packs.iter().map(|pack| test_suite(pack, report.strict)));
    let xml = junit.to_string().map_err(io::Error::other)?;
    // the two characters that are plain text elsewhere, and that XML does not allow
    Ok(xml.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}"))
}

fn test_suite(pack: &PackReport, strict: bool) -> TestSuite {
    let mut suite = TestSuite::new(shown(&pack.pack_ref));
    suite.set_time(Duration::ZERO);
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for finding in &pack.findings {
        suite.add_test_case(finding_case(finding, strict, &mut names));
    }
    if let Some(failure) = &pack.failure {
        suite.add_test_case(TestCase::new("examined", error_status(failure)));
    }
    if suite.failures + suite.errors == 0 {
        suite.add_test_case(TestCase::new("in order", TestCaseStatus::success()));
    }
    for case in &mut suite.test_cases {
        case.set_classname(shown(&pack.pack_ref));
        case.set_time(Duration::ZERO);
    }
    if pack.omitted > 0 {
        suite.set_system_out(format!("there are {} more findings", pack.omitted));
    }
    suite
}

/// The test case of a finding. CI systems merge test cases of one name, so each name is
/// unique in its suite.
fn finding_case(
    finding: &PackFinding,
    strict: bool,
    names: &mut BTreeMap<String, usize>,
) -> TestCase {
    let place = subject_text(finding).map(|place| format!(" at {place}")).unwrap_or_default();
    let name = shown(&format!("{}{place}", finding.code.name()));
    let count = names.entry(name.clone()).or_default();
    *count += 1;
    let name = if *count > 1 { format!("{name} ({count})") } else { name };
    let text = format!(
        "{}: {}{}\nnext: {}\nsee {}",
        finding.severity,
        shown(&finding.message),
        shown(&place),
        finding.hint,
        finding.help
    );
    if finding.counts_against_pack(strict) {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status
            .set_type(finding.code.name())
            .set_message(shown(&finding.message))
            .set_description(text);
        TestCase::new(name, status)
    } else {
        let mut case = TestCase::new(name, TestCaseStatus::success());
        case.set_system_out(text);
        case
    }
}

fn error_status(failure: &ValidationFailure) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status
        .set_type(failure.kind)
        .set_message(shown(&failure.message))
        .set_description(shown(&failure.hint));
    status
}
