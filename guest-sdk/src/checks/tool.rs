//! Programs, and the versions they have.

use alloc::format;
use alloc::string::ToString;

use super::check::{Ask, Probe};
use super::command::{self, KnownFailure, KnownFailures, first_line, probe_error, run_command};
use super::parsers::{self, Parser};
use crate::limits::excerpt;
use crate::tools::{Failure, Output};
use crate::{Outcome, ToolCheck, VersionMismatch};

/// A program on the operator's machine, asked for its version.
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
    /// A program, and the arguments that make it print its version.
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

    /// What the check is called; as the program is, unless told. Two checks of one
    /// program need names to be told apart.
    pub const fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// What the tool is, as a phrase for people. The oldest version that will do is added
    /// to it.
    pub const fn describe(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// The oldest version that will do.
    pub const fn at_least(mut self, major: u64, minor: u64, patch: u64) -> Self {
        self.minimum = Some([major, minor, patch]);
        self
    }

    /// Any version will do, and so will none that can be read.
    pub const fn any_version(mut self) -> Self {
        self.minimum = None;
        self
    }

    /// How the operator gets it, as one sentence or command.
    pub const fn install_hint(mut self, hint: &'static str) -> Self {
        self.install_hint = hint;
        self
    }

    /// Where in its output the version stands; anywhere, unless told.
    pub const fn parse_with(mut self, parser: Parser) -> Self {
        self.parser = parser;
        self
    }

    /// What it may complain about although it is there, such as a service that it belongs
    /// to.
    pub const fn known_failures(mut self, known_failures: &'static [KnownFailure]) -> Self {
        self.known_failures = KnownFailures::new(known_failures);
        self
    }

    /// What it asks of the operator's machine.
    pub const fn ask(&self) -> Ask {
        Ask::Tool { program: self.program, args: self.args }
    }

    /// Runs the program through the host and judges what came back.
    pub fn check(&self) -> ToolCheck {
        self.judge(run_command(self.program, self.args, &[]))
    }

    /// Judges what running the program brought, without running anything.
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
            // also of a program that complains: what is too old stays too old when the complaint is
            // mended
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
    fn run(&self) -> ToolCheck {
        self.check()
    }
}

/// Checks that a program is there, in whatever version.
pub fn check_present(tool: &Tool) -> ToolCheck {
    tool.any_version().check()
}

/// Checks that a program is there, in a version that will do.
pub fn check_version(tool: &Tool) -> ToolCheck {
    tool.check()
}
