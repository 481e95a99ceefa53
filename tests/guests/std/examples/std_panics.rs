//! Panics in its preflight, with the standard library.

use env_pack_sdk::{DescriptorPath, Handler, Slot, ToolCheck, VersionReq, export};

struct Panics;

impl Handler for Panics {
    const SLOT: Slot = Slot::State;
    const DESCRIPTOR_PATH: DescriptorPath = DescriptorPath::new("test.state.std-panics");
    const SUPPORTED_VERSIONS: VersionReq = VersionReq::new("^0.1");

    fn preflight() -> Vec<ToolCheck> {
        let empty: Vec<u32> = Vec::new();
        assert!(empty[std::hint::black_box(3)] > 0);
        Vec::new()
    }
}

export!(Panics);
