//! Credential helpers: programs named `docker-credential-<name>` that keep credentials
//! for docker, and give them to whoever asks.
//!
//! A helper is a program of the user, who installed it and named it in a file of theirs;
//! it sees the user's variables. But nobody waits for it without end, reads without end
//! what it says, or repeats it.

use std::io::{self, Write as _};
use std::process::{ExitStatus, Stdio};
use std::time::Instant;

use env_pack_domain::ForeignText;
use gtc_fs::pipes::{OutputLimits, ReadOutcome};
use gtc_fs::process::{ProcessGroup, detached_exact};
use gtc_fs::search_path;
use serde::Deserialize;

use super::attempt::AttemptOutcome;
use super::{Credential, CredentialLimits, Secret, Variables};

/// The user name that says that the secret is an identity token.
const TOKEN_USER: &str = "<token>";
/// What helpers say, on standard output, when they have nothing; all of them, because
/// docker compares it.
const NOT_FOUND: &[u8] = b"credentials not found in native keychain";

/// A helper to ask.
pub(super) struct Helper<'a> {
    /// Without `docker-credential-`.
    pub name: &'a str,
    pub variables: &'a Variables,
    pub limits: &'a CredentialLimits,
}

/// How helpers answer.
#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Username")]
    username: String,
    #[serde(rename = "Secret")]
    secret: Secret,
}

impl Helper<'_> {
    /// What it has for a server.
    pub fn ask(&self, server: &str) -> AttemptOutcome {
        self.run(server)
            .unwrap_or_else(|error| AttemptOutcome::Fault(format!("it does not run: {error}")))
    }

    fn run(&self, server: &str) -> io::Result<AttemptOutcome> {
        let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if self.name.is_empty() || !self.name.bytes().all(is_legal) {
            return Ok(fault("a name may hold only ASCII letters, digits, `-` and `_`"));
        }
        let name = format!("docker-credential-{}", self.name);
        let Some(program) =
            self.variables.get("PATH").and_then(|path| search_path::find(&name, path))
        else {
            return Ok(fault("it is in no folder of `PATH`; relative ones do not count"));
        };
        let variables = self.variables.0.iter().cloned();
        let mut command = detached_exact(&program, ["get".into()], variables)?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut group = ProcessGroup::spawn(&mut command)?;
        if let Some(mut stdin) = group.child().stdin.take() {
            // the name of a server always fits into a pipe; a helper that does not read it may
            // still answer
            let _ = stdin.write_all(server.as_bytes());
        }
        let limit = self.limits.helper_bytes;
        let limits = OutputLimits {
            kept_bytes: usize::try_from(limit).unwrap_or(usize::MAX),
            total_bytes: limit,
        };
        let outcome = group.read_output(Instant::now() + self.limits.helper_time, limits);
        let status = group.kill()?;
        Ok(match outcome? {
            ReadOutcome::Exited { stdout, stderr } => {
                understand(status, &stdout.bytes, &stderr.bytes)
            }
            ReadOutcome::TimedOut => AttemptOutcome::Fault(format!(
                "it gave no answer within {:?}, and was ended",
                self.limits.helper_time
            )),
            ReadOutcome::OutputLimit => {
                AttemptOutcome::Fault(format!("it printed more than {limit} bytes, and was ended"))
            }
        })
    }
}

/// What an answer means. Of standard output, on which secrets are, nothing is ever
/// repeated.
fn understand(status: ExitStatus, stdout: &[u8], stderr: &[u8]) -> AttemptOutcome {
    if !status.success() {
        return match stdout.trim_ascii().starts_with(NOT_FOUND) {
            true => AttemptOutcome::Nothing,
            false => AttemptOutcome::Fault(failure(status, stderr)),
        };
    }
    match serde_json::from_slice::<Answer>(stdout) {
        Ok(Answer { secret, .. }) if secret.is_empty() => AttemptOutcome::Nothing,
        Ok(Answer { username, secret }) if username == TOKEN_USER => {
            AttemptOutcome::Credential(Credential::Refresh(secret))
        }
        Ok(Answer { username, secret }) => AttemptOutcome::basic(username, secret),
        Err(_) => fault("its answer is no JSON of the expected form"),
    }
}

/// How it failed, and the first line it said about it.
fn failure(status: ExitStatus, stderr: &[u8]) -> String {
    let words = String::from_utf8_lossy(stderr);
    let how = match status.code() {
        Some(code) => format!("it failed with exit code {code}"),
        None => format!("it was ended by {status}"),
    };
    match words.lines().map(str::trim).find(|line| !line.is_empty()) {
        Some(line) => format!("{how}: {}", ForeignText::excerpt(line)),
        None => how,
    }
}

fn fault(what: &str) -> AttemptOutcome {
    AttemptOutcome::Fault(what.to_owned())
}
