//! Docker credential helpers: programs named `docker-credential-<name>`, which implement the
//! [credential helper protocol](https://github.com/docker/docker-credential-helpers).
//!
//! The user installed a helper and named it in a configuration file, so it runs with the
//! user's environment. Another user must not be able to replace it. Its run time and output are limited, and its standard output, which
//! contains secrets, never appears in messages.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write as _};
use std::process::{ExitStatus, Stdio};
use std::time::Instant;

use env_pack_domain::ForeignText;
use gtc_fs::pipes::{OutputLimits, ReadOutcome};
use gtc_fs::process::{ProcessGroup, detached_exact};
use gtc_fs::search_path::{self, SearchError};
use serde::Deserialize;

use super::attempt::AttemptOutcome;
use super::credential::Credential;
use super::limits::CredentialLimits;
use super::secret::Secret;
use super::sources::Variables;

/// The user name of a response whose secret is an identity token.
const TOKEN_USER: &str = "<token>";
/// The output of every helper that has no credential. Docker compares this text, too.
const NOT_FOUND: &[u8] = b"credentials not found in native keychain";

/// A credential helper.
pub(super) struct Helper<'a> {
    /// The name without `docker-credential-`.
    pub name: &'a str,
    pub variables: &'a Variables,
    pub limits: &'a CredentialLimits,
}

/// The output of `docker-credential-<name> get`.
#[derive(Deserialize)]
struct HelperResponse {
    #[serde(rename = "Username")]
    username: String,
    #[serde(rename = "Secret")]
    secret: Secret,
}

impl Helper<'_> {
    /// Runs the helper to get its credential for a server.
    pub(super) fn get(&self, server: &str) -> AttemptOutcome {
        self.run(server)
            .unwrap_or_else(|error| AttemptOutcome::Fault(format!("it cannot be run: {error}")))
    }

    fn run(&self, server: &str) -> io::Result<AttemptOutcome> {
        let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if self.name.is_empty() || !self.name.bytes().all(is_valid) {
            return Ok(fault("its name may contain only ASCII letters, digits, `-` and `_`"));
        }
        let name = format!("docker-credential-{}", self.name);
        let path = self.variables.get("PATH").unwrap_or_default();
        let program = match search_path::find_trusted(&name, path) {
            Ok(program) => program,
            Err(SearchError::NotFound) => {
                return Ok(fault("it is not in an absolute folder of `PATH`"));
            }
            Err(error @ SearchError::NotTrusted { .. }) => {
                let reason = ForeignText::sentence(&error.to_string());
                return Ok(AttemptOutcome::Fault(reason.to_string()));
            }
        };
        let mut command = detached_exact(&program, ["get".into()], self.environment(path))?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut group = ProcessGroup::spawn(&mut command)?;
        if let Some(mut stdin) = group.child().stdin.take() {
            // a server name always fits into a pipe; a helper that does not read it may still
            // respond
            let _ = stdin.write_all(server.as_bytes());
        }
        let CredentialLimits { helper_bytes, helper_time, .. } = *self.limits;
        let limits = OutputLimits {
            kept_bytes: usize::try_from(helper_bytes).unwrap_or(usize::MAX),
            total_bytes: helper_bytes,
        };
        let outcome = group.read_output(Instant::now() + helper_time, limits);
        let status = group.kill()?;
        Ok(match outcome? {
            ReadOutcome::Exited { stdout, stderr } => {
                parse_output(status, &stdout.bytes, &stderr.bytes)
            }
            ReadOutcome::TimedOut => AttemptOutcome::Fault(format!(
                "it did not respond within {helper_time:?} and was terminated"
            )),
            ReadOutcome::OutputLimit => AttemptOutcome::Fault(format!(
                "it printed more than {helper_bytes} bytes and was terminated"
            )),
        })
    }
}

impl Helper<'_> {
    /// The variables of the host, with a `PATH` for the programs that a helper runs.
    fn environment(&self, path: &OsStr) -> impl Iterator<Item = (OsString, OsString)> {
        let others = self.variables.0.iter().filter(|(name, _)| name != "PATH").cloned();
        others.chain([("PATH".into(), search_path::trusted_folders(path))])
    }
}

fn parse_output(status: ExitStatus, stdout: &[u8], stderr: &[u8]) -> AttemptOutcome {
    if !status.success() {
        if stdout.trim_ascii().starts_with(NOT_FOUND) {
            return AttemptOutcome::NoEntry;
        }
        return AttemptOutcome::Fault(describe_failure(status, stderr));
    }
    match serde_json::from_slice::<HelperResponse>(stdout) {
        Ok(HelperResponse { secret, .. }) if secret.is_empty() => AttemptOutcome::NoEntry,
        Ok(HelperResponse { username, secret }) if username == TOKEN_USER => {
            AttemptOutcome::Credential(Credential::Refresh(secret))
        }
        Ok(HelperResponse { username, secret }) => AttemptOutcome::basic(username, secret),
        Err(_) => fault("its response is not JSON of the expected form"),
    }
}

/// The exit code or signal, and the first line of standard error.
fn describe_failure(status: ExitStatus, stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let failure = match status.code() {
        Some(code) => format!("it failed with exit code {code}"),
        None => format!("it was terminated by {status}"),
    };
    match text.lines().map(str::trim).find(|line| !line.is_empty()) {
        Some(line) => format!("{failure}: {}", ForeignText::excerpt(line)),
        None => failure,
    }
}

fn fault(text: &str) -> AttemptOutcome {
    AttemptOutcome::Fault(text.to_owned())
}
