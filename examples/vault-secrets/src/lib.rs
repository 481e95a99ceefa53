//! Secrets out of HashiCorp Vault: before anything is deployed, the `vault` CLI must be
//! there and new enough, its token must be good, and the server of the operator's answers
//! must be reachable.
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

/// The server that the answers name, such as `https://vault.acme.example:8200`. Which one that is nobody knows when the pack is
/// compiled, so it is declared under `[permissions]` in `gtc-pack.toml`.
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
