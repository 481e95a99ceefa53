//! An extension that reports its environment, instance and answers, and one check of each
//! outcome if its answers ask for them.
#![no_std]

extern crate alloc;

use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

use env_pack_sdk::{
    DescriptorPath, Handler, Missing, Outcome, ProbeError, Recoverable, Slot, ToolCheck,
    VersionMismatch, VersionReq, binding, export, log,
};

struct Witness;

impl Handler for Witness {
    const SLOT: Slot = Slot::Extension;
    const DESCRIPTOR_PATH: DescriptorPath = DescriptorPath::new("test.extension.witness");
    const SUPPORTED_VERSIONS: VersionReq = VersionReq::new("^1");

    fn preflight() -> Vec<ToolCheck> {
        log::log(log::Level::Info, "looking around");
        let instance = binding::instance_id().unwrap_or_else(|| "(none)".to_string());
        let answers = binding::answers_json();
        let mut checks = vec![
            check("environment", Outcome::Ok(Some(binding::env_id()))),
            check("instance", Outcome::Ok(Some(instance))),
            check("answers", Outcome::Ok(Some(answers.clone()))),
        ];
        if answers.contains("every outcome") {
            checks.extend(every_outcome());
        }
        checks
    }
}

fn every_outcome() -> Vec<ToolCheck> {
    let text = |text: &str| text.to_string();
    let recoverable =
        |detail: &str| Recoverable { detail: text(detail), recovery_hint: text("log in") };
    let mismatch = VersionMismatch {
        found: text("1.0.0"),
        required: text(">=2"),
        install_hint: text("upgrade"),
    };
    vec![
        check("fine", Outcome::Ok(None)),
        check("missing", Outcome::Missing(Missing { install_hint: text("install it") })),
        check("old", Outcome::VersionMismatch(mismatch)),
        check("locked-out", Outcome::AuthFailed(recoverable("no token"))),
        check("silent", Outcome::Unreachable(recoverable("no answer"))),
        check("unknown", Outcome::ProbeError(ProbeError { detail: text("no idea") })),
    ]
}

fn check(name: &str, outcome: Outcome) -> ToolCheck {
    ToolCheck { name: name.to_string(), description: "a part of its binding".to_string(), outcome }
}

export!(Witness);
