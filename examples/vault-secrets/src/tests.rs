extern crate std;

use alloc::vec::Vec;
use std::format;
use std::string::String;

use env_pack_sdk::Outcome;
use env_pack_sdk::testing::Scripted;

use super::Vault;

fn machine() -> Scripted {
    Scripted::new()
        .prints("vault", &["version"], "Vault v1.15.2 (cf1b5ca), built 2023-11-06T11:33:28Z\n")
        .prints("vault", &["token", "lookup"], "Key    Value\n---    -----\nid     [redacted]\n")
}

/// The outcome of each check, in order.
fn outcomes(machine: &Scripted) -> Vec<String> {
    let checks = machine.preflight::<Vault>();
    checks.iter().map(|check| format!("{}: {:?}", check.name, check.outcome)).collect()
}

#[test]
fn a_machine_with_all_it_needs() {
    assert_eq!(
        outcomes(&machine()),
        [r#"vault: Outcome::Ok(Some("1.15.2"))"#, "vault-token: Outcome::Ok(None)"]
    );
    let answered = machine().answers(r#"{"address": "https://vault.acme.example:8200"}"#);
    let ready = answered.allow_answer("address").listens("vault.acme.example", 8200);
    assert_eq!(outcomes(&ready)[2], "vault.acme.example:8200: Outcome::Ok(None)");
}

#[test]
fn a_machine_without() {
    let checks = Scripted::new().preflight::<Vault>();
    assert!(checks.iter().all(|check| matches!(check.outcome, Outcome::Missing(_))), "{checks:?}");
    let old = machine().prints("vault", &["version"], "Vault v1.9.10\n");
    assert!(outcomes(&old)[0].contains("VersionMismatch"));
    let denied = machine().ends(
        "vault",
        &["token", "lookup"],
        2,
        "",
        "Code: 403. Errors:\n\n* permission denied\n",
    );
    assert!(outcomes(&denied)[1].contains("AuthFailed"));
}

#[test]
fn the_server_of_the_answers() {
    let answered = |address: &str| machine().answers(&format!(r#"{{"address": "{address}"}}"#));
    assert!(outcomes(&answered("vault"))[2].contains("Missing"));
    assert!(
        outcomes(&answered("https://vault.acme.example"))[2].contains("not allowed"),
        "it is not declared"
    );
    let unreachable = answered("http://127.0.0.1:8200").allow_answer("address");
    assert!(outcomes(&unreachable)[2].contains("Unreachable"));
}
