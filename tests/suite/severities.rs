//! One fact has one severity: what `pack validate` calls an error may not be bound, and is a
//! finding of `doctor` if it is bound anyway; a warning may be bound, with a warning, and is
//! information there.

use gtc_archive::{HandlerDeclaration, NewHandler, NewPack};
use serde_json::Value;

use test_support::wat::Handler;
use test_support::{Sandbox, members, packs, text};

const PATH: &str = "acme.state.demo";
const KIND: &str = "acme.state.demo@1.0.0";
const PROBE: &str = "(import \"greentic:env-pack/tools@0.1.0\" \"probe\" (func $probe (param i32 i32 i32 i32 i32)))";
const REACH: &str =
    "(import \"greentic:env-pack/network@0.1.0\" \"reach\" (func $reach (param i32 i32 i32 i32)))";

#[derive(Clone, Copy, PartialEq)]
enum Severity {
    Warning,
    Error,
}

/// A pack with one fault: its code in `pack validate`, and in `doctor`.
struct Fault {
    severity: Severity,
    validate: &'static str,
    doctor: &'static str,
    archive: Vec<u8>,
}

fn handler() -> Handler {
    Handler::new("state", PATH, "^1")
}

fn importing(import: &str) -> Vec<u8> {
    Handler { imports: import.to_owned(), ..handler() }.archive()
}

/// A pack of these components, all declared as the handler of the path.
fn pack_of(versions: &str, components: &[&str], answers_schema: Option<&str>) -> Vec<u8> {
    let declared = HandlerDeclaration {
        slot: "state".parse().expect("a slot"),
        descriptor_path: PATH.parse().expect("a path"),
        supported_versions: versions.parse().expect("a requirement"),
        permissions: packs::permissions(&[], &[]),
    };
    let handler = |id: &&str| NewHandler {
        component: (*id).to_owned(),
        bytes: handler().component(),
        declared: declared.clone(),
    };
    let pack = NewPack {
        id: PATH.to_owned(),
        version: "1.0.0".parse().expect("a version"),
        publisher: "acme".to_owned(),
        answers_schema: answers_schema.map(|schema| schema.as_bytes().to_vec()),
        handlers: components.iter().map(handler).collect(),
    };
    gtc_archive::write(&pack).expect("a pack")
}

fn faults() -> Vec<Fault> {
    let warning = |validate, archive| Fault {
        severity: Severity::Warning,
        validate,
        doctor: "permission-mismatch",
        archive,
    };
    let error =
        |validate, doctor, archive| Fault { severity: Severity::Error, validate, doctor, archive };
    let unused_tool = packs::permissions(&["vault version"], &[]);
    let unused_address = packs::permissions(&[], &["vault.example:1"]);
    let mut damaged = handler().archive();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    let builtin = "greentic.state.in-memory";
    vec![
        warning("tools-not-declared", importing(PROBE)),
        warning("network-not-declared", importing(REACH)),
        warning("tools-not-imported", handler().archive_with(unused_tool)),
        warning("network-not-imported", handler().archive_with(unused_address)),
        error("zip-checksum", "load-failure", damaged),
        error("supported-versions-differ", "load-failure", pack_of("^1.0", &["a"], None)),
        error("path-answered-twice", "load-failure", pack_of("^1", &["a", "b"], None)),
        error("metadata-trapped", "load-failure", {
            let trap = Some("unreachable".to_owned());
            Handler { slot_body: trap, ..handler() }.archive()
        }),
        error("path-of-builtin", "duplicate-registration", {
            Handler::new("state", builtin, "^1").archive()
        }),
        error(
            "answers-schema-invalid",
            "answers-schema-invalid",
            pack_of("^1", &["a"], Some("{\"type\": \"text\"}")),
        ),
    ]
}

/// The findings of `doctor` with a code; fails if they differ in severity.
fn doctor_severity(report: &Value, code: &str) -> Option<String> {
    let findings = report["findings"].as_array().expect("a list").iter();
    let mut severities: Vec<_> = findings
        .filter(|finding| finding["code"] == code)
        .map(|finding| text(&finding["severity"]).to_owned())
        .collect();
    severities.dedup();
    assert!(severities.len() < 2, "{severities:?}");
    severities.pop()
}

#[test]
fn a_fault_has_the_same_severity_in_every_verb() {
    for Fault { severity, validate, doctor, archive } in faults() {
        let sandbox = Sandbox::with_local();
        let pack = sandbox.write("demo.gtpack", archive);
        let report = sandbox.pack().validate(&pack).run().result();
        let findings = &report["packs"][0]["findings"];
        let at = members(findings, "code").iter().position(|code| code == validate);
        let found = &findings[at.unwrap_or_else(|| panic!("{validate}: {findings}"))]["severity"];
        let kind = if doctor == "duplicate-registration" {
            "greentic.state.in-memory@1.0.0"
        } else {
            KIND
        };
        let update = sandbox.env_packs().update("state").kind(kind).pack_ref(&pack);
        let bound = update.clone().grant_declared().run();
        match severity {
            Severity::Warning => {
                assert_eq!(found, "warning", "{validate}");
                let report = bound.succeeded().result();
                assert_eq!(report["warnings"].as_array().map(Vec::len), Some(1), "{report}");
                let report = sandbox.env().doctor().succeeded().result();
                assert_eq!(doctor_severity(&report, doctor).as_deref(), Some("information"));
                sandbox.env().doctor().strict().exited(1);
                sandbox.env().tool_check().succeeded();
            }
            Severity::Error => {
                assert_eq!(found, "error", "{validate}");
                bound.exited(1);
                // by another tool, which does not check it
                update.no_fetch().succeeded();
                let report = sandbox.env().doctor().exited(1).result();
                assert_eq!(
                    doctor_severity(&report, doctor).as_deref(),
                    Some("finding"),
                    "{validate}: {report}"
                );
                // its handler can run, whatever the answers are
                let code = i32::from(validate != "answers-schema-invalid");
                sandbox.env().tool_check().exited(code);
            }
        }
    }
}
