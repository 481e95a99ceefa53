//! Secrets out of HashiCorp Vault: before anything is deployed, the `vault` CLI must be there and new enough.
#![no_std]

extern crate alloc;

use alloc::vec;
use alloc::vec::Vec;

use env_pack_sdk::checks::Tool;
use env_pack_sdk::{DescriptorPath, Handler, Slot, ToolCheck, VersionReq, export};

const VAULT: Tool = Tool::new("vault", &["version"])
    .describe("HashiCorp Vault CLI 1.12 or newer")
    .at_least(1, 12, 0)
    .install_hint("install it from https://developer.hashicorp.com/vault/install and put it on PATH");

struct Vault;

impl Handler for Vault {
    const SLOT: Slot = Slot::Secrets;
    const DESCRIPTOR_PATH: DescriptorPath = DescriptorPath::new("acme.secrets.vault");
    const SUPPORTED_VERSIONS: VersionReq = VersionReq::new("^0.4");

    fn preflight() -> Vec<ToolCheck> {
        vec![VAULT.check()]
    }
}

export!(Vault);

#[cfg(test)]
mod tests {
    use alloc::string::{String, ToString};

    use env_pack_sdk::Outcome;
    use env_pack_sdk::tools::{Failure, Output};

    use super::VAULT;

    fn printed(stdout: &str) -> Result<Output, Failure> {
        Ok(Output { exit_code: 0, stdout: stdout.to_string(), stderr: String::new(), truncated: false })
    }

    #[test]
    fn the_version_line_of_vault_is_understood() {
        let check = VAULT.judge(printed("Vault v1.15.2 (cf1b5cafa047bc8e4a3f93444fcb4011593b92cb), built 2023-11-06"));
        assert!(matches!(check.outcome, Outcome::Ok(Some(version)) if version == "1.15.2"));
        let check = VAULT.judge(printed("Vault v1.9.0"));
        assert!(matches!(check.outcome, Outcome::VersionMismatch(_)));
        assert!(matches!(VAULT.judge(Err(Failure::NotFound)).outcome, Outcome::Missing(_)));
    }
}
