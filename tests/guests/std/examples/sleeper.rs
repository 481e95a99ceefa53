//! Sleeps for an hour in its preflight.

use env_pack_sdk::{DescriptorPath, Handler, Slot, ToolCheck, VersionReq, export};

struct Sleeper;

impl Handler for Sleeper {
    const SLOT: Slot = Slot::Sessions;
    const DESCRIPTOR_PATH: DescriptorPath = DescriptorPath::new("test.sessions.sleeper");
    const SUPPORTED_VERSIONS: VersionReq = VersionReq::new("^1");

    fn preflight() -> Vec<ToolCheck> {
        std::thread::sleep(std::time::Duration::from_secs(3600));
        Vec::new()
    }
}

export!(Sleeper);
