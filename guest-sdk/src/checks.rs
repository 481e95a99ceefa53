//! Checks to compose a preflight of.
//!
//! ```no_run
//! use env_pack_sdk::checks::Tool;
//!
//! let check = Tool::new("vault", &["version"])
//!     .describe("HashiCorp Vault CLI")
//!     .at_least(1, 12, 0)
//!     .install_hint("install it from https://developer.hashicorp.com/vault/install")
//!     .check();
//! ```

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::tools::{self, Failure, Output};
use crate::{Missing, Outcome, ProbeError, ToolCheck, VersionMismatch};

/// A program on the operator's machine, asked for its version.
#[derive(Clone, Debug)]
pub struct Tool {
    program: &'static str,
    args: &'static [&'static str],
    description: &'static str,
    minimum: Option<[u64; 3]>,
    install_hint: &'static str,
}

impl Tool {
    /// A program, and the arguments that make it print its version. The pack's manifest must list this very command under its
    /// permissions.
    pub const fn new(program: &'static str, args: &'static [&'static str]) -> Self {
        Self { program, args, description: "", minimum: None, install_hint: "install it and put it on PATH" }
    }

    /// What the tool is, as a phrase for people.
    pub const fn describe(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// The oldest version that will do.
    pub const fn at_least(mut self, major: u64, minor: u64, patch: u64) -> Self {
        self.minimum = Some([major, minor, patch]);
        self
    }

    /// How the operator gets it, as one sentence or command.
    pub const fn install_hint(mut self, hint: &'static str) -> Self {
        self.install_hint = hint;
        self
    }

    /// Runs the program through the host and judges what came back.
    pub fn check(&self) -> ToolCheck {
        let args: Vec<String> = self.args.iter().map(ToString::to_string).collect();
        self.judge(tools::probe(self.program, &args))
    }

    /// Judges what running the program brought, without running anything.
    pub fn judge(&self, ran: Result<Output, Failure>) -> ToolCheck {
        let description = match self.description {
            "" => format!("{} on PATH", self.program),
            description => description.to_string(),
        };
        ToolCheck { name: self.program.to_string(), description, outcome: self.outcome(ran) }
    }

    fn outcome(&self, ran: Result<Output, Failure>) -> Outcome {
        let problem = |detail: String| Outcome::ProbeError(ProbeError { detail });
        let output = match ran {
            Ok(output) => output,
            Err(Failure::NotFound) => return Outcome::Missing(Missing { install_hint: self.install_hint.to_string() }),
            Err(Failure::Denied(reason)) => return problem(format!("not allowed to run it: {reason}")),
            Err(Failure::TimedOut) => return problem("it did not answer in time".to_string()),
            Err(Failure::Io(reason)) => return problem(reason),
        };
        if output.exit_code != 0 {
            return problem(format!("it ended with exit code {}: {}", output.exit_code, first_line(&output.stderr)));
        }
        let Some((text, found)) = find_version(&output.stdout).or_else(|| find_version(&output.stderr)) else {
            return match self.minimum {
                Some(_) => problem(format!("it printed no version: {}", first_line(&output.stdout))),
                None => Outcome::Ok(None),
            };
        };
        match self.minimum {
            Some(minimum) if found < minimum => Outcome::VersionMismatch(VersionMismatch {
                found: text.to_string(),
                required: format!(">={}.{}.{}", minimum[0], minimum[1], minimum[2]),
                install_hint: self.install_hint.to_string(),
            }),
            _ => Outcome::Ok(Some(text.to_string())),
        }
    }
}

/// The first thing in a text that looks like a version: two or more numbers joined by dots.
fn find_version(text: &str) -> Option<(&str, [u64; 3])> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+')));
    words.filter_map(|word| as_version(word.strip_prefix('v').unwrap_or(word))).next()
}

fn as_version(word: &str) -> Option<(&str, [u64; 3])> {
    let numbers = word.split(['-', '+']).next()?;
    let mut parsed = [0; 3];
    let mut count = 0;
    for number in numbers.split('.') {
        let value = number.parse().ok()?;
        if let Some(place) = parsed.get_mut(count) {
            *place = value;
        }
        count += 1;
    }
    (count >= 2).then_some((word.trim_end_matches(['.', '-', '+']), parsed))
}

fn first_line(text: &str) -> &str {
    text.lines().find(|line| !line.trim().is_empty()).unwrap_or("nothing").trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VAULT: Tool = Tool::new("vault", &["version"]).at_least(1, 12, 0).install_hint("get it");

    fn printed(stdout: &str) -> Result<Output, Failure> {
        Ok(Output { exit_code: 0, stdout: stdout.to_string(), stderr: String::new(), truncated: false })
    }

    #[track_caller]
    fn check(ran: Result<Output, Failure>, expected: &str) {
        assert_eq!(format!("{:?}", VAULT.judge(ran).outcome), expected);
    }

    #[test]
    fn a_version_is_found_and_compared() {
        check(printed("Vault v1.15.2 (cf1b5cafa), built 2023-11-06"), r#"Outcome::Ok(Some("1.15.2"))"#);
        check(printed("1.12"), r#"Outcome::Ok(Some("1.12"))"#);
        let old = r#"VersionMismatch { found: "1.9.10", required: ">=1.12.0", install-hint: "get it" }"#;
        check(printed("Vault v1.9.10"), &format!("Outcome::VersionMismatch({old})"));
    }

    #[test]
    fn what_is_no_version_is_said_not_guessed() {
        check(printed("hello"), r#"Outcome::ProbeError(ProbeError { detail: "it printed no version: hello" })"#);
        check(printed(""), r#"Outcome::ProbeError(ProbeError { detail: "it printed no version: nothing" })"#);
        let anything = Tool::new("thing", &["version"]);
        assert!(matches!(anything.judge(printed("hello")).outcome, Outcome::Ok(None)));
    }

    #[test]
    fn each_failure_has_its_outcome() {
        check(Err(Failure::NotFound), r#"Outcome::Missing(Missing { install-hint: "get it" })"#);
        assert!(matches!(VAULT.judge(Err(Failure::TimedOut)).outcome, Outcome::ProbeError(_)));
        assert!(matches!(VAULT.judge(Err(Failure::Denied("x".into()))).outcome, Outcome::ProbeError(_)));
        let failed = Output { exit_code: 2, stdout: String::new(), stderr: "\nboom\n".into(), truncated: false };
        check(Ok(failed), r#"Outcome::ProbeError(ProbeError { detail: "it ended with exit code 2: boom" })"#);
    }
}
