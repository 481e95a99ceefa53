//! The command line of a worker process, and its exit codes.
//!
//! Components and compiled code are passed as files; see the parent module.

use std::ffi::OsString;
use std::{fmt, io};

use gtc_fs::shortage::is_shortage;
use rustix::io::Errno;

use super::budget::CompileBudget;

/// The program name (`argv[0]`) that marks a process as a worker.
pub(crate) const NAME: &str = "gtc-worker";
/// Exit code of a worker that rejected its input. Its error output has the reason.
pub(super) const EXIT_REJECTED: i32 = 3;
/// Exit code of a worker that could not do its work on this machine, or was started with
/// invalid arguments. Its error output has the reason.
pub(crate) const EXIT_FAILED: i32 = 4;
/// Exit code of a worker that ran out of memory, and could still say so. A failed allocation
/// in the middle of the work ends it with SIGABRT instead.
pub(crate) const EXIT_OUT_OF_MEMORY: i32 = 5;
/// Exit code of a worker that could not start a thread or open a file, because this machine or
/// this process has too few. Its error output has the number of the error.
pub(crate) const EXIT_SHORTAGE: i32 = 6;
/// Exit code of a panic, as in every program in Rust.
pub(super) const EXIT_PANICKED: i32 = 101;

/// Returns the error of a worker that exited with [`EXIT_SHORTAGE`] and this error output.
pub(crate) fn parse_shortage(stderr: &str) -> io::Error {
    let number = stderr.trim().parse();
    let error = number.map_or(Errno::AGAIN.into(), io::Error::from_raw_os_error);
    if is_shortage(&error) { error } else { Errno::AGAIN.into() }
}

/// The job of a worker process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkerCommand {
    /// Compile the component on standard input.
    Compile {
        /// The limits.
        budget: CompileBudget,
        /// The stack of guests in bytes, which the compiled code depends on.
        stack_bytes: u64,
    },
    /// Print the WIT of the component on standard input.
    Describe {
        /// The limits.
        budget: CompileBudget,
    },
    /// Run one operation of the guest whose compiled code is on standard input. Standard
    /// output is a socket that carries the request and the messages.
    RunGuest,
    /// Report which protections are effective.
    Examine,
}

const COMPILE: &str = "compile";
const DESCRIBE: &str = "describe";
const RUN_GUEST: &str = "run-guest";
const EXAMINE: &str = "examine";

impl WorkerCommand {
    /// Returns the command-line arguments.
    pub fn to_arguments(self) -> Vec<String> {
        match self {
            Self::Compile { budget, stack_bytes } => {
                with_numbers(COMPILE, budget, Some(stack_bytes))
            }
            Self::Describe { budget } => with_numbers(DESCRIBE, budget, None),
            Self::RunGuest => vec![RUN_GUEST.to_owned()],
            Self::Examine => vec![EXAMINE.to_owned()],
        }
    }

    /// Parses command-line arguments.
    ///
    /// # Errors
    /// [`InvalidCommand`] unless they are exactly one command.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, InvalidCommand> {
        let arguments: Vec<String> = arguments
            .into_iter()
            .map(OsString::into_string)
            .collect::<Result<_, _>>()
            .map_err(|_| InvalidCommand)?;
        match arguments.as_slice() {
            [command, seconds, memory, code, stack_bytes] if command == COMPILE => {
                Ok(Self::Compile {
                    budget: parse_budget([seconds, memory, code])?,
                    stack_bytes: parse_number(stack_bytes)?,
                })
            }
            [command, seconds, memory, code] if command == DESCRIBE => {
                Ok(Self::Describe { budget: parse_budget([seconds, memory, code])? })
            }
            [command] if command == RUN_GUEST => Ok(Self::RunGuest),
            [command] if command == EXAMINE => Ok(Self::Examine),
            _ => Err(InvalidCommand),
        }
    }
}

fn with_numbers(command: &str, budget: CompileBudget, last: Option<u64>) -> Vec<String> {
    let numbers = [budget.seconds, budget.memory_bytes, budget.code_bytes].into_iter().chain(last);
    std::iter::once(command.to_owned()).chain(numbers.map(|number| number.to_string())).collect()
}

fn parse_budget(numbers: [&String; 3]) -> Result<CompileBudget, InvalidCommand> {
    let [seconds, memory_bytes, code_bytes] = numbers.map(|number| parse_number(number));
    Ok(CompileBudget { seconds: seconds?, memory_bytes: memory_bytes?, code_bytes: code_bytes? })
}

fn parse_number(text: &str) -> Result<u64, InvalidCommand> {
    text.parse().map_err(|_| InvalidCommand)
}

/// The arguments are not a worker command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidCommand;

impl fmt::Display for InvalidCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "invalid worker command: expected `compile` and four numbers, `describe` and three numbers, `run-guest`, or `examine`",
        )
    }
}

impl std::error::Error for InvalidCommand {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_round_trips_and_anything_else_is_rejected() {
        let budget = CompileBudget { seconds: 3, memory_bytes: 1 << 27, code_bytes: 1 << 23 };
        let compile = WorkerCommand::Compile { budget, stack_bytes: 512 << 10 };
        let describe = WorkerCommand::Describe { budget };
        for command in [WorkerCommand::Examine, WorkerCommand::RunGuest, describe, compile] {
            let arguments = command.to_arguments().into_iter().map(OsString::from);
            assert_eq!(WorkerCommand::parse(arguments), Ok(command));
        }
        for line in [
            "",
            "compile",
            "compile 1 2 3",
            "compile 1 2 3 -4",
            "compile 1 2 3 4 5",
            "describe 1 2",
            "examine 1",
            "run-guest 1",
            "Examine",
        ] {
            let arguments = line.split_whitespace().map(OsString::from);
            assert_eq!(WorkerCommand::parse(arguments), Err(InvalidCommand), "{line}");
        }
    }
}
