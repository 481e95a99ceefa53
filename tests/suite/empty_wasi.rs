//! A handler finds WASI empty, except for clocks and random numbers.

use std::path::Path;

use env_pack_domain::{BindingContext, CheckOutcome, HandlerFault, Permissions, Preflight};
use gtc_engine::EngineLimits;

use test_support::engines::{engine, load};

/// Runs the preflight of a component, with these answers.
pub fn preflight(
    component: &Path,
    limits: EngineLimits,
    answers_json: &str,
) -> Result<Preflight, HandlerFault> {
    let component = std::fs::read(component).expect("a guest");
    load(&engine(limits), &component).handler.preflight(&BindingContext {
        env_id: "local".parse().expect("an id"),
        instance_id: None,
        answers_json: answers_json.to_owned(),
        grants: Permissions::default(),
        declared: Permissions::default(),
    })
}

/// Returns the names and details of the checks. The guest must not have probed.
pub fn found(preflight: &Preflight) -> Vec<(&str, &str)> {
    assert!(preflight.probes.is_empty());
    let detail = |outcome| match outcome {
        &CheckOutcome::Ok { detail: Some(ref detail) } => detail.as_exact(),
        other => panic!("{other:?}"),
    };
    preflight.checks.iter().map(|check| (check.name.as_exact(), detail(&check.outcome))).collect()
}

/// Runs the preflight of the Rust guest `witness`, with these answers.
fn witness(answers_json: &str) -> Result<Preflight, HandlerFault> {
    preflight(&test_artifacts::std_witness(), EngineLimits::default(), answers_json)
}

#[test]
fn the_rust_standard_library_finds_an_empty_environment() {
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
fn a_guest_that_exits_is_reported() {
    for (answers, code) in [("{\"exit\": 0}", 0), ("{\"exit\": 7}", 1)] {
        let fault = witness(answers).expect_err("a fault");
        assert_eq!(fault.kind(), "exited", "{fault}");
        // the interface only knows success and failure
        assert!(
            fault
                .to_string()
                .contains(&format!("in `preflight` with code {code}, without an answer")),
            "{fault}"
        );
        assert_eq!(fault.to_string().contains("these are my last words"), code == 1, "{fault}");
    }
}

#[test]
fn random_requests_are_limited() {
    let fault = witness("{\"random\": \"much\"}").expect_err("a fault");
    assert_eq!(fault.kind(), "trapped", "{fault}");
    assert!(fault.to_string().contains("65536"), "{fault}");
}
