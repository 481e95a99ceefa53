//! Programs and their versions.

use alloc::format;
use alloc::string::ToString;

use super::check::{Ask, Probe};
use super::command::{self, KnownFailure, KnownFailures, first_line, probe_error, run_command};
use super::parsers::{self, Parser};
use crate::limits::excerpt;
use crate::tools::{Failure, Output};
use crate::{Outcome, ToolCheck, VersionMismatch};

/// A program on the operator's machine, and its minimum version.
#[derive(Clone, Copy, Debug)]
pub struct Tool {
    name: &'static str,
    program: &'static str,
    args: &'static [&'static str],
    description: &'static str,
    minimum: Option<[u64; 3]>,
    install_hint: &'static str,
    parser: Parser,
    known_failures: KnownFailures,
}

impl Tool {
    /// Creates a check for a program, with the arguments that print its version.
    pub const fn new(program: &'static str, args: &'static [&'static str]) -> Self {
        Self {
            name: program,
            program,
            args,
            description: "",
            minimum: None,
            install_hint: "install it and put it on PATH",
            parser: parsers::anywhere,
            known_failures: KnownFailures::NONE,
        }
    }

    /// Sets the name of the check; default: the name of the program. Use it if a handler has
    /// two checks for one program.
    pub const fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// Describes the program, as a phrase for the operator. The minimum version is appended.
    pub const fn describe(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// Sets the minimum version; default: none.
    pub const fn at_least(mut self, major: u64, minor: u64, patch: u64) -> Self {
        self.minimum = Some([major, minor, patch]);
        self
    }

    /// Removes the minimum version. The output then need not contain a version.
    pub const fn any_version(mut self) -> Self {
        self.minimum = None;
        self
    }

    /// Tells the operator how to install the program, as one sentence or command.
    pub const fn install_hint(mut self, hint: &'static str) -> Self {
        self.install_hint = hint;
        self
    }

    /// Sets the parser for the version; default: [`parsers::anywhere`].
    pub const fn parse_with(mut self, parser: Parser) -> Self {
        self.parser = parser;
        self
    }

    /// Sets the failures to recognise if the program is installed but fails, for instance
    /// because its service is not running.
    pub const fn known_failures(mut self, known_failures: &'static [KnownFailure]) -> Self {
        self.known_failures = KnownFailures::new(known_failures);
        self
    }

    /// The permission that the check needs.
    pub const fn ask(&self) -> Ask {
        Ask::Tool { program: self.program, args: self.args }
    }

    /// Runs the program and checks its output.
    pub fn check(&self) -> ToolCheck {
        self.judge(run_command(self.program, self.args, &[]))
    }

    /// Checks the output of the program, without running it.
    pub fn judge(&self, ran: Result<Output, Failure>) -> ToolCheck {
        let description = match (self.description, self.minimum) {
            ("", _) => format!("{} on PATH", self.program),
            (description, None) => description.to_string(),
            (description, Some([major, minor, _])) => {
                format!("{description} {major}.{minor} or newer")
            }
        };
        ToolCheck { name: self.name.to_string(), description, outcome: self.outcome(ran) }
    }

    fn outcome(&self, ran: Result<Output, Failure>) -> Outcome {
        let output = match ran {
            Ok(output) => output,
            Err(failure) => return command::probe_failed(failure, self.install_hint),
        };
        let found = (self.parser)(&output.stdout).or_else(|| (self.parser)(&output.stderr));
        match (found, self.minimum) {
            // even if the program failed: fixing that does not change the version
            (Some(found), Some(minimum)) if !found.is_at_least(minimum) => {
                Outcome::VersionMismatch(VersionMismatch {
                    found: excerpt(found.as_str()),
                    required: format!(">={}.{}.{}", minimum[0], minimum[1], minimum[2]),
                    install_hint: self.install_hint.to_string(),
                })
            }
            _ if output.exit_code != 0 => self.known_failures.explain(&output),
            (Some(found), _) => Outcome::Ok(Some(excerpt(found.as_str()))),
            (None, None) => Outcome::Ok(None),
            (None, Some(_)) => probe_error(format!(
                "it printed no version: {}",
                excerpt(first_line(&output.stdout).unwrap_or("nothing"))
            )),
        }
    }
}

impl Probe for Tool {
    fn run(&self) -> Option<ToolCheck> {
        Some(self.check())
    }
}

/// Checks that a program is installed, in any version.
pub fn check_present(tool: &Tool) -> ToolCheck {
    tool.any_version().check()
}

/// Checks that a program is installed in a supported version.
pub fn check_version(tool: &Tool) -> ToolCheck {
    tool.check()
}
