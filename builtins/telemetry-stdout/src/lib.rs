//! Writes telemetry to standard output. It has no requirements, and so no checks.
#![no_std]

use env_pack_sdk::{DescriptorPath, Handler, Slot, VersionReq, export};

struct Stdout;

impl Handler for Stdout {
    const SLOT: Slot = Slot::Telemetry;
    const DESCRIPTOR_PATH: DescriptorPath = DescriptorPath::new("greentic.telemetry.stdout");
    const SUPPORTED_VERSIONS: VersionReq = VersionReq::new("^0.1.0");
}

export!(Stdout);
