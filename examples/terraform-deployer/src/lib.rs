//! Deploys with Terraform: before anything is deployed, Terraform must be there and new
//! enough, and the operator logged in to the cloud that the answers name. Where the
//! answers say where the state is kept, that must be reachable.
#![no_std]

extern crate alloc;

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use env_pack_sdk::checks::{self, Check, Tool, access, catalogue};
use env_pack_sdk::{
    Answers, DescriptorPath, Handler, Missing, Outcome, Slot, ToolCheck, VersionReq, export,
};

/// With an older one, the `removed` blocks of our modules are no syntax.
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

/// Whether the operator is logged in to a cloud.
fn login(cloud: &str) -> ToolCheck {
    match cloud {
        "aws" => access::AWS_IDENTITY.check(),
        "gcp" => access::GCLOUD_ACCOUNT.check(),
        "azure" => access::AZ_ACCOUNT.check(),
        other => wrong(
            "cloud",
            format!("answer `cloud` with `aws`, `gcp` or `azure` instead of `{other}`"),
        ),
    }
}

/// Whether the state can be reached, at an address such as `https://state.acme.example`.
fn backend(state: &str) -> ToolCheck {
    match checks::split(state) {
        Some((host, port)) => checks::reachable("where Terraform keeps its state", &host, port),
        None => wrong(
            "state",
            "answer `state` with an address like `https://state.acme.example`".to_string(),
        ),
    }
}

fn wrong(answer: &str, install_hint: alloc::string::String) -> ToolCheck {
    let outcome = Outcome::Missing(Missing { install_hint });
    ToolCheck { name: answer.to_string(), description: format!("the answer `{answer}`"), outcome }
}

export!(Deployer);

#[cfg(test)]
mod tests;
