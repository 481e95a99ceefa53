//! Keeps secrets in a file for development. It has no requirements, and so no checks.
#![no_std]

use env_pack_sdk::{DescriptorPath, Handler, Slot, VersionReq, export};

struct DevStore;

impl Handler for DevStore {
    const SLOT: Slot = Slot::Secrets;
    const DESCRIPTOR_PATH: DescriptorPath = DescriptorPath::new("greentic.secrets.dev-store");
    const SUPPORTED_VERSIONS: VersionReq = VersionReq::new("^0.1.0");
}

export!(DevStore);
