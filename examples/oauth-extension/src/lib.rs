//! An OAuth identity provider that workloads look up by name, any number of times in one
//! environment: each instance has answers of its own, and what is required of them is
//! checked before anything is deployed.
#![no_std]

extern crate alloc;

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use env_pack_sdk::checks;
use env_pack_sdk::{
    Answers, DescriptorPath, Handler, Missing, Outcome, Slot, ToolCheck, VersionReq, binding,
    export,
};

struct OAuth;

impl Handler for OAuth {
    const SLOT: Slot = Slot::Extension;
    const DESCRIPTOR_PATH: DescriptorPath = DescriptorPath::new("acme.oauth.oidc");
    const SUPPORTED_VERSIONS: VersionReq = VersionReq::new("^1.1");

    fn preflight() -> Vec<ToolCheck> {
        let answers = Answers::read();
        let whose = match binding::instance_id() {
            Some(instance) => " of instance `".to_string() + &instance + "`",
            None => String::new(),
        };
        let mut checks = vec![
            answers.check("client_id", &("the client id".to_string() + &whose)),
            secret(&answers, "where the client secret".to_string() + &whose + " is kept"),
        ];
        checks.push(issuer(&answers, "the identity provider".to_string() + &whose));
        checks
    }
}

/// Answers lie in a plain file: the secret itself has no place in them, only a reference
/// to it.
fn secret(answers: &Answers, description: String) -> ToolCheck {
    let mut check = answers.check("client_secret_ref", &description);
    let is_reference =
        answers.text("client_secret_ref").is_some_and(|text| text.starts_with("secret://"));
    if matches!(check.outcome, Outcome::Ok(_)) && !is_reference {
        let hint = "put the secret into the secrets store, and answer `client_secret_ref` with its `secret://…`";
        check.outcome = Outcome::Missing(Missing { install_hint: hint.to_string() });
    }
    check
}

/// The provider must be named by its address, and answer there.
fn issuer(answers: &Answers, description: String) -> ToolCheck {
    let mut check = answers.check("issuer", &description);
    let Some(issuer) = answers.text("issuer").filter(|_| matches!(check.outcome, Outcome::Ok(_)))
    else {
        return check;
    };
    match checks::split(&issuer) {
        Some((host, port)) => checks::reachable(&description, &host, port),
        None => {
            let hint = "answer `issuer` with an address like `https://login.acme.example/`";
            check.outcome = Outcome::Missing(Missing { install_hint: hint.to_string() });
            check
        }
    }
}

export!(OAuth);

#[cfg(test)]
mod tests;
