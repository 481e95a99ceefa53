//! An OAuth identity provider that workloads look up by name. An environment can have any number
//! of instances, each with its own answers, which the preflight checks before a deployment.
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
        let instance = match binding::instance_id() {
            Some(instance) => " of instance `".to_string() + &instance + "`",
            None => String::new(),
        };
        let mut checks = vec![
            answers.check("client_id", &("the client id".to_string() + &instance)),
            secret(&answers, "where the client secret".to_string() + &instance + " is kept"),
        ];
        checks.push(issuer(&answers, "the identity provider".to_string() + &instance));
        checks
    }
}

/// The answers are a plain file, so they must contain a reference to the secret, not the secret
/// itself.
fn secret(answers: &Answers, description: String) -> ToolCheck {
    let mut check = answers.check("client_secret_ref", &description);
    let is_reference =
        answers.text("client_secret_ref").is_some_and(|text| text.starts_with("secret://"));
    if matches!(check.outcome, Outcome::Ok(_)) && !is_reference {
        let hint = "put the secret into the secrets store, and answer `client_secret_ref` with its `secret://…` reference";
        check.outcome = Outcome::Missing(Missing { install_hint: hint.to_string() });
    }
    check
}

/// The answer must be the address of the provider, and the provider must be reachable.
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
