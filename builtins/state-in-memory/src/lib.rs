//! Keeps state in memory. It has no requirements, and so no checks.
#![no_std]

use env_pack_sdk::{DescriptorPath, Handler, Slot, VersionReq, export};

struct InMemory;

impl Handler for InMemory {
    const SLOT: Slot = Slot::State;
    const DESCRIPTOR_PATH: DescriptorPath = DescriptorPath::new("greentic.state.in-memory");
    const SUPPORTED_VERSIONS: VersionReq = VersionReq::new("^0.1.0");
}

export!(InMemory);
