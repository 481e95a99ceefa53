//! An extension that runs `probed` with the name of its instance. The instance `panics` panics.
#![no_std]

extern crate alloc;

use alloc::format;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

use env_pack_sdk::{
    DescriptorPath, Handler, Outcome, Slot, ToolCheck, VersionReq, binding, export, tools,
};

struct Waiter;

impl Handler for Waiter {
    const SLOT: Slot = Slot::Extension;
    const DESCRIPTOR_PATH: DescriptorPath = DescriptorPath::new("test.extension.waiter");
    const SUPPORTED_VERSIONS: VersionReq = VersionReq::new("^1");

    fn preflight() -> Vec<ToolCheck> {
        let instance = binding::instance_id().unwrap_or_default();
        assert!(instance != "panics", "it was asked to panic");
        let detail = match tools::probe("probed", &[instance]) {
            Ok(output) => format!("{} {}", output.exit_code, output.stdout.trim()),
            Err(failure) => format!("{failure:?}"),
        };
        vec![ToolCheck {
            name: "ran".to_string(),
            description: "the reply".to_string(),
            outcome: Outcome::Ok(Some(detail)),
        }]
    }
}

export!(Waiter);
