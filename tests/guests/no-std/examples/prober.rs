//! Runs `probed` with the arguments that its answers list, and reports the result.
#![no_std]

extern crate alloc;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use env_pack_sdk::{
    DescriptorPath, Handler, Outcome, Slot, ToolCheck, VersionReq, binding, export, network, tools,
};

struct Prober;

impl Handler for Prober {
    const SLOT: Slot = Slot::Deployer;
    const DESCRIPTOR_PATH: DescriptorPath = DescriptorPath::new("test.deployer.prober");
    const SUPPORTED_VERSIONS: VersionReq = VersionReq::new("^1");

    fn preflight() -> Vec<ToolCheck> {
        let answers = binding::answers_json();
        // every second piece between quotes is a string of the JSON list
        let args: Vec<String> =
            answers.split('"').skip(1).step_by(2).map(ToString::to_string).collect();
        let ran = match tools::probe("probed", &args) {
            Ok(output) => {
                format!(
                    "{} {:?} {:?} {}",
                    output.exit_code,
                    shortened(&output.stdout),
                    output.stderr,
                    output.truncated
                )
            }
            Err(failure) => format!("{failure:?}"),
        };
        let reached = format!("{:?}", network::reach("127.0.0.1", 1));
        vec![check("ran", ran), check("reached", reached)]
    }
}

fn shortened(text: &str) -> String {
    match text.len() {
        0..200 => text.to_string(),
        length => format!("{length} bytes"),
    }
}

fn check(name: &str, detail: String) -> ToolCheck {
    ToolCheck {
        name: name.to_string(),
        description: "the reply".to_string(),
        outcome: Outcome::Ok(Some(detail)),
    }
}

export!(Prober);
