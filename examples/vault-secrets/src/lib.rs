//! Secrets from HashiCorp Vault. The preflight checks that the `vault` CLI is installed in a
//! supported version, that its token is valid, and that the server of the operator's answers is
//! reachable.
#![no_std]

extern crate alloc;

use alloc::string::ToString;
use alloc::vec::Vec;

use env_pack_sdk::checks::{self, Check, access, catalogue};
use env_pack_sdk::{
    Answers, DescriptorPath, Handler, Missing, Outcome, Slot, ToolCheck, VersionReq, export,
};

struct Vault;

impl Handler for Vault {
    const SLOT: Slot = Slot::Secrets;
    const DESCRIPTOR_PATH: DescriptorPath = DescriptorPath::new("acme.secrets.vault");
    const SUPPORTED_VERSIONS: VersionReq = VersionReq::new("^0.4");
    const CHECKS: &'static [Check] =
        &[Check::tool(&catalogue::VAULT), Check::access(&access::VAULT_TOKEN)];

    fn preflight() -> Vec<ToolCheck> {
        let mut checks = checks::run(Self::CHECKS);
        checks.extend(Answers::read().text("address").map(|address| server(&address)));
        checks
    }
}

/// Checks the server of the answers, such as `https://vault.acme.example:8200`. It is not known
/// at compile time, so `gtc-pack.toml` declares `${answers.address}` under `[permissions]`.
fn server(address: &str) -> ToolCheck {
    let description = "the Vault server";
    match checks::split(address) {
        Some((host, port)) => checks::reachable(description, &host, port),
        None => {
            let install_hint =
                "answer `address` with one like `https://vault.acme.example:8200`".to_string();
            let outcome = Outcome::Missing(Missing { install_hint });
            ToolCheck { name: "address".to_string(), description: description.to_string(), outcome }
        }
    }
}

export!(Vault);

#[cfg(test)]
mod tests;
