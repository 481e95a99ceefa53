//! What a handler finds that looks for a way out: an empty world, with a clock and with
//! chance in it.

use std::path::Path;
use std::time::{Duration, Instant};

use env_pack_domain::{BindingContext, CheckOutcome, HandlerFault, Permissions, Preflight};
use gtc::engine::Limits;

use crate::support::engines::{engine, load};

/// The preflight of a component, with these answers.
pub fn preflight(
    component: &Path,
    limits: Limits,
    answers_json: &str,
) -> Result<Preflight, HandlerFault> {
    let component = std::fs::read(component).expect("a guest");
    load(&engine(limits), &component).handler.preflight(&BindingContext {
        env_id: "local".parse().expect("an id"),
        instance_id: None,
        answers_json: answers_json.to_owned(),
        grants: Permissions::default(),
    })
}

/// What a guest found, in its own words; it asked the host for nothing.
pub fn found(preflight: &Preflight) -> Vec<(&str, &str)> {
    assert!(preflight.probes.is_empty());
    let detail = |outcome| match outcome {
        &CheckOutcome::Ok { detail: Some(ref detail) } => detail.as_exact(),
        other => panic!("{other:?}"),
    };
    preflight.checks.iter().map(|check| (check.name.as_exact(), detail(&check.outcome))).collect()
}

/// The preflight of the witness in Rust, with these answers.
fn witness(answers_json: &str) -> Result<Preflight, HandlerFault> {
    preflight(&test_artifacts::std_witness(), Limits::default(), answers_json)
}

#[test]
fn the_standard_library_of_rust_finds_an_empty_world() {
    let preflight = witness("{}").expect("an answer");
    let expected = [
        ("current folder", "\"/\""),
        ("list /", "NotFound"),
        ("list .", "NotFound"),
        ("read /etc/passwd", "NotFound"),
        ("read ../../etc/passwd", "NotFound"),
        ("read /proc/self/environ", "NotFound"),
        ("open /dev/tty", "NotFound"),
        ("write /tmp/x", "NotFound"),
        ("write x", "NotFound"),
        ("make a folder", "NotFound"),
        ("make a link", "NotFound"),
        ("connect", "PermissionDenied"),
        ("listen", "PermissionDenied"),
        ("datagrams", "PermissionDenied"),
        ("look a name up", "Uncategorized"),
        ("variables", "0"),
        ("arguments", "0"),
        ("standard input", "\"\""),
        ("another program", "Unsupported"),
        ("another thread", "Unsupported"),
        ("sleeps", "true"),
        ("knows the year", "true"),
        ("chance differs", "true"),
    ];
    assert_eq!(found(&preflight), expected);
}

#[test]
fn ending_oneself_is_a_fault_of_its_own() {
    for (answers, code) in [("{\"exit\": 0}", 0), ("{\"exit\": 7}", 1)] {
        let start = Instant::now();
        let fault = witness(answers).expect_err("a fault");
        assert_eq!(fault.kind(), "exited", "{fault}");
        // the interface knows success and failure, and no other code
        assert!(
            fault
                .to_string()
                .contains(&format!("in `preflight` with exit code {code}, without an answer")),
            "{fault}"
        );
        assert_eq!(fault.to_string().contains("these are my last words"), code == 1, "{fault}");
        assert!(start.elapsed() < Duration::from_secs(5));
    }
}

#[test]
fn chance_is_handed_out_in_measure() {
    let fault = witness("{\"random\": \"much\"}").expect_err("a fault");
    assert_eq!(fault.kind(), "trapped", "{fault}");
    assert!(fault.to_string().contains("65536"), "{fault}");
}
