//! A program that embeds the host, with a native handler in addition to those of packs.
//!
//! ```text
//! embed-host <cache folder> <pack> [<path>@<version>]
//! ```
//!
//! It loads the pack, grants the permissions that the pack declares, and lists all handlers.
//! With a descriptor, it runs the preflight of that handler and prints the checks. Without one,
//! it runs `doctor` on the environment `local`.
#![expect(
    clippy::disallowed_methods,
    reason = "a program decides itself which variables its host sees"
)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a program")]

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use env_pack_domain::{
    BindingContext, CapabilitySlot, CheckOutcome, DescriptorPath, EnvId, EnvPackHandler,
    ForeignText, HandlerFault, PackRef, Preflight, ToolCheck, VersionReq, with_causes,
};
use gtc_core::ops::env::{self, InitRequest};
use gtc_core::ops::plugins::Plugins;
use gtc_core::ops::{doctor, inspect};
use gtc_core::{Host, HostSettings, OperationError, ToolEnvironment};

/// A native handler, without a sandbox.
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
            outcome: CheckOutcome::Ok { detail: Some(ForeignText::new("it ticks")) },
        };
        Ok(Preflight { checks: vec![check], probes: Vec::new() })
    }
}

fn main() -> ExitCode {
    // external components are compiled in another process of this program, which becomes a
    // worker here
    gtc_core::run_if_worker();
    let Err(error) = run() else { return ExitCode::SUCCESS };
    match error {
        Failure::Usage(message) => eprintln!("error: {message}"),
        Failure::Operation(error) => {
            eprintln!("error: {}", with_causes(error.as_ref()));
            if let Some(hint) = error.hint() {
                eprintln!("next: {hint}");
            }
        }
    }
    ExitCode::FAILURE
}

/// The reason why the program ends.
enum Failure {
    /// An argument is missing or malformed.
    Usage(String),
    /// An operation of the host failed.
    Operation(Box<dyn OperationError>),
}

impl<E: OperationError> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Operation(error.into())
    }
}

/// Parses an argument.
fn parse<T: FromStr<Err: Error>>(text: &str) -> Result<T, Failure> {
    text.parse().map_err(|error| Failure::Usage(with_causes(&error)))
}

fn run() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (cache, pack_ref, kind) = match arguments.as_slice() {
        [cache, pack_ref] => (PathBuf::from(cache), parse(pack_ref)?, None),
        [cache, pack_ref, kind] => (PathBuf::from(cache), parse(pack_ref)?, Some(parse(kind)?)),
        _ => {
            let usage = "usage: embed-host <cache folder> <pack> [<path>@<version>]";
            return Err(Failure::Usage(usage.to_owned()));
        }
    };

    let mut settings = HostSettings::quiet(cache.join("environments"), cache);
    // without this, handlers find no programs
    settings.tools = ToolEnvironment {
        path: std::env::var_os("PATH").unwrap_or_default(),
        variables: std::env::vars_os().collect(),
    };
    let host = Host::new(settings);

    let mut plugins = Plugins::new(&host)?;
    plugins.register(Box::new(Clock {
        path: parse("example.extension.clock")?,
        versions: parse("^1")?,
    }))?;
    plugins.register_pack(&host, &pack_ref, &inspect::declared_permissions(&host, &pack_ref)?)?;
    for plugin in plugins.iter() {
        let from = match &plugin.origin.pack_ref {
            None => "native".to_owned(),
            Some(PackRef::Builtin(_)) => "built in".to_owned(),
            Some(pack_ref) => format!("from `{pack_ref}`"),
        };
        println!("{} ({}), {from}", plugin.handler.descriptor_path(), plugin.handler.slot());
    }

    let local: EnvId = parse("local")?;
    let Some(kind) = kind else {
        // every command of `gtc` is a function that takes a host
        env::init(&host, &InitRequest::new(local.clone()))?;
        let report = doctor::doctor(&host, &local, false)?;
        let health = if report.healthy { "healthy" } else { "not healthy" };
        println!("environment `{local}` is {health}");
        return Ok(());
    };
    let preflight = plugins.resolve(&kind)?.preflight(&local, None, "{}")?;
    for check in preflight.checks {
        println!("{}: {:?}", check.name, check.outcome);
    }
    Ok(())
}
