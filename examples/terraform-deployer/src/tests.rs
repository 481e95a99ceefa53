extern crate std;

use std::format;
use std::string::String;

use env_pack_sdk::testing::Scripted;

use super::Deployer;

const VERSION: &[&str] = &["version", "-json"];
const AWS: &[&str] = &["sts", "get-caller-identity", "--output", "text"];

fn machine() -> Scripted {
    Scripted::new().prints("terraform", VERSION, "{\n  \"terraform_version\": \"1.11.4\"\n}\n")
}

fn outcomes(machine: &Scripted) -> String {
    format!(
        "{:?}",
        machine
            .preflight::<Deployer>()
            .iter()
            .map(|check| &check.outcome)
            .collect::<std::vec::Vec<_>>()
    )
}

#[test]
fn terraform_is_there_or_not() {
    assert_eq!(outcomes(&machine()), r#"[Outcome::Ok(Some("1.11.4"))]"#);
    assert!(outcomes(&Scripted::new()).contains("Missing"));
    let old = Scripted::new().prints("terraform", VERSION, r#"{"terraform_version": "1.6.6"}"#);
    assert!(
        outcomes(&old).contains(r#"found: "1.6.6", required: ">=1.7.0""#),
        "{}",
        outcomes(&old)
    );
}

#[test]
fn only_the_answered_cloud_is_checked() {
    let answered = |cloud: &str| machine().answers(&format!(r#"{{"cloud": "{cloud}"}}"#));
    let alice = answered("aws").prints(
        "aws",
        AWS,
        "123456789012\tarn:aws:iam::123456789012:user/Alice\tAIDA\n",
    );
    assert!(outcomes(&alice).contains("user/Alice"));
    let logged_out = answered("aws").ends("aws", AWS, 255, "", "Unable to locate credentials.\n");
    assert!(outcomes(&logged_out).contains("AuthFailed"));
    let gcp = answered("gcp").prints(
        "gcloud",
        &["auth", "list", "--filter=status:ACTIVE", "--format=value(account)"],
        "",
    );
    assert!(outcomes(&gcp).contains("no account is active"));
    assert!(outcomes(&answered("azure")).contains("install the Azure CLI"));
    assert!(outcomes(&answered("mainframe")).contains("instead of `mainframe`"));
}

#[test]
fn the_state_is_reachable_or_not() {
    let answered = machine()
        .answers(r#"{"state": "https://state.acme.example"}"#)
        .allow_network("state.acme.example", 443);
    assert!(outcomes(&answered).contains("Unreachable"));
    assert!(outcomes(&answered.listens("state.acme.example", 443)).ends_with("Outcome::Ok(None)]"));
    assert!(outcomes(&machine().answers(r#"{"state": "nowhere"}"#)).contains("Missing"));
}
