extern crate std;

use std::format;

use env_pack_sdk::testing::Scripted;
use env_pack_sdk::{Outcome, ToolCheck};

use super::OAuth;

const COMPLETE: &str = r#"{"issuer": "https://login.acme.example/", "client_id": "shop", "client_secret_ref": "secret://oauth/shop"}"#;

fn machine(answers: &str) -> Scripted {
    Scripted::new().answers(answers).allow_answer("issuer").listens("login.acme.example", 443)
}

fn are_good(checks: &[ToolCheck]) -> bool {
    checks.iter().all(|check| matches!(check.outcome, Outcome::Ok(_)))
}

#[test]
fn an_instance_with_all_its_answers_is_ready() {
    let checks = machine(COMPLETE).instance("shop").preflight::<OAuth>();
    assert!(are_good(&checks), "{checks:?}");
    assert_eq!(checks.len(), 3);
    assert!(
        checks.iter().all(|check| check.description.contains(" of instance `shop`")),
        "{checks:?}"
    );
    let checks = machine(COMPLETE).preflight::<OAuth>();
    assert!(
        are_good(&checks) && checks.iter().all(|check| !check.description.contains("instance"))
    );
}

#[test]
fn every_missing_answer_is_reported() {
    let checks = Scripted::new().preflight::<OAuth>();
    assert!(checks.iter().all(|check| matches!(check.outcome, Outcome::Missing(_))), "{checks:?}");
    for answer in ["issuer", "client_id", "client_secret_ref"] {
        let checks = machine(&COMPLETE.replace(answer, "other")).preflight::<OAuth>();
        let [bad] = &checks
            .iter()
            .filter(|check| !are_good(&[(*check).clone()]))
            .collect::<std::vec::Vec<_>>()[..]
        else {
            panic!("one answer is missing: {checks:?}")
        };
        assert_eq!(bad.name, format!("answer `{answer}`"));
    }
}

#[test]
fn a_secret_in_the_answers_and_a_provider_that_is_none_are_refused() {
    let leaked = machine(&COMPLETE.replace("secret://oauth/shop", "hunter2")).preflight::<OAuth>();
    let shown = format!("{leaked:?}");
    assert!(
        shown.contains("put the secret into the secrets store") && !shown.contains("hunter2"),
        "{shown}"
    );
    let odd =
        machine(&COMPLETE.replace("https://login.acme.example/", "login")).preflight::<OAuth>();
    assert!(matches!(odd[2].outcome, Outcome::Missing(_)));
    let away = Scripted::new().answers(COMPLETE).allow_answer("issuer").preflight::<OAuth>();
    assert!(matches!(away[2].outcome, Outcome::Unreachable(_)));
}
