//! Panics in its preflight, with control characters in the message.
#![no_std]

extern crate alloc;

use alloc::vec::Vec;

use env_pack_sdk::{DescriptorPath, Handler, Slot, ToolCheck, VersionReq, export};

struct Panics;

impl Handler for Panics {
    const SLOT: Slot = Slot::State;
    const DESCRIPTOR_PATH: DescriptorPath = DescriptorPath::new("test.state.panics");
    const SUPPORTED_VERSIONS: VersionReq = VersionReq::new("^0.1");

    fn preflight() -> Vec<ToolCheck> {
        panic!("the reactor is \u{1b}[31mhot\u{7}")
    }
}

export!(Panics);
