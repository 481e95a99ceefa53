//! Deploys with Terraform. The preflight checks that Terraform is installed in a supported
//! version, that the operator is logged in to the cloud of the answers, and that the state store
//! of the answers, if any, is reachable.
#![no_std]

extern crate alloc;

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use env_pack_sdk::checks::{self, Check, Tool, access, catalogue};
use env_pack_sdk::{
    Answers, DescriptorPath, Handler, Missing, Outcome, Slot, ToolCheck, VersionReq, export,
};

/// Older versions do not support the `removed` blocks of our modules.
const TERRAFORM: Tool = catalogue::TERRAFORM.at_least(1, 7, 0);

struct Deployer;

impl Handler for Deployer {
    const SLOT: Slot = Slot::Deployer;
    const DESCRIPTOR_PATH: DescriptorPath = DescriptorPath::new("acme.deployer.terraform");
    const SUPPORTED_VERSIONS: VersionReq = VersionReq::new("^1.2");
    const CHECKS: &'static [Check] = &[
        Check::tool(&TERRAFORM),
        Check::later(access::AWS_IDENTITY.ask()),
        Check::later(access::GCLOUD_ACCOUNT.ask()),
        Check::later(access::AZ_ACCOUNT.ask()),
    ];

    fn preflight() -> Vec<ToolCheck> {
        let answers = Answers::read();
        let mut checks = checks::run(Self::CHECKS);
        checks.extend(answers.text("cloud").map(|cloud| login(&cloud)));
        checks.extend(answers.text("state").map(|state| backend(&state)));
        checks
    }
}

/// Checks that the operator is logged in to a cloud.
fn login(cloud: &str) -> ToolCheck {
    match cloud {
        "aws" => access::AWS_IDENTITY.check(),
        "gcp" => access::GCLOUD_ACCOUNT.check(),
        "azure" => access::AZ_ACCOUNT.check(),
        other => invalid_answer(
            "cloud",
            format!("answer `cloud` with `aws`, `gcp` or `azure` instead of `{other}`"),
        ),
    }
}

/// Checks that the state store is reachable, such as `https://state.acme.example`.
fn backend(state: &str) -> ToolCheck {
    match checks::split(state) {
        Some((host, port)) => checks::reachable("the state store of Terraform", &host, port),
        None => invalid_answer(
            "state",
            "answer `state` with an address like `https://state.acme.example`".to_string(),
        ),
    }
}

fn invalid_answer(answer: &str, install_hint: alloc::string::String) -> ToolCheck {
    let outcome = Outcome::Missing(Missing { install_hint });
    ToolCheck { name: answer.to_string(), description: format!("the answer `{answer}`"), outcome }
}

export!(Deployer);

#[cfg(test)]
mod tests;
