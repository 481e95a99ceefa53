//! Renders a validation report as a [SARIF 2.1.0] log: one run, a rule for each code, a
//! result for each finding.
//!
//! GitHub accepts a log only if each result has a file and a line, and merges results with
//! the same rule, file and fingerprint. A pack has no lines, so every result is on line 1;
//! the logical location names the entry or field. GitHub refuses the whole log if a URI has
//! another scheme than `file`, so a pack in a registry becomes the relative path
//! `oci/<registry>/<repository>`; its message and a logical location name the reference.
//!
//! [SARIF 2.1.0]: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html

use std::collections::BTreeMap;

use env_pack_domain::Sha256Digest;
use serde::Serialize;

use super::location::{repository_path, subject_text};
use crate::render::shown;
use gtc_core::ops::validate::{
    Code, FindingSeverity, PAGE, PackFinding, PackReport, ValidateReport, ValidationVerdict,
};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// Separates the results of this command from those of other tools in one repository.
const CATEGORY: &str = "gtc-pack-validate/";
/// The fingerprint that GitHub compares.
const FINGERPRINT: &str = "primaryLocationLineHash";
/// The URL of the repository. If it is empty, rules have no help URI.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// A log file.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SarifLog {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [SarifRun; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifRun {
    tool: SarifTool,
    automation_details: AutomationDetails,
    invocations: [SarifInvocation; 1],
    column_kind: &'static str,
    results: Vec<SarifResult>,
}

#[derive(Serialize)]
struct AutomationDetails {
    id: &'static str,
}

#[derive(Serialize)]
struct SarifTool {
    driver: ToolDriver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ToolDriver {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<SarifRule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifRule {
    id: &'static str,
    name: &'static str,
    short_description: SarifMessage,
    full_description: SarifMessage,
    help: SarifMessage,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<String>,
    default_configuration: RuleConfiguration,
    properties: RuleProperties,
}

#[derive(Serialize)]
struct RuleProperties {
    tags: [&'static str; 1],
    precision: &'static str,
    #[serde(rename = "problem.severity")]
    severity: &'static str,
}

#[derive(Serialize)]
struct RuleConfiguration {
    level: &'static str,
}

#[derive(Serialize)]
struct SarifMessage {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifInvocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<SarifNotification>,
}

#[derive(Serialize)]
struct SarifNotification {
    level: &'static str,
    message: SarifMessage,
    locations: [SarifLocation; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: SarifMessage,
    locations: [SarifLocation; 1],
    partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<ResultProperties>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultProperties {
    byte_offset: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifLocation {
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<LogicalLocation>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: SarifRegion,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifRegion {
    start_line: u64,
    start_column: u64,
    end_line: u64,
    end_column: u64,
}

/// Line 1, for files without lines.
const FIRST_LINE: SarifRegion =
    SarifRegion { start_line: 1, start_column: 1, end_line: 1, end_column: 1 };

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    fully_qualified_name: String,
    kind: &'static str,
}

/// Renders the report as a SARIF log.
pub(super) fn sarif(report: &ValidateReport) -> SarifLog {
    let results = report.packs.iter().flat_map(results);
    let driver = ToolDriver {
        name: "gtc",
        semantic_version: env!("CARGO_PKG_VERSION"),
        rules: Code::ALL.iter().map(|code| rule(*code)).collect(),
    };
    let invocation = SarifInvocation {
        execution_successful: report.verdict() != ValidationVerdict::Unknown,
        tool_execution_notifications: report.packs.iter().flat_map(notifications).collect(),
    };
    let run = SarifRun {
        tool: SarifTool { driver },
        automation_details: AutomationDetails { id: CATEGORY },
        invocations: [invocation],
        column_kind: "unicodeCodePoints",
        results: results.collect(),
    };
    SarifLog { schema: SCHEMA, version: "2.1.0", runs: [run] }
}

fn rule(code: Code) -> SarifRule {
    let description = code.description();
    SarifRule {
        id: code.name(),
        name: code.name(),
        short_description: SarifMessage { text: description.cause.to_owned() },
        full_description: SarifMessage {
            text: format!("{} {}", description.cause, description.fix),
        },
        help: SarifMessage { text: format!("{} See {}.", description.fix, code.help()) },
        help_uri: help_uri(REPOSITORY, code),
        default_configuration: RuleConfiguration { level: level(description.severity) },
        properties: RuleProperties {
            tags: [description.group],
            precision: "high",
            severity: match description.severity {
                FindingSeverity::Note => "recommendation",
                other => level(other),
            },
        },
    }
}

/// The URL of the documentation of a code; SARIF requires an absolute one.
fn help_uri(repository: &str, code: Code) -> Option<String> {
    (!repository.is_empty())
        .then(|| format!("{}/blob/main/{PAGE}#{}", repository.trim_end_matches('/'), code.name()))
}

/// The results about a pack. Each has a unique fingerprint, which does not depend on results
/// about other subjects.
fn results(pack: &PackReport) -> Vec<SarifResult> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let numbered_result = |finding: &PackFinding| {
        let subject =
            finding.subject.as_ref().map(|subject| subject.as_exact()).unwrap_or_default();
        let hash = Sha256Digest::compute(format!("{}\0{subject}", finding.code.name()).as_bytes())
            .hex()[..16]
            .to_owned();
        let count = seen.entry(hash.clone()).or_default();
        *count += 1;
        result(pack, finding, format!("{hash}:{count}"))
    };
    pack.findings.iter().map(numbered_result).collect()
}

fn result(pack: &PackReport, finding: &PackFinding, fingerprint: String) -> SarifResult {
    let place = subject_text(finding).map(|place| format!(" ({place})")).unwrap_or_default();
    SarifResult {
        rule_id: finding.code.name(),
        // rules are in the order of `Code::ALL`
        rule_index: Code::ALL.iter().position(|code| *code == finding.code).unwrap_or_default(),
        level: level(finding.severity),
        // GitHub shows no logical locations
        message: message(pack, &format!("{}{}. {}", finding.message, place, finding.hint)),
        locations: [location(pack, Some(finding))],
        partial_fingerprints: BTreeMap::from([(FINGERPRINT, fingerprint)]),
        properties: finding.byte.map(|byte_offset| ResultProperties { byte_offset }),
    }
}

/// A message, which names the reference of a pack in a registry: its URI is only similar.
fn message(pack: &PackReport, text: &str) -> SarifMessage {
    let text = if registry_reference(&pack.pack_ref).is_some() {
        format!("`{}`: {text}", shown(&pack.pack_ref))
    } else {
        text.to_owned()
    };
    SarifMessage { text }
}

/// The part after `oci://` of the reference of a pack in a registry.
fn registry_reference(pack_ref: &str) -> Option<&str> {
    pack_ref.strip_prefix("oci://")
}

fn location(pack: &PackReport, finding: Option<&PackFinding>) -> SarifLocation {
    let registry = registry_reference(&pack.pack_ref)
        .map(|_| LogicalLocation { fully_qualified_name: shown(&pack.pack_ref), kind: "resource" });
    let subject = finding.and_then(|finding| finding.subject.as_ref());
    let subject = subject.map(|subject| LogicalLocation {
        fully_qualified_name: subject.to_string(),
        kind: if subject.as_exact().contains(['#', '[']) { "member" } else { "resource" },
    });
    SarifLocation {
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation { uri: uri(&pack.pack_ref) },
            region: FIRST_LINE,
        },
        logical_locations: registry.into_iter().chain(subject).collect(),
    }
}

/// Notifications about a pack that could not be examined, and about omitted findings.
fn notifications(pack: &PackReport) -> impl Iterator<Item = SarifNotification> {
    let notification = |level, text: String| SarifNotification {
        level,
        message: message(pack, &text),
        locations: [location(pack, None)],
    };
    let failure = pack.failure.as_ref().map(|failure| {
        notification(
            "error",
            format!("{}: {}. {}", failure.kind, shown(&failure.message), failure.hint),
        )
    });
    let omitted = (pack.omitted > 0)
        .then(|| notification("warning", format!("{} more findings are not listed", pack.omitted)));
    failure.into_iter().chain(omitted)
}

fn level(severity: FindingSeverity) -> &'static str {
    match severity {
        FindingSeverity::Error => "error",
        FindingSeverity::Warning => "warning",
        FindingSeverity::Note => "note",
    }
}

/// A pack reference as a URI reference that GitHub accepts. A relative path stays relative to
/// the working directory; an absolute one becomes a `file://` URI; a reference to a registry
/// becomes a relative path that begins with `oci/`.
fn uri(pack_ref: &str) -> String {
    let (prefix, rest) = if let Some(reference) = registry_reference(pack_ref) {
        ("oci/", reference)
    } else if let Some(path) = pack_ref.strip_prefix("file://") {
        ("file://", path)
    } else if pack_ref.starts_with('/') {
        ("file://", pack_ref)
    } else {
        // GitHub matches paths relative to the root of the repository
        ("", repository_path(pack_ref))
    };
    let mut uri = prefix.to_owned();
    for byte in rest.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pack_reference_becomes_a_uri() {
        for (pack_ref, expected) in [
            ("packs/a b#c.gtpack", "packs/a%20b%23c.gtpack"),
            ("./packs/a.gtpack", "packs/a.gtpack"),
            (".//./a.gtpack", "a.gtpack"),
            ("../a.gtpack", "../a.gtpack"),
            ("javascript:alert(1)", "javascript%3Aalert%281%29"),
            ("/packs/ü.gtpack", "file:///packs/%C3%BC.gtpack"),
            ("file:///a", "file:///a"),
            ("oci://ghcr.io/acme/vault:0.4", "oci/ghcr.io/acme/vault%3A0.4"),
            ("oci://127.0.0.1:5000/a/b:1@sha256:0", "oci/127.0.0.1%3A5000/a/b%3A1%40sha256%3A0"),
            ("https://example.org/a", "https%3A//example.org/a"),
            ("x:y.gtpack", "x%3Ay.gtpack"),
            ("back\\slash.gtpack", "back%5Cslash.gtpack"),
        ] {
            assert_eq!(uri(pack_ref), expected);
        }
    }

    #[test]
    fn help_uri_is_absolute_or_absent() {
        assert_eq!(help_uri("", Code::Tiling), None);
        let found = help_uri("https://example.org/gtc/", Code::Tiling);
        assert_eq!(
            found.as_deref(),
            Some("https://example.org/gtc/blob/main/docs/validate.md#zip-tiling")
        );
    }
}
