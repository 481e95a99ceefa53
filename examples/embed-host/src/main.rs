//! A program that hosts env-packs itself: with a handler of its own, beside those of packs.
//!
//! ```text
//! embed-host <cache folder> <pack> <path>@<version>
//! ```
//!
//! It loads the pack, grants it everything that it declares, resolves the descriptor, and prints what the preflight finds.
#![expect(clippy::print_stdout, reason = "it is a program")]

use std::error::Error;
use std::path::PathBuf;

use env_pack_domain::{
    BindingContext, CapabilitySlot, DescriptorPath, EnvPackHandler, ForeignText, HandlerFault, Outcome, Preflight,
    ToolCheck, VersionReq,
};
use gtc::engine::ToolEnvironment;
use gtc::host::{Host, HostSettings};
use gtc::ops::embed::Plugins;
use gtc::ops::pack;

/// A handler without a sandbox: it is code of this program.
#[derive(Debug)]
struct Clock {
    path: DescriptorPath,
    versions: VersionReq,
}

impl EnvPackHandler for Clock {
    fn slot(&self) -> CapabilitySlot {
        CapabilitySlot::Extension
    }

    fn descriptor_path(&self) -> &DescriptorPath {
        &self.path
    }

    fn supported_versions(&self) -> &VersionReq {
        &self.versions
    }

    fn preflight(&self, _binding: &BindingContext) -> Result<Preflight, HandlerFault> {
        let check = ToolCheck {
            name: ForeignText::new("clock"),
            description: ForeignText::new("the clock of this machine"),
            outcome: Outcome::Ok { detail: Some(ForeignText::new("it ticks")) },
        };
        Ok(Preflight { checks: vec![check], probes: Vec::new() })
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    // foreign components are compiled in another process of this very program, which becomes a worker here
    gtc::engine::worker::hook();
    let mut arguments = std::env::args().skip(1);
    let mut argument = |name: &str| arguments.next().ok_or_else(|| format!("{name} is missing"));
    let (cache, pack_ref, kind) = (PathBuf::from(argument("the cache")?), argument("the pack")?, argument("the kind")?);
    let (pack_ref, kind) = (pack_ref.parse()?, kind.parse()?);

    let mut settings = HostSettings::quiet(cache.join("environments"), cache);
    // without this, handlers find no program at all
    settings.tools = ToolEnvironment {
        path: std::env::var_os("PATH").unwrap_or_default(),
        variables: std::env::vars_os().collect(),
    };
    let host = Host::new(settings);

    let mut plugins = Plugins::new(&host)?;
    plugins.register(Box::new(Clock { path: "example.extension.clock".parse()?, versions: "^1".parse()? }))?;
    plugins.register_pack(&pack_ref, &pack::declared(&host, &pack_ref)?)?;
    for handler in plugins.iter() {
        println!("{} ({})", handler.descriptor_path(), handler.slot());
    }

    let plugin = plugins.resolve(&kind)?;
    let preflight = plugin.preflight(&"local".parse()?, "{}")?;
    for check in preflight.checks {
        println!("{}: {:?}", check.name, check.outcome);
    }
    Ok(())
}
