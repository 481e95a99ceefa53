//! Local programs that a preflight asks: looked up on PATH, run without a shell, bounded
//! in time, output and number.

pub(super) mod keeper;
mod output;
mod redact;
mod variables;

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use env_pack_domain::{ForeignText, Permissions};
use gtc_fs::pipes::{OutputLimits, ReadOutcome};
use gtc_fs::process::{ProcessGroup, detached, detached_exact};
use gtc_fs::search_path::{self, SearchError};
use serde::{Deserialize, Serialize};

use super::Limits;
use super::turnstile::Turnstile;
use super::worker::NAME;
use keeper::Told;

/// How long a keeper that is told to end everything may take, before it is ended itself.
const KEEPER_PATIENCE: Duration = Duration::from_millis(1500);

/// What programs run in: where they are found, and the variables out of which each sees
/// its own.
#[derive(Clone, Debug, Default)]
pub struct ToolEnvironment {
    /// The folders programs are looked up in, as in the variable `PATH`.
    pub path: OsString,
    /// The variables of the host. A program sees those on its list, beside `PATH` and
    /// `LC_ALL=C`; the values of those whose names say that they are secret are
    /// hidden in what it says.
    pub variables: Vec<(OsString, OsString)>,
}

/// What a program left behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Its exit code.
    pub exit_code: i32,
    /// What it printed.
    pub stdout: String,
    /// What it said of it.
    pub stderr: String,
    /// Whether some of either was cut off.
    pub truncated: bool,
}

/// Why there is no output.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum Failure {
    /// There is no such program.
    #[error("not found on PATH")]
    NotFound,
    /// It was not allowed, for this reason.
    #[error("denied: {0}")]
    Denied(String),
    /// It did not end in time.
    #[error("out of time")]
    TimedOut,
    /// Something else failed.
    #[error("{0}")]
    Io(String),
}

impl From<SearchError> for Failure {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::NotFound => Self::NotFound,
            SearchError::NotTrusted { .. } => Self::Denied(error.to_string()),
        }
    }
}

impl Failure {
    /// What a handler hears when nobody granted this command.
    pub fn not_granted(command: &[String]) -> Self {
        let command = ForeignText::sentence(&command.join(" "));
        let reason = format!(
            "`{}` is not declared by the pack, or not granted by the operator",
            command.as_exact()
        );
        Self::Denied(reason)
    }
}

/// What a handler hears of a program that says this: no credential, and no text beyond
/// its cap.
pub(super) fn as_heard(output: Output, text_bytes: usize) -> Output {
    let cut = |text: String| {
        let mut text = redact::redact(text, &[]);
        let shown = text.floor_char_boundary(text_bytes.min(text.len()));
        let is_cut = shown < text.len();
        text.truncate(shown);
        (text, is_cut)
    };
    let ((stdout, stdout_is_cut), (stderr, stderr_is_cut)) =
        (cut(output.stdout), cut(output.stderr));
    Output {
        stdout,
        stderr,
        truncated: output.truncated || stdout_is_cut || stderr_is_cut,
        ..output
    }
}

/// Runs programs for every preflight of an engine.
#[derive(Debug)]
pub(super) struct Tools {
    environment: ToolEnvironment,
    /// The program that can keep another one; without it, what leaves the session of a
    /// program that is run is not ended with it.
    keeper: Option<PathBuf>,
    /// What programs that are run see as `PATH`.
    trusted_path: OnceLock<OsString>,
    turnstile: Turnstile,
}

/// A program to run, and until when.
pub(super) struct Probe<'a> {
    pub grants: &'a Permissions,
    pub tool: &'a str,
    pub args: &'a [String],
    pub deadline: Instant,
    pub limits: &'a Limits,
}

impl Probe<'_> {
    /// Whether the operator granted it.
    pub fn allowed(&self) -> Result<(), Failure> {
        let Self { tool, args, .. } = *self;
        if self.grants.allows_tool(tool, args) {
            return Ok(());
        }
        Err(Failure::not_granted(&[&[tool.to_owned()], args].concat()))
    }
}

impl Tools {
    pub fn new(environment: ToolEnvironment, keeper: Option<&Path>, at_a_time: usize) -> Self {
        let (keeper, turnstile) = (keeper.map(Path::to_owned), Turnstile::new(at_a_time));
        Self { environment, keeper, trusted_path: OnceLock::new(), turnstile }
    }

    /// Runs a program, if the operator granted it; which file that was, as soon as it is
    /// known.
    pub fn probe(&self, probe: &Probe<'_>, found: &mut Option<PathBuf>) -> Result<Output, Failure> {
        let Probe { tool, args, limits, .. } = *probe;
        probe.allowed()?;
        let program = search_path::find_trusted(tool, &self.environment.path)?;
        *found = Some(program.clone());
        let _turn = self.turnstile.turn(probe.deadline).ok_or(Failure::TimedOut)?;
        let deadline = probe.deadline.min(Instant::now() + limits.tool_time);
        let mut running =
            self.start(&program, tool, args).map_err(|error| not_started(&program, &error))?;
        let output_limits = OutputLimits {
            kept_bytes: limits.text_bytes + output::MARGIN_BYTES,
            total_bytes: limits.printed_bytes,
        };
        let outcome = running.group.read_output(deadline, output_limits);
        let told = running.end();
        let (stdout, stderr) = match outcome.map_err(|error| Failure::Io(error.to_string()))? {
            ReadOutcome::Exited { stdout, stderr } => (stdout, stderr),
            ReadOutcome::TimedOut => return Err(Failure::TimedOut),
            ReadOutcome::OutputLimit => {
                let reason =
                    format!("it printed more than {} bytes, and was ended", limits.printed_bytes);
                return Err(Failure::Io(reason));
            }
        };
        let exit_code = match told {
            Told::Ended(status) => exit_code(status)?,
            Told::NotStarted(error) => return Err(not_started(&program, &error)),
            Told::Nothing => {
                return Err(Failure::Io("the process that watches over it was ended".to_owned()));
            }
        };
        let clean = |text| redact::redact(text, &self.environment.variables);
        let (stdout, stdout_is_cut) = output::into_text(&stdout, limits.text_bytes, clean);
        let (stderr, stderr_is_cut) = output::into_text(&stderr, limits.text_bytes, clean);
        Ok(Output { exit_code, stdout, stderr, truncated: stdout_is_cut || stderr_is_cut })
    }

    fn start(&self, program: &Path, tool: &str, args: &[String]) -> io::Result<Running> {
        let variables = self.variables(tool);
        let args = args.iter().map(OsString::from);
        let (mut command, line) = match &self.keeper {
            Some(keeper) => {
                let (ours, theirs) = UnixStream::pair()?;
                let mut command = detached(keeper);
                command.arg0(NAME).arg(keeper::TASK).arg(program).args(args).envs(variables);
                command.stdin(OwnedFd::from(theirs));
                (command, Some(ours))
            }
            None => {
                let mut command = detached_exact(program, args, variables)?;
                command.stdin(Stdio::null());
                (command, None)
            }
        };
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok(Running { group: ProcessGroup::spawn(&mut command)?, line })
    }

    /// What a program sees of the variables of the host.
    fn variables(&self, tool: &str) -> Vec<(OsString, OsString)> {
        let path =
            self.trusted_path.get_or_init(|| search_path::trusted_folders(&self.environment.path));
        let fixed = [("PATH".into(), path.clone()), ("LC_ALL".into(), "C".into())];
        variables::of(tool, &self.environment.variables).cloned().chain(fixed).collect()
    }
}

/// A program that runs.
struct Running {
    /// The program, or its keeper.
    group: ProcessGroup,
    /// The line to its keeper.
    line: Option<UnixStream>,
}

impl Running {
    /// Ends it, if it has not ended, and everything it started; how it ended.
    fn end(self) -> Told {
        let Self { group, line } = self;
        let Some(mut line) = line else { return group.kill().map_or(Told::Nothing, Told::Ended) };
        // the keeper sees that nobody listens, and ends what it keeps before it ends itself
        let _ = line.shutdown(std::net::Shutdown::Write);
        let _ = group.wait_until(Instant::now() + KEEPER_PATIENCE);
        let _ = group.kill();
        keeper::hear(&mut line)
    }
}

fn exit_code(status: ExitStatus) -> Result<i32, Failure> {
    status.code().ok_or_else(|| Failure::Io(format!("it was ended by {status}")))
}

fn not_started(program: &Path, error: &io::Error) -> Failure {
    Failure::Io(format!("`{}` does not start: {error}", program.display()))
}
