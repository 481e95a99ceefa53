//! Runs the checks on scripted machines. The tests run natively: they need neither `gtc` nor the
//! program.

use env_pack_sdk::Outcome;
use env_pack_sdk::testing::Scripted;

use super::Pack;

/// The outcome of the first check.
fn outcome(machine: &Scripted) -> Outcome {
    machine.preflight::<Pack>()[0].outcome.clone()
}

#[test]
fn a_current_git_is_accepted() {
    let machine = Scripted::new().prints("git", &["--version"], "git version 2.47.3\n");
    assert_eq!(outcome(&machine), Outcome::Ok(Some("2.47.3".into())));
}

#[test]
fn an_old_git_is_refused() {
    let machine = Scripted::new().prints("git", &["--version"], "git version 2.17.1\n");
    assert!(matches!(outcome(&machine), Outcome::VersionMismatch(_)));
}

#[test]
fn a_missing_git_is_reported() {
    assert!(matches!(outcome(&Scripted::new()), Outcome::Missing(_)));
}
