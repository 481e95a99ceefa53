//! The handler `{{path}}`, which fills the slot `{{slot}}`.
//!
//! `gtc` loads it in a sandbox and asks what it is, which three constants answer. Before anything is deployed it runs the checks,
//! which find out whether the operator's machine has what the handler needs.
#![no_std]

use env_pack_sdk::checks::{Check, Tool};
use env_pack_sdk::{DescriptorPath, Handler, Slot, VersionReq, export};

/// A program that the handler needs. This one is an example: put yours in its place, or take one that the SDK knows from
/// `env_pack_sdk::checks::catalogue`.
const GIT: Tool = Tool::new("git", &["--version"])
    .describe("Git")
    .at_least(2, 25, 0)
    .install_hint("install it from https://git-scm.com/downloads");

/// What is exported.
struct Pack;

impl Handler for Pack {
    const SLOT: Slot = Slot::{{variant}};
    const DESCRIPTOR_PATH: DescriptorPath = DescriptorPath::new("{{path}}");
    /// The versions of the descriptor that this code implements; the version of the pack must be one of them.
    const SUPPORTED_VERSIONS: VersionReq = VersionReq::new("^0.1");
    /// Each is a line that the operator reads in `gtc op env tool-check`. What they run and reach becomes what the pack asks the
    /// operator for; it is not written down twice.
    const CHECKS: &'static [Check] = &[Check::tool(&GIT)];
}

export!(Pack);

#[cfg(test)]
mod tests;
