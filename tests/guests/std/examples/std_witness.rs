//! Uses the standard library, and reports how empty the world is that it finds.

use env_pack_sdk::{DescriptorPath, Handler, Outcome, Slot, ToolCheck, VersionReq, export};

struct Witness;

impl Handler for Witness {
    const SLOT: Slot = Slot::Telemetry;
    const DESCRIPTOR_PATH: DescriptorPath = DescriptorPath::new("test.telemetry.std-witness");
    const SUPPORTED_VERSIONS: VersionReq = VersionReq::new("^1");

    fn preflight() -> Vec<ToolCheck> {
        println!("printing goes nowhere");
        let found = [
            ("variables", std::env::vars_os().count().to_string()),
            ("arguments", std::env::args_os().count().to_string()),
            ("root", std::fs::read_dir("/").is_ok().to_string()),
            ("passwd", std::fs::read("/etc/passwd").is_ok().to_string()),
            ("socket", std::net::TcpStream::connect("127.0.0.1:1").is_ok().to_string()),
            ("name", std::net::ToSocketAddrs::to_socket_addrs(&("localhost", 80)).is_ok().to_string()),
            ("stdin", std::io::read_to_string(std::io::stdin()).unwrap_or_default()),
        ];
        let check = |(name, found): (&str, String)| ToolCheck {
            name: name.to_owned(),
            description: "what it found".to_owned(),
            outcome: Outcome::Ok(Some(found)),
        };
        found.into_iter().map(check).collect()
    }
}

export!(Witness);
