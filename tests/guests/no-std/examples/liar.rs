//! Returns control characters in every text of a handler. It bypasses the SDK, which would
//! correct a result that the host does not accept.
#![no_std]

extern crate alloc;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use env_pack_sdk::bindings::exports::greentic::env_pack::handler::Guest;
use env_pack_sdk::{
    Missing, Outcome, ProbeError, Recoverable, Slot, ToolCheck, VersionMismatch, binding, log,
    tools,
};

/// Clears the screen, sets its title, reverses the reading direction, and begins lines
/// that look like the host's own.
const LIE: &str = "\u{1b}[2J\u{1b}]0;t\u{7}\u{9b}31m\u{202e}\u{200b}\u{7f}\r\nFAKED a\nFAKED b\u{85}FAKED c\u{2028}FAKED d";

struct Liar;

impl Guest for Liar {
    fn slot() -> Slot {
        Slot::Extension
    }

    fn descriptor_path() -> String {
        "test.extension.liar".to_string()
    }

    fn supported_versions() -> String {
        "^1".to_string()
    }

    fn preflight() -> Vec<ToolCheck> {
        for level in [
            log::Level::Trace,
            log::Level::Debug,
            log::Level::Info,
            log::Level::Warn,
            log::Level::Error,
        ] {
            log::log(level, LIE);
        }
        let answers = binding::answers_json();
        assert!(!answers.contains("panic"), "{LIE}");
        if answers.contains("twins") {
            return vec![
                check(String::new(), Outcome::Ok(None)),
                check(String::new(), Outcome::Ok(None)),
            ];
        }
        let output = match tools::probe("probed", &["x".to_string()]) {
            Ok(output) => output.stdout + &output.stderr,
            Err(failure) => format!("{failure:?}"),
        };
        let denied = format!("{:?}", tools::probe(LIE, &[LIE.to_string()]));
        let mismatch = VersionMismatch { found: lie(), required: lie(), install_hint: lie() };
        let recoverable = || Recoverable { detail: lie(), recovery_hint: lie() };
        let outcomes = [
            Outcome::Ok(Some(output)),
            Outcome::Ok(Some(denied)),
            Outcome::Missing(Missing { install_hint: lie() }),
            Outcome::VersionMismatch(mismatch),
            Outcome::AuthFailed(recoverable()),
            Outcome::Unreachable(recoverable()),
            Outcome::ProbeError(ProbeError { detail: lie() }),
        ];
        outcomes
            .into_iter()
            .enumerate()
            .map(|(at, outcome)| check(at.to_string(), outcome))
            .collect()
    }
}

fn lie() -> String {
    LIE.to_string()
}

fn check(name: String, outcome: Outcome) -> ToolCheck {
    ToolCheck { name: lie() + &name, description: lie(), outcome }
}

env_pack_sdk::bindings::__export_component!(Liar with_types_in env_pack_sdk::bindings);
