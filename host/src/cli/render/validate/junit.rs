//! JUnit XML: each pack a suite, each finding a test case, which fails when it counts
//! against the pack.

use std::collections::BTreeMap;

use super::{place, shown};
use crate::ops::validate::{Finding, PackReport, ValidateReport};

/// The report as an XML document.
pub fn junit(report: &ValidateReport) -> String {
    let suites: String = report.packs.iter().map(|pack| suite(pack, report.strict)).collect();
    let counts = report.packs.iter().map(|pack| Counts::of(pack, report.strict));
    let all = counts.fold(Counts::default(), |all, one| Counts {
        tests: all.tests + one.tests,
        failures: all.failures + one.failures,
        errors: all.errors + one.errors,
    });
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"gtc pack validate\" {}>\n{suites}</testsuites>\n",
        all.attributes()
    )
}

#[derive(Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
}

impl Counts {
    fn of(pack: &PackReport, strict: bool) -> Self {
        let failures = pack.findings.iter().filter(|finding| finding.counts(strict)).count();
        let errors = usize::from(pack.failure.is_some());
        // a pack against which nothing counts is a test that passes
        Self {
            tests: pack.findings.len() + errors + usize::from(failures + errors == 0),
            failures,
            errors,
        }
    }

    fn attributes(&self) -> String {
        let Self { tests, failures, errors } = self;
        format!(
            "tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"0\" time=\"0\""
        )
    }
}

fn suite(pack: &PackReport, strict: bool) -> String {
    let name = attribute(&pack.pack_ref);
    let counts = Counts::of(pack, strict);
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    let mut cases = String::new();
    for finding in &pack.findings {
        cases.push_str(&case(&name, finding, strict, &mut names));
    }
    if let Some(failure) = &pack.failure {
        let inside = format!(
            "<error type=\"{}\" message=\"{}\">{}</error>",
            attribute(failure.kind),
            attribute(&failure.message),
            escaped(&failure.hint)
        );
        cases.push_str(&test_case(&name, "examined", &inside));
    }
    if counts.failures + counts.errors == 0 {
        cases.push_str(&test_case(&name, "in order", ""));
    }
    if pack.omitted > 0 {
        cases.push_str(&format!(
            "    <system-out>there are {} more findings</system-out>\n",
            pack.omitted
        ));
    }
    format!("  <testsuite name=\"{name}\" {}>\n{cases}  </testsuite>\n", counts.attributes())
}

/// The test case of a finding. Readers take two of one name for one, so each has its own.
fn case(
    suite: &str,
    finding: &Finding,
    strict: bool,
    names: &mut BTreeMap<String, usize>,
) -> String {
    let place = place(finding).map(|place| format!(" at {place}")).unwrap_or_default();
    let (code, message) = (finding.code.name(), &finding.message);
    let text = format!(
        "{}: {message}{place}\nnext: {}\nsee {}",
        finding.severity, finding.hint, finding.help
    );
    let inside = match finding.counts(strict) {
        true => {
            format!(
                "<failure type=\"{code}\" message=\"{}\">{}</failure>",
                attribute(message),
                escaped(&text)
            )
        }
        false => format!("<system-out>{}</system-out>", escaped(&text)),
    };
    let name = format!("{code}{place}");
    let count = names.entry(name.clone()).or_default();
    *count += 1;
    let name = if *count > 1 { format!("{name} ({count})") } else { name };
    test_case(suite, &attribute(&name), &inside)
}

/// A test case; both names are attributes already.
fn test_case(suite: &str, name: &str, inside: &str) -> String {
    format!("    <testcase classname=\"{suite}\" name=\"{name}\" time=\"0\">{inside}</testcase>\n")
}

fn attribute(text: &str) -> String {
    escaped(&shown(text))
}

/// Text that means only itself in XML, whether between tags or in quotes. What no XML
/// document may hold is written out.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\n' | '\t' => escaped.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                escaped.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
            }
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_an_element_or_an_attribute() {
        assert_eq!(attribute("\"><x/>&'"), "&quot;&gt;&lt;x/&gt;&amp;&apos;");
        assert_eq!(attribute("a\u{0}b\u{ffff}\nc"), r"a\u{0}b\u{ffff}\nc");
        assert_eq!(escaped("]]>"), "]]&gt;");
    }
}
