//! What the checks find on machines out of a script. These tests run natively: they need neither `gtc` nor the program.

use env_pack_sdk::Outcome;
use env_pack_sdk::testing::Scripted;

use super::Pack;

/// What the first check finds.
fn found(machine: &Scripted) -> Outcome {
    machine.preflight::<Pack>()[0].outcome.clone()
}

#[test]
fn a_new_git_will_do() {
    let machine = Scripted::new().prints("git", &["--version"], "git version 2.47.3\n");
    assert_eq!(found(&machine), Outcome::Ok(Some("2.47.3".into())));
}

#[test]
fn an_old_git_will_not_do() {
    let machine = Scripted::new().prints("git", &["--version"], "git version 2.17.1\n");
    assert!(matches!(found(&machine), Outcome::VersionMismatch(_)));
}

#[test]
fn a_missing_git_can_be_installed() {
    assert!(matches!(found(&Scripted::new()), Outcome::Missing(_)));
}
