//! The handler `{{path}}`, which fills the slot `{{slot}}`.
//!
//! `gtc` loads it in a sandbox and reads its three constants. Before a deployment it runs the
//! checks, which verify that the operator's machine meets the requirements of the handler.
#![no_std]

use env_pack_sdk::checks::{Check, Tool};
use env_pack_sdk::{DescriptorPath, Handler, Slot, VersionReq, export};

/// A program that the handler needs. Replace this example with your own, or with one from
/// `env_pack_sdk::checks::catalogue`.
const GIT: Tool = Tool::new("git", &["--version"])
    .describe("Git")
    .at_least(2, 25, 0)
    .install_hint("install it from https://git-scm.com/downloads");

/// The exported handler.
struct Pack;

impl Handler for Pack {
    const SLOT: Slot = Slot::{{variant}};
    const DESCRIPTOR_PATH: DescriptorPath = DescriptorPath::new("{{path}}");
    /// The versions that this code implements; the version of the pack must be one of them.
    const SUPPORTED_VERSIONS: VersionReq = VersionReq::new("^0.1");
    /// Each check is a line of `gtc op env tool-check`. `gtc pack build` derives the permissions
    /// of the pack from them.
    const CHECKS: &'static [Check] = &[Check::tool(&GIT)];
}

export!(Pack);

#[cfg(test)]
mod tests;
