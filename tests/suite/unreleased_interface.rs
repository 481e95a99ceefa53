//! Version 0.2 of the handler interface, in which a slot is a text. It is not released: only an
//! engine that is asked to loads such components, and `gtc` does not ask.

use std::path::Path;

use env_pack_domain::{CheckOutcome, Permissions, Sha256Digest};
use gtc_engine::{AcceptedVersions, Engine, EngineLimits, EngineSettings, Provenance};
use test_support::engines::{context, settings};
use test_support::wat::Handler;
use test_support::{Sandbox, packs, repository};

const PATH: &str = "test.state.text-slot";
const REFUSAL: &str = "it exports `greentic:env-pack/handler@0.2.0`; this host supports \
                       `greentic:env-pack/handler@0.1.x`";

/// Returns an engine that loads components of all versions.
fn engine() -> Engine {
    let settings = settings(EngineLimits::default());
    Engine::new(EngineSettings { accepted_versions: AcceptedVersions::WithUnreleased, ..settings })
}

fn text_slot() -> Vec<u8> {
    std::fs::read(test_artifacts::text_slot()).expect("a guest")
}

#[test]
fn both_versions_load_side_by_side() {
    let engine = engine();
    let released = Handler::new("state", "test.state.released", "^1").component();
    let unreleased = text_slot();
    for load in [Engine::load, Engine::load_isolated] {
        let load = |component: &[u8]| {
            let digest = Sha256Digest::compute(component);
            load(&engine, component, &digest, Provenance::External).expect("it loads").handler
        };
        let released = load(&released);
        let unreleased = load(&unreleased);
        assert_eq!(unreleased.slot(), released.slot());
        assert_eq!(unreleased.descriptor_path().as_str(), PATH);
        assert_eq!(unreleased.supported_versions().to_string(), "^1");
        assert_eq!(released.preflight(&context()).expect("an answer").checks, []);
        let checks = unreleased.preflight(&context()).expect("an answer").checks;
        let details = checks.iter().map(|check| match &check.outcome {
            CheckOutcome::Ok { detail: Some(detail) } => format!("{}: {detail}", check.name),
            other => format!("{}: {other:?}", check.name),
        });
        snapbox::assert_data_eq!(
            details.collect::<Vec<_>>().join("\n"),
            snapbox::str![[r#"
environment: local
instance: None
answers: {}
ran: [..]
reached: [..]
"#]]
        );
    }
}

#[test]
fn the_host_has_the_closed_list_of_slots() {
    let handler = Handler::new("state", PATH, "^1");
    let engine = engine();
    let load = |slot: &str| {
        let component = handler.component_with_slot(slot);
        engine.load(&component, &Sha256Digest::compute(&component), Provenance::External)
    };
    assert_eq!(load("secrets").expect("it loads").handler.slot().to_string(), "secrets");
    for unknown in ["cache", "", "State", "state\n", "\u{1b}[31mstate", &"state".repeat(10_000)] {
        let error = load(unknown).expect_err("refused");
        assert_eq!(error.kind(), "wrong-shape");
        let message = error.to_string();
        assert!(message.contains("is not a capability slot (one of deployer, "), "{message}");
        assert!(message.len() < 1000 && !message.contains(char::is_control), "{message:?}");
    }
}

#[test]
fn a_host_that_is_not_asked_to_refuses_it() {
    let component = text_slot();
    let digest = Sha256Digest::compute(&component);
    let engine = test_support::engines::engine(EngineLimits::default());
    for load in [Engine::load, Engine::load_isolated, Engine::load_for_dry_run] {
        let error = load(&engine, &component, &digest, Provenance::External).expect_err("refused");
        assert_eq!(error.to_string(), REFUSAL);
    }
}

#[test]
fn the_program_refuses_it_by_name() {
    let sandbox = Sandbox::with_local();
    let build = sandbox.pack().build(test_artifacts::text_slot()).version("1.0.0");
    let message = build.refused(1, "unsupported-wit-version");
    assert!(message.contains(REFUSAL), "{message}");
    let pack = packs::archive("state", PATH, "^1", text_slot(), Permissions::default());
    let pack = sandbox.write("text-slot.gtpack", pack);
    let update = sandbox.env_packs().update("state").kind(format!("{PATH}@1.0.0"));
    let message = update.pack_ref(&pack).refused(1, "unsupported-wit-version");
    assert!(message.contains(REFUSAL), "{message}");
    let report = sandbox.gtc(["pack", "validate", &pack.to_string_lossy()]).exited(1).stdout;
    assert!(report.contains("unsupported-wit-version"), "{report}");
}

/// The lines of a WIT that are not comments.
fn wit_without_comments(folder: &Path) -> String {
    let files = ["types", "handler", "host", "world"];
    let files = files.map(|name| folder.join(name).with_extension("wit"));
    let texts = files.map(|file| std::fs::read_to_string(file).expect("our WIT"));
    let lines = texts.iter().flat_map(|text| text.lines()).map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn only_the_type_of_a_slot_differs() {
    let released = wit_without_comments(&repository().join("wit/env-pack/0.1.0"));
    let unreleased = wit_without_comments(&repository().join("wit/unreleased/env-pack/0.2.0"));
    let (before, rest) = released.split_once("enum capability-slot {").expect("an enum");
    let (_, after) = rest.split_once("}\n").expect("its end");
    let expected = format!("{before}{after}")
        .replace("env-pack@0.1.0", "env-pack@0.2.0")
        .replace("types.{capability-slot, tool-check}", "types.{tool-check}")
        .replace("slot: func() -> capability-slot;", "slot: func() -> string;");
    assert_eq!(unreleased, expected);
}

/// The files below a folder that name every slot.
fn files_with_every_slot(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            if !path.ends_with("target") {
                files_with_every_slot(&path, found);
            }
            continue;
        }
        // snapshots and transcripts show what the program prints
        let extension = path.extension().and_then(|extension| extension.to_str());
        if !matches!(extension, Some("rs" | "wit" | "toml")) {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a text").to_lowercase();
        let slots = env_pack_domain::CapabilitySlot::ALL;
        if slots.iter().all(|slot| text.contains(slot.as_str())) {
            let path = path.strip_prefix(repository()).expect("a file of the repository");
            found.push(path.to_string_lossy().into_owned());
        }
    }
}

#[test]
fn the_page_names_every_place_that_lists_the_slots() {
    let page = std::fs::read_to_string(repository().join("docs/interface.md")).expect("a page");
    let (_, section) = page.split_once("## Adding a slot\n").expect("a section");
    let section = section.split("\n## ").next().expect("a text");
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let mut documented: Vec<_> =
        rows.map(|row| row.split('`').nth(1).expect("a path").to_owned()).collect();
    let mut found = Vec::new();
    for folder in ["host", "guest-sdk", "builtins", "wit", "examples", "fuzz", "xtask", "tests"] {
        files_with_every_slot(&repository().join(folder), &mut found);
    }
    documented.sort();
    found.sort();
    assert_eq!(documented, found);
}
