//! Completions in bash. The script of `clap_complete` loses what is typed before a `:`, `=` or `@`,
//! at which bash splits words; and names of files would reach the command line unquoted, so bash
//! itself completes those.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use clap::Command;
use clap_complete::engine;
use clap_complete::env::EnvCompleter;

/// A completion in place of all names of files.
pub(super) const FILES: &str = "/";

const SCRIPT: &str = include_str!("gtc.bash");

/// Completions in bash.
pub(super) struct Bash;

impl EnvCompleter for Bash {
    fn name(&self) -> &'static str {
        "bash"
    }

    fn is(&self, name: &str) -> bool {
        name == self.name()
    }

    fn write_registration(
        &self,
        _variable: &str,
        _name: &str,
        _program: &str,
        _completer: &str,
        script: &mut dyn Write,
    ) -> io::Result<()> {
        script.write_all(SCRIPT.as_bytes())
    }

    /// Writes a completion on each line. Nothing makes bash complete names of files.
    fn write_complete(
        &self,
        command: &mut Command,
        words: Vec<OsString>,
        folder: Option<&Path>,
        completions: &mut dyn Write,
    ) -> io::Result<()> {
        let last = words.len() - 1;
        let is_empty = words[last].is_empty();
        let candidates = engine::complete(command, words, last, folder)?;
        let mut values: Vec<String> = candidates
            .iter()
            .map(|candidate| candidate.get_value().to_string_lossy().into_owned())
            .collect();
        // before anything is typed, options are offered only where nothing else fits
        if is_empty && values.iter().any(|value| !value.starts_with('-')) {
            values.retain(|value| !value.starts_with('-'));
        }
        values.retain(|value| value != FILES);
        for value in values {
            writeln!(completions, "{value}")?;
        }
        Ok(())
    }
}
