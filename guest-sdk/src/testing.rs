//! A machine out of a script: what preflights find in `cargo test`, on any computer and
//! without a component.
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

use crate::checks::Ask;
use crate::tools::Output;
use crate::{Handler, ToolCheck, limits, log, network, tools};

/// What a machine has on it, and what the operator answered.
///
/// Permissions are in force as they are in `gtc`: a handler that asks for what is not
/// among its [`CHECKS`](Handler::CHECKS) is denied, unless the script allows it, as
/// `[permissions]` in `gtc-pack.toml` does. A program without a script is not there, an
/// address without one refuses.
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
}

std::thread_local! {
    static MACHINE: RefCell<Option<Scripted>> = const { RefCell::new(None) };
}

/// Asks the machine that the preflight of this thread runs on.
pub(crate) fn current<T>(ask: impl FnOnce(&Scripted) -> T) -> T {
    let machine = MACHINE.with_borrow(Clone::clone);
    ask(&machine
        .expect("the host was asked outside of a preflight; in a test, run it with `testing::Scripted::preflight`"))
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
    /// A machine with nothing on it: the environment `local`, the default instance, no
    /// answers.
    pub fn new() -> Self {
        Self::default()
    }

    /// A command prints this, and ends with exit code 0.
    pub fn prints(self, program: &str, args: &[&str], stdout: &str) -> Self {
        self.ends(program, args, 0, stdout, "")
    }

    /// A command ends with this exit code, after it printed these on standard output and
    /// on standard error.
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

    /// A command does not come to its end.
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

    /// Something listens at an address.
    pub fn listens(mut self, host: &str, port: u16) -> Self {
        self.addresses.push((host.to_string(), port, Ok(())));
        self
    }

    /// A connection to an address fails like this.
    pub fn unreachable(mut self, host: &str, port: u16, failure: network::Failure) -> Self {
        self.addresses.push((host.to_string(), port, Err(failure)));
        self
    }

    /// The pack may run this as well, since `permissions.tools` in `gtc-pack.toml` has
    /// it; `*` stands for one argument.
    pub fn allow_tool(mut self, program: &str, args: &[&str]) -> Self {
        self.allowed.push(Permission::Tool(Command::new(program, args)));
        self
    }

    /// The pack may connect to this as well, since `permissions.network` in
    /// `gtc-pack.toml` has it.
    pub fn allow_network(mut self, host: &str, port: u16) -> Self {
        self.allowed.push(Permission::Network(host.to_string(), port));
        self
    }

    /// The environment.
    pub fn environment(mut self, id: &str) -> Self {
        self.env_id = id.to_string();
        self
    }

    /// The instance of an extension.
    pub fn instance(mut self, id: &str) -> Self {
        self.instance_id = Some(id.to_string());
        self
    }

    /// What the operator answered: a JSON object.
    pub fn answers(mut self, json: &str) -> Self {
        self.answers = json.to_string();
        self
    }

    /// Runs the preflight of a handler on this machine, and gives back what the host
    /// would be told: each check with a name of its own.
    ///
    /// # Panics
    /// When the preflight does, or when it runs a program with arguments for which there
    /// is no script.
    pub fn preflight<H: Handler>(&self) -> Vec<ToolCheck> {
        let mut machine = self.clone();
        machine.allowed.extend(H::CHECKS.iter().map(|check| Permission::from(check.ask())));
        /// Takes the machine away again, also when the preflight panics.
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
        let is_allowed = |permission: &Permission| matches!(permission, Permission::Tool(it) if it.allows(&command));
        if !self.allowed.iter().any(is_allowed) {
            let command = args.iter().fold(program.to_string(), |words, arg| words + " " + arg);
            return Err(tools::Failure::Denied(undeclared(&command, "allow_tool")));
        }
        match self.programs.iter().rfind(|(scripted, _)| *scripted == command) {
            Some((_, answer)) => answer.clone(),
            None if self.programs.iter().any(|(scripted, _)| scripted.program == program) => {
                panic!("`{program}` is run with {args:?}, for which there is no script")
            }
            None => Err(tools::Failure::NotFound),
        }
    }

    pub(crate) fn reach(&self, host: &str, port: u16) -> Result<(), network::Failure> {
        let is_it =
            |other: &str, other_port: u16| other.eq_ignore_ascii_case(host) && other_port == port;
        let is_allowed = |permission: &Permission| matches!(permission, Permission::Network(host, port) if is_it(host, *port));
        if !self.allowed.iter().any(is_allowed) {
            return Err(network::Failure::Denied(undeclared(
                &format!("{host}:{port}"),
                "allow_network",
            )));
        }
        let known = self.addresses.iter().rfind(|(host, port, _)| is_it(host, *port));
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

    /// Where a test shows it when it fails.
    pub(crate) fn log(&self, level: log::Level, message: &str) {
        println!("{level:?}: {message}");
    }
}

/// What a handler hears of something that nobody declares; its author reads it.
fn undeclared(asked: &str, allow: &str) -> String {
    format!(
        "`{asked}` is not declared: list it among the CHECKS, with `Check::later` if the preflight asks for it itself, or \
         under `[permissions]` in `gtc-pack.toml`, and then here with `{allow}`"
    )
}

impl Command {
    fn new(program: &str, args: &[&str]) -> Self {
        Self { program: program.to_string(), args: args.iter().map(ToString::to_string).collect() }
    }

    /// Whether this, with its stars, allows that.
    fn allows(&self, other: &Self) -> bool {
        let fits = |(pattern, arg): (&String, &String)| {
            let is_ordinary =
                !arg.is_empty() && !arg.starts_with('-') && !arg.chars().any(char::is_control);
            pattern == arg || pattern == "*" && is_ordinary
        };
        self.program == other.program
            && self.args.len() == other.args.len()
            && self.args.iter().zip(&other.args).all(fits)
    }
}

impl From<Ask> for Permission {
    fn from(ask: Ask) -> Self {
        match ask {
            Ask::Tool { program, args } => Self::Tool(Command::new(program, args)),
            Ask::Network { host, port } => Self::Network(host.to_string(), port),
        }
    }
}
