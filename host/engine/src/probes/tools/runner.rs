//! Looks up tools, runs them within their limits, and collects their output.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use gtc_fs::pipes::{OutputLimits, ReadOutcome};
use gtc_fs::process::{ProcessGroup, detached, detached_exact};
use gtc_fs::search_path::{self, SearchError};
use gtc_fs::shortage::is_shortage;

use super::reaper::{self, ExitReport};
use super::redact::redact;
use super::{output, variables};
use crate::limits::EngineLimits;
use crate::probes::permissions::ProbePermissions;
use crate::probes::reply::{MissingPermission, ToolFailure, ToolOutput};
use crate::semaphore::Semaphore;
use crate::worker::protocol::NAME;

/// Time for a reaper to kill the descendants of its tool before it is killed itself.
const REAPER_EXIT_TIME: Duration = Duration::from_millis(1500);

/// The environment in which tools run.
#[derive(Clone, Debug, Default)]
pub struct ToolEnvironment {
    /// The folders to search, in the form of the variable `PATH`.
    pub path: OsString,
    /// The environment variables of the host. Each tool gets `PATH`, `LC_ALL=C` and those
    /// on its own list. Values of variables with secret names are redacted from output.
    pub variables: Vec<(OsString, OsString)>,
}

/// Runs tools for all preflights of an engine.
#[derive(Debug)]
pub(crate) struct Tools {
    environment: ToolEnvironment,
    /// The program that can act as [`reaper`]. Without one, a tool's descendants that
    /// leave its process group are not killed.
    reaper: Option<PathBuf>,
    /// The `PATH` that tools see.
    trusted_path: OnceLock<OsString>,
    semaphore: Semaphore,
}

/// A request to run a tool.
pub(crate) struct ToolProbe<'a> {
    pub permissions: &'a ProbePermissions,
    pub tool: &'a str,
    pub args: &'a [String],
    pub deadline: Instant,
    pub limits: &'a EngineLimits,
}

impl ToolProbe<'_> {
    /// Fails unless the operator granted the command.
    pub(crate) fn check_granted(&self) -> Result<(), ToolFailure> {
        let ProbePermissions { granted, declared } = self.permissions;
        if granted.allows_tool(self.tool, self.args) {
            return Ok(());
        }
        let missing = MissingPermission::of(declared.allows_tool(self.tool, self.args));
        Err(ToolFailure::not_permitted(&[&[self.tool.to_owned()], self.args].concat(), missing))
    }
}

impl Tools {
    pub(crate) fn new(
        environment: ToolEnvironment,
        reaper: Option<&Path>,
        max_concurrent: usize,
    ) -> Self {
        Self {
            environment,
            reaper: reaper.map(Path::to_owned),
            trusted_path: OnceLock::new(),
            semaphore: Semaphore::new(max_concurrent),
        }
    }

    /// Runs a tool if the operator granted it. `found` is set to the path of the program
    /// as soon as it is known.
    pub(crate) fn run(
        &self,
        probe: &ToolProbe<'_>,
        found: &mut Option<PathBuf>,
    ) -> Result<ToolOutput, ToolFailure> {
        probe.check_granted()?;
        let program = find_program(probe.tool, &self.environment.path)?;
        *found = Some(program.clone());
        let _permit = self.semaphore.acquire(probe.deadline).ok_or(ToolFailure::TimedOut)?;
        let limits = probe.limits;
        let deadline = probe.deadline.min(Instant::now() + limits.tool_time);
        let mut running = self.start(&program, probe.tool, probe.args)?;
        let output_limits = OutputLimits {
            kept_bytes: limits.text_bytes + output::MARGIN_BYTES,
            total_bytes: limits.tool_output_bytes,
        };
        let outcome = running.group.read_output(deadline, output_limits);
        let report = running.terminate();
        let (stdout, stderr) = match outcome.map_err(|error| ToolFailure::Io(error.to_string()))? {
            ReadOutcome::Exited { stdout, stderr } => (stdout, stderr),
            ReadOutcome::TimedOut => return Err(ToolFailure::TimedOut),
            ReadOutcome::OutputLimit => {
                let limit = limits.tool_output_bytes;
                let reason = format!("it printed more than {limit} bytes and was killed");
                return Err(ToolFailure::Io(reason));
            }
        };
        let exit_code = match report {
            ExitReport::Exited(status) => exit_code(status)?,
            ExitReport::NotStarted(error) => return Err(start_failure(&program, &error)),
            ExitReport::Missing => {
                return Err(ToolFailure::Io("its reaper process was killed".to_owned()));
            }
        };
        let clean = |text| redact(text, &self.environment.variables);
        let (stdout, stdout_is_cut) = output::into_text(&stdout, limits.text_bytes, clean);
        let (stderr, stderr_is_cut) = output::into_text(&stderr, limits.text_bytes, clean);
        Ok(ToolOutput { exit_code, stdout, stderr, truncated: stdout_is_cut || stderr_is_cut })
    }

    fn start(
        &self,
        program: &Path,
        tool: &str,
        args: &[String],
    ) -> Result<RunningTool, ToolFailure> {
        let variables = self.variables(tool);
        let args = args.iter().map(OsString::from);
        if let Some(reaper) = &self.reaper {
            return RunningTool::with_reaper(reaper, program, args, variables).map_err(|error| {
                // whatever it is, the tool is not the reason
                let reason = format!("the process that ends `{tool}` does not start: {error}");
                ToolFailure::Shortage(reason)
            });
        }
        RunningTool::alone(program, args, variables).map_err(|error| start_failure(program, &error))
    }

    /// Returns the environment variables that a tool gets.
    fn variables(&self, tool: &str) -> Vec<(OsString, OsString)> {
        let path =
            self.trusted_path.get_or_init(|| search_path::trusted_folders(&self.environment.path));
        let fixed = [("PATH".into(), path.clone()), ("LC_ALL".into(), "C".into())];
        variables::visible_to(tool, &self.environment.variables).cloned().chain(fixed).collect()
    }
}

/// A tool that was started.
struct RunningTool {
    /// The process of the tool, or of its reaper.
    group: ProcessGroup,
    /// The channel to its reaper.
    reaper: Option<UnixStream>,
}

impl RunningTool {
    fn with_reaper(
        reaper: &Path,
        program: &Path,
        args: impl Iterator<Item = OsString>,
        variables: Vec<(OsString, OsString)>,
    ) -> io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        let mut command = detached(reaper);
        command.arg0(NAME).arg(reaper::ARGUMENT).arg(program).args(args).envs(variables);
        command.stdin(OwnedFd::from(theirs)).stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok(Self { group: ProcessGroup::spawn(&mut command)?, reaper: Some(ours) })
    }

    fn alone(
        program: &Path,
        args: impl Iterator<Item = OsString>,
        variables: Vec<(OsString, OsString)>,
    ) -> io::Result<Self> {
        let mut command = detached_exact(program, args, variables)?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok(Self { group: ProcessGroup::spawn(&mut command)?, reaper: None })
    }

    /// Kills the tool, if it still runs, and its descendants. Returns how it ended.
    fn terminate(self) -> ExitReport {
        let Self { group, reaper } = self;
        let Some(mut reaper) = reaper else {
            return group.kill().map_or(ExitReport::Missing, ExitReport::Exited);
        };
        // the reaper notices that the channel is closed, and kills the descendants
        let _ = reaper.shutdown(std::net::Shutdown::Write);
        let _ = group.wait_until(Instant::now() + REAPER_EXIT_TIME);
        let _ = group.kill();
        reaper::read_report(&mut reaper)
    }
}

fn exit_code(status: ExitStatus) -> Result<i32, ToolFailure> {
    status.code().ok_or_else(|| ToolFailure::Io(format!("it was killed by {status}")))
}

fn find_program(tool: &str, path: &OsStr) -> Result<PathBuf, ToolFailure> {
    search_path::find_trusted(tool, path).map_err(|error| match error {
        SearchError::NotFound => ToolFailure::NotFound,
        SearchError::NotTrusted { .. } => ToolFailure::Denied(error.to_string()),
    })
}

fn start_failure(program: &Path, error: &io::Error) -> ToolFailure {
    let reason = format!("`{}` does not start: {error}", program.display());
    if is_shortage(error) { ToolFailure::Shortage(reason) } else { ToolFailure::Io(reason) }
}
