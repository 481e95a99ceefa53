//! Running a command, and what programs complain about.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::limits::excerpt;
use crate::tools::{self, Failure, Output};
use crate::{Missing, Outcome, ProbeError, Recoverable};

/// A sentence that a program prints when something is wrong that the operator can mend.
#[derive(Clone, Copy, Debug)]
pub struct KnownFailure {
    says: &'static str,
    means: Meaning,
    next: &'static str,
}

/// What is wrong when a program complains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Nobody is logged in, or whoever is may not.
    AuthFailed,
    /// What it talks to does not answer.
    Unreachable,
}

impl KnownFailure {
    /// A part of a line, in the program's own letters, and what the operator does about
    /// it.
    pub const fn new(says: &'static str, means: Meaning, next: &'static str) -> Self {
        Self { says, means, next }
    }

    /// Byte by byte: the search of the standard library is quicker, and larger than all
    /// of this file.
    fn is_in(&self, line: &str) -> bool {
        !self.says.is_empty()
            && line.as_bytes().windows(self.says.len()).any(|part| part == self.says.as_bytes())
    }
}

/// Runs a program; `filling` takes the place of the stars among the arguments, in their
/// order.
pub(super) fn run_command(
    program: &str,
    args: &[&str],
    filling: &[&str],
) -> Result<Output, Failure> {
    let mut filling = filling.iter();
    let place = |arg: &&str| match *arg {
        "*" => filling.next().unwrap_or(arg).to_string(),
        arg => arg.to_string(),
    };
    tools::probe(program, &args.iter().map(place).collect::<Vec<_>>())
}

/// What it means that a program did not run.
pub(super) fn probe_failed(failure: Failure, install_hint: &str) -> Outcome {
    match failure {
        Failure::NotFound => Outcome::Missing(Missing { install_hint: install_hint.to_string() }),
        Failure::Denied(reason) => probe_error(format!("not allowed to run it: {reason}")),
        Failure::TimedOut => probe_error("it did not answer in time".to_string()),
        Failure::Io(reason) => probe_error(reason),
    }
}

/// KnownFailures, and the code that knows them in an output. A guest without known_failures pays
/// for neither.
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

    /// What it means that a program printed this instead of an answer, and ended with
    /// this code.
    pub(super) fn explain(self, output: &Output) -> Outcome {
        (self.find)(output, self.list).unwrap_or_else(|| exit_failure(output))
    }
}

/// What stands last says most: what comes before is often a log. Of standard output only
/// what standard error does not explain.
fn find_known(output: &Output, known_failures: &[KnownFailure]) -> Option<Outcome> {
    let known = |text: &str| {
        let mut lines = text
            .lines()
            .filter_map(|line| Some((line, known_failures.iter().find(|it| it.is_in(line))?)));
        lines.next_back().map(|(line, complaint)| complaint.means.outcome(line, complaint.next))
    };
    known(&output.stderr).or_else(|| known(&output.stdout))
}

impl Meaning {
    pub(super) fn outcome(self, detail: &str, next: &str) -> Outcome {
        let recoverable =
            Recoverable { detail: excerpt(detail.trim()), recovery_hint: next.to_string() };
        match self {
            Self::AuthFailed => Outcome::AuthFailed(recoverable),
            Self::Unreachable => Outcome::Unreachable(recoverable),
        }
    }
}

/// What it means that a program ended with a code that is not 0, without a complaint that
/// is known.
fn exit_failure(output: &Output) -> Outcome {
    let words =
        first_line(&output.stderr).or_else(|| first_line(&output.stdout)).unwrap_or("nothing");
    probe_error(format!("it ended with exit code {}: {}", output.exit_code, excerpt(words)))
}

pub(super) fn probe_error(detail: String) -> Outcome {
    Outcome::ProbeError(ProbeError { detail })
}

pub(super) fn first_line(text: &str) -> Option<&str> {
    text.lines().map(str::trim).find(|line| !line.is_empty())
}
