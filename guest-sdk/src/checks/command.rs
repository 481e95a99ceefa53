//! Running a command, and what programs complain about.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::caps::excerpt;
use crate::tools::{self, Failure, Output};
use crate::{Missing, Outcome, ProbeError, Recoverable};

/// A sentence that a program prints when something is wrong that the operator can mend.
#[derive(Clone, Copy, Debug)]
pub struct Complaint {
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

impl Complaint {
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
pub(super) fn ask(program: &str, args: &[&str], filling: &[&str]) -> Result<Output, Failure> {
    let mut filling = filling.iter();
    let place = |arg: &&str| match *arg {
        "*" => filling.next().unwrap_or(arg).to_string(),
        arg => arg.to_string(),
    };
    tools::probe(program, &args.iter().map(place).collect::<Vec<_>>())
}

/// What it means that a program did not run.
pub(super) fn failed(failure: Failure, install_hint: &str) -> Outcome {
    match failure {
        Failure::NotFound => Outcome::Missing(Missing { install_hint: install_hint.to_string() }),
        Failure::Denied(reason) => unknown(format!("not allowed to run it: {reason}")),
        Failure::TimedOut => unknown("it did not answer in time".to_string()),
        Failure::Io(reason) => unknown(reason),
    }
}

/// Complaints, and the code that knows them in an output. A guest without complaints pays
/// for neither.
#[derive(Clone, Copy, Debug)]
pub(super) struct Complaints {
    list: &'static [Complaint],
    find: fn(&Output, &[Complaint]) -> Option<Outcome>,
}

impl Complaints {
    pub(super) const NONE: Self = Self { list: &[], find: |_, _| None };

    pub(super) const fn new(list: &'static [Complaint]) -> Self {
        Self { list, find: complained }
    }

    /// What it means that a program printed this instead of an answer, and ended with
    /// this code.
    pub(super) fn of(self, output: &Output) -> Outcome {
        (self.find)(output, self.list).unwrap_or_else(|| ended(output))
    }
}

/// What stands last says most: what comes before is often a log. Of standard output only
/// what standard error does not explain.
fn complained(output: &Output, complaints: &[Complaint]) -> Option<Outcome> {
    let known = |text: &str| {
        let mut lines = text
            .lines()
            .filter_map(|line| Some((line, complaints.iter().find(|it| it.is_in(line))?)));
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
fn ended(output: &Output) -> Outcome {
    let words =
        first_line(&output.stderr).or_else(|| first_line(&output.stdout)).unwrap_or("nothing");
    unknown(format!("it ended with exit code {}: {}", output.exit_code, excerpt(words)))
}

pub(super) fn unknown(detail: String) -> Outcome {
    Outcome::ProbeError(ProbeError { detail })
}

pub(super) fn first_line(text: &str) -> Option<&str> {
    text.lines().map(str::trim).find(|line| !line.is_empty())
}
