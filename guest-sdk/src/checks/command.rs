//! Runs commands, and recognises known failures in their output.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::limits::excerpt;
use crate::tools::{self, Failure, Output};
use crate::{Missing, Outcome, ProbeError, Recoverable};

/// A failure that is recognised by the message that a program prints, and that the operator
/// can fix.
#[derive(Clone, Copy, Debug)]
pub struct KnownFailure {
    message: &'static str,
    meaning: Meaning,
    hint: &'static str,
}

/// The meaning of a known failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The operator is not logged in, or lacks permission.
    AuthFailed,
    /// The service that the program connects to does not answer.
    Unreachable,
}

impl KnownFailure {
    /// Creates a known failure. `message` is a part of a line of output, in the same case;
    /// `hint` tells the operator how to fix it.
    pub const fn new(message: &'static str, meaning: Meaning, hint: &'static str) -> Self {
        Self { message, meaning, hint }
    }

    // byte by byte: the search of the standard library is faster, but larger than the rest
    // of this file
    fn is_in(&self, line: &str) -> bool {
        let message = self.message.as_bytes();
        !message.is_empty() && line.as_bytes().windows(message.len()).any(|part| part == message)
    }
}

/// Runs a program. Each `*` among its arguments is replaced by the next value of `filling`.
pub(super) fn run_command(
    program: &str,
    args: &[&str],
    filling: &[&str],
) -> Result<Output, Failure> {
    let mut filling = filling.iter();
    let args: Vec<String> = args
        .iter()
        .map(|arg| match *arg {
            "*" => filling.next().unwrap_or(arg).to_string(),
            arg => arg.to_string(),
        })
        .collect();
    tools::probe(program, &args)
}

/// The outcome of a command that did not run.
pub(super) fn probe_failed(failure: Failure, install_hint: &str) -> Outcome {
    match failure {
        Failure::NotFound => Outcome::Missing(Missing { install_hint: install_hint.to_string() }),
        Failure::Denied(reason) => probe_error(format!("not allowed to run it: {reason}")),
        Failure::TimedOut => probe_error("it did not answer in time".to_string()),
        Failure::Io(reason) => probe_error(reason),
    }
}

/// Known failures, and the code that finds them in an output. A guest without known failures
/// contains neither.
#[derive(Clone, Copy, Debug)]
pub(super) struct KnownFailures {
    list: &'static [KnownFailure],
    find: fn(&Output, &[KnownFailure]) -> Option<Outcome>,
}

impl KnownFailures {
    pub(super) const NONE: Self = Self { list: &[], find: |_, _| None };

    pub(super) const fn new(list: &'static [KnownFailure]) -> Self {
        Self { list, find: find_known }
    }

    /// The outcome of a command whose output has no answer: a known failure, or its exit
    /// code.
    pub(super) fn explain(self, output: &Output) -> Outcome {
        (self.find)(output, self.list).unwrap_or_else(|| exit_failure(output))
    }
}

/// Finds the last line with a known failure, because earlier lines are often a log. Standard
/// error takes precedence over standard output.
fn find_known(output: &Output, failures: &[KnownFailure]) -> Option<Outcome> {
    find_in(&output.stderr, failures).or_else(|| find_in(&output.stdout, failures))
}

fn find_in(text: &str, failures: &[KnownFailure]) -> Option<Outcome> {
    let mut known = text
        .lines()
        .filter_map(|line| Some((line, failures.iter().find(|failure| failure.is_in(line))?)));
    let (line, failure) = known.next_back()?;
    Some(failure.meaning.outcome(line, failure.hint))
}

impl Meaning {
    pub(super) fn outcome(self, detail: &str, hint: &str) -> Outcome {
        let recoverable =
            Recoverable { detail: excerpt(detail.trim()), recovery_hint: hint.to_string() };
        match self {
            Self::AuthFailed => Outcome::AuthFailed(recoverable),
            Self::Unreachable => Outcome::Unreachable(recoverable),
        }
    }
}

/// The outcome of a command that failed without a known message.
fn exit_failure(output: &Output) -> Outcome {
    let line = first_line(&output.stderr).or_else(|| first_line(&output.stdout));
    let line = excerpt(line.unwrap_or("nothing"));
    probe_error(format!("it ended with exit code {}: {line}", output.exit_code))
}

pub(super) fn probe_error(detail: String) -> Outcome {
    Outcome::ProbeError(ProbeError { detail })
}

pub(super) fn first_line(text: &str) -> Option<&str> {
    text.lines().map(str::trim).find(|line| !line.is_empty())
}
