//! Runs revisions as processes of this machine. It has no requirements, and so no checks.
#![no_std]

use env_pack_sdk::{DescriptorPath, Handler, Slot, VersionReq, export};

struct LocalProcess;

impl Handler for LocalProcess {
    const SLOT: Slot = Slot::Deployer;
    const DESCRIPTOR_PATH: DescriptorPath = DescriptorPath::new("greentic.deployer.local-process");
    const SUPPORTED_VERSIONS: VersionReq = VersionReq::new("^0.1.0");
}

export!(LocalProcess);
