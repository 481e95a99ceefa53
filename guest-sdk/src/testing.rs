//! A scripted machine, for tests of preflights with `cargo test`. It needs neither a component
//! nor the programs.
//!
//! ```
//! use env_pack_sdk::checks::{Check, catalogue};
//! use env_pack_sdk::testing::Scripted;
//! use env_pack_sdk::{DescriptorPath, Handler, Outcome, Slot, VersionReq};
//!
//! struct Deployer;
//!
//! impl Handler for Deployer {
//!     const SLOT: Slot = Slot::Deployer;
//!     const DESCRIPTOR_PATH: DescriptorPath = DescriptorPath::new("acme.deployer.terraform");
//!     const SUPPORTED_VERSIONS: VersionReq = VersionReq::new("^1");
//!     const CHECKS: &'static [Check] = &[Check::tool(&catalogue::TERRAFORM)];
//! }
//!
//! let machine = Scripted::new().prints("terraform", &["version", "-json"], r#"{"terraform_version": "1.11.4"}"#);
//! let checks = machine.preflight::<Deployer>();
//! assert_eq!(checks[0].outcome, Outcome::Ok(Some("1.11.4".to_string())));
//! ```

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use std::cell::RefCell;
use std::println;

use crate::checks::{Ask, split};
use crate::tools::Output;
use crate::{Handler, ToolCheck, json, limits, log, network, tools};

/// A machine with programs and services, and the operator's configuration.
///
/// Permissions apply as in `gtc`: the machine denies what is not among the
/// [`CHECKS`](Handler::CHECKS) of a handler, unless the script allows it, as `[permissions]`
/// in `gtc-pack.toml` does. Any other program is not found, and any other address refuses
/// connections.
#[derive(Clone, Debug)]
pub struct Scripted {
    programs: Vec<(Command, Result<Output, tools::Failure>)>,
    addresses: Vec<(String, u16, Result<(), network::Failure>)>,
    allowed: Vec<Permission>,
    env_id: String,
    instance_id: Option<String>,
    answers: String,
}

#[derive(Clone, Debug, PartialEq)]
struct Command {
    program: String,
    args: Vec<String>,
}

#[derive(Clone, Debug)]
enum Permission {
    Tool(Command),
    Network(String, u16),
    Answer(String),
}

std::thread_local! {
    static MACHINE: RefCell<Option<Scripted>> = const { RefCell::new(None) };
}

/// Calls a function with the machine that the preflight of this thread runs on.
pub(crate) fn current<T>(call: impl FnOnce(&Scripted) -> T) -> T {
    let machine = MACHINE.with_borrow(Clone::clone);
    let machine = machine.expect(
        "the host was called outside of a preflight; in a test, run the preflight with \
         `testing::Scripted::preflight`",
    );
    call(&machine)
}

impl Default for Scripted {
    fn default() -> Self {
        Self {
            programs: Vec::new(),
            addresses: Vec::new(),
            allowed: Vec::new(),
            env_id: "local".to_string(),
            instance_id: None,
            answers: "{}".to_string(),
        }
    }
}

impl Scripted {
    /// Creates a machine without programs and services, with the environment `local`, the
    /// default instance and no answers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a command that prints `stdout`, with exit code 0.
    pub fn prints(self, program: &str, args: &[&str], stdout: &str) -> Self {
        self.ends(program, args, 0, stdout, "")
    }

    /// Adds a command with this exit code, standard output and standard error.
    pub fn ends(
        self,
        program: &str,
        args: &[&str],
        exit_code: i32,
        stdout: &str,
        stderr: &str,
    ) -> Self {
        let output = Output {
            exit_code,
            stdout: stdout.to_string(),
            stderr: stderr.to_string(),
            truncated: false,
        };
        self.answers_command(program, args, Ok(output))
    }

    /// Adds a command that does not run to its end.
    pub fn fails(self, program: &str, args: &[&str], failure: tools::Failure) -> Self {
        self.answers_command(program, args, Err(failure))
    }

    fn answers_command(
        mut self,
        program: &str,
        args: &[&str],
        answer: Result<Output, tools::Failure>,
    ) -> Self {
        self.programs.push((Command::new(program, args), answer));
        self
    }

    /// Adds an address that accepts connections.
    pub fn listens(mut self, host: &str, port: u16) -> Self {
        self.addresses.push((host.to_string(), port, Ok(())));
        self
    }

    /// Adds an address to which connections fail.
    pub fn unreachable(mut self, host: &str, port: u16, failure: network::Failure) -> Self {
        self.addresses.push((host.to_string(), port, Err(failure)));
        self
    }

    /// Grants a command, as `permissions.tools` in `gtc-pack.toml` does; `*` matches one
    /// argument.
    pub fn allow_tool(mut self, program: &str, args: &[&str]) -> Self {
        self.allowed.push(Permission::Tool(Command::new(program, args)));
        self
    }

    /// Grants an address, as `permissions.network` in `gtc-pack.toml` does.
    pub fn allow_network(mut self, host: &str, port: u16) -> Self {
        self.allowed.push(Permission::Network(host.to_string(), port));
        self
    }

    /// Grants the address in an answer, as `${answers.<path>}` in `permissions.network` of
    /// `gtc-pack.toml` does.
    pub fn allow_answer(mut self, path: &str) -> Self {
        self.allowed.push(Permission::Answer(path.to_string()));
        self
    }

    /// Sets the id of the environment; default: `local`.
    pub fn environment(mut self, id: &str) -> Self {
        self.env_id = id.to_string();
        self
    }

    /// Sets the instance of an extension; default: the default instance.
    pub fn instance(mut self, id: &str) -> Self {
        self.instance_id = Some(id.to_string());
        self
    }

    /// Sets the operator's answers, a JSON object; default: `{}`.
    pub fn answers(mut self, json: &str) -> Self {
        self.answers = json.to_string();
        self
    }

    /// Runs the preflight of a handler on this machine. Returns the checks as the host receives
    /// them: with distinct names and shortened texts.
    ///
    /// # Panics
    /// If the preflight panics, or runs a scripted program with other arguments.
    pub fn preflight<H: Handler>(&self) -> Vec<ToolCheck> {
        let mut machine = self.clone();
        machine.allowed.extend(H::CHECKS.iter().map(|check| Permission::from(check.ask())));
        /// Removes the machine, even if the preflight panics.
        struct Guard;
        impl Drop for Guard {
            fn drop(&mut self) {
                MACHINE.set(None);
            }
        }
        MACHINE.set(Some(machine));
        let _guard = Guard;
        limits::enforce_limits(H::preflight())
    }

    pub(crate) fn probe(&self, program: &str, args: &[String]) -> Result<Output, tools::Failure> {
        let command = Command { program: program.to_string(), args: args.to_vec() };
        let is_allowed = self.allowed.iter().any(|permission| {
            matches!(permission, Permission::Tool(pattern) if pattern.allows(&command))
        });
        if !is_allowed {
            let command = args.iter().fold(program.to_string(), |words, arg| words + " " + arg);
            return Err(tools::Failure::Denied(undeclared(&command, "allow_tool")));
        }
        match self.programs.iter().rfind(|(scripted, _)| *scripted == command) {
            Some((_, answer)) => answer.clone(),
            None if self.programs.iter().any(|(scripted, _)| scripted.program == program) => {
                panic!("`{program}` was run with {args:?}, which the script does not have")
            }
            None => Err(tools::Failure::NotFound),
        }
    }

    pub(crate) fn reach(&self, host: &str, port: u16) -> Result<(), network::Failure> {
        let is_same =
            |other: &str, other_port: u16| other.eq_ignore_ascii_case(host) && other_port == port;
        let is_allowed = self.allowed.iter().any(|permission| match permission {
            Permission::Network(host, port) => is_same(host, *port),
            Permission::Answer(path) => {
                let answered = json::member_at(&self.answers, path).and_then(json::string);
                let address = answered.as_deref().map(str::trim).and_then(split);
                address.is_some_and(|(host, port)| is_same(&host, port))
            }
            Permission::Tool(_) => false,
        });
        if !is_allowed {
            let reason = undeclared(&format!("{host}:{port}"), "allow_network");
            return Err(network::Failure::Denied(reason));
        }
        let known = self.addresses.iter().rfind(|(host, port, _)| is_same(host, *port));
        known.map_or(Err(network::Failure::Refused), |(_, _, answer)| answer.clone())
    }

    pub(crate) fn env_id(&self) -> String {
        self.env_id.clone()
    }

    pub(crate) fn instance_id(&self) -> Option<String> {
        self.instance_id.clone()
    }

    pub(crate) fn answers_json(&self) -> String {
        self.answers.clone()
    }

    /// Prints the message, which a failing test shows.
    pub(crate) fn log(&self, level: log::Level, message: &str) {
        println!("{level:?}: {message}");
    }
}

/// The reason for denying a permission that the handler does not declare.
fn undeclared(permission: &str, allow: &str) -> String {
    format!(
        "`{permission}` is not declared: list it in CHECKS, with `Check::later` if the preflight \
         runs it itself, or under `[permissions]` in `gtc-pack.toml` and with `{allow}` here"
    )
}

impl Command {
    fn new(program: &str, args: &[&str]) -> Self {
        Self { program: program.to_string(), args: args.iter().map(ToString::to_string).collect() }
    }

    /// Returns true if this pattern, in which `*` matches one argument, matches a command.
    fn allows(&self, other: &Self) -> bool {
        self.program == other.program
            && self.args.len() == other.args.len()
            && self.args.iter().zip(&other.args).all(|(pattern, arg)| matches(pattern, arg))
    }
}

fn matches(pattern: &str, arg: &str) -> bool {
    let fits_wildcard =
        !arg.is_empty() && !arg.starts_with('-') && !arg.chars().any(char::is_control);
    pattern == arg || pattern == "*" && fits_wildcard
}

impl From<Ask> for Permission {
    fn from(ask: Ask) -> Self {
        match ask {
            Ask::Tool { program, args } => Self::Tool(Command::new(program, args)),
            Ask::Network { host, port } => Self::Network(host.to_string(), port),
            Ask::Answer { path } => Self::Answer(path.to_string()),
        }
    }
}
