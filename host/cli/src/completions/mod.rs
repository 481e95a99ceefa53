//! `gtc completions`, and the completions that the printed scripts ask this program for.
//!
//! A script runs `GTC_COMPLETE=<shell> gtc -- <words>` for each completion, so that values that
//! depend on the environments can be completed. Such a run reads stored files, and nothing else.
#![expect(clippy::disallowed_methods, reason = "a script asks for completions by a variable")]

mod bash;
mod line;
mod values;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Args, Command, ValueEnum};
use clap_complete::Shell;
use clap_complete::env::{Elvish, EnvCompleter, Fish, Powershell, Zsh};
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::args::parse_value_enum;
use super::error::UsageError;
use super::exit_code::EXIT_ERROR;
use super::input::Input;
use super::output;
use super::parse::Payload;
use super::runner::Runner;
use bash::Bash;
use line::Line;
use values::{Files, add_values};

/// The variable by which a script asks for completions; its value is the shell.
const VARIABLE: &str = "GTC_COMPLETE";

/// The end of the help page.
pub(crate) const INSTALLATION: &str = "\
To install them, add a line to the file that your shell reads when it starts:
  bash  ~/.bashrc                   source <(gtc completions bash)
  zsh   ~/.zshrc, after compinit    source <(gtc completions zsh)
  fish  ~/.config/fish/config.fish  gtc completions fish | source

Environments, bound kinds and instances are read when they are completed; no
handler runs, and no registry is asked.";

/// The shell to print completions for.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompletionsPayload {
    /// Shell
    #[serde(deserialize_with = "deserialize_shell")]
    #[schemars(with = "String", extend("enum" = shells()))]
    pub shell: Shell,
}

impl Payload for CompletionsPayload {
    type Request = Shell;

    fn into_request(self) -> Result<Shell, UsageError> {
        Ok(self.shell)
    }
}

fn shells() -> Vec<String> {
    Shell::value_variants().iter().map(ToString::to_string).collect()
}

fn deserialize_shell<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Shell, D::Error> {
    parse_value_enum(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// Prints a completion script. A shell reads it, so there is no JSON envelope.
pub(crate) fn run(runner: &Runner, input: Input<CompletionsPayload>) -> io::Result<u8> {
    runner.run_with_writer(
        "",
        "completions",
        input,
        |shell| Ok(script(shell)),
        |_, script| output::print(script).map(|()| 0),
    )
}

fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    if let Some(completer) = completer(&shell.to_string()) {
        // writing to memory cannot fail
        let _ = completer.write_registration(VARIABLE, "gtc", "gtc", "gtc", &mut script);
    }
    let script = String::from_utf8_lossy(&script);
    match shell {
        // words as zsh reads them, without their quotes
        Shell::Zsh => script.replace(r#""${words[@]}""#, r#""${(Q)words[@]}""#),
        _ => script.into_owned(),
    }
}

fn completer(shell: &str) -> Option<&'static dyn EnvCompleter> {
    let all: [&dyn EnvCompleter; 5] = [&Bash, &Elvish, &Fish, &Powershell, &Zsh];
    all.into_iter().find(|completer| completer.is(shell))
}

/// Prints completions if a script asks for them, and returns the exit code then. `parser` parses
/// what is typed so far, and `tree` has what can be typed.
pub(crate) fn complete(parser: fn() -> Command, tree: fn() -> Command) -> Option<ExitCode> {
    let shell = std::env::var_os(VARIABLE).filter(|shell| !shell.is_empty())?;
    let words: Vec<OsString> =
        std::env::args_os().skip_while(|argument| argument != "--").skip(1).collect();
    let mut completions = Vec::new();
    let written = shell.to_str().and_then(completer).filter(|_| !words.is_empty()).map(|shell| {
        // bash completes and quotes names of files itself
        let files = if shell.is(Bash.name()) { Files::LeftToShell } else { Files::Listed };
        let mut tree = add_values(tree(), &Line::parse(parser(), &words), files);
        let folder = std::env::current_dir().ok();
        shell.write_complete(&mut tree, words, folder.as_deref(), &mut completions)
    });
    // a shell that gets nothing offers nothing
    let is_written = written.is_some_and(|written| written.is_ok());
    let is_printed = is_written && io::stdout().write_all(&completions).is_ok();
    Some(if is_printed { ExitCode::SUCCESS } else { EXIT_ERROR.into() })
}
