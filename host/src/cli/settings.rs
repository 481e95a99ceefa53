//! Where a run of the program finds its files and programs, from flags and the environment.

use std::env;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;

use env_pack_domain::ForeignText;

use super::args::Global;
use super::error::{CliError, UsageError};
use crate::engine::{Level, LogLine, ToolEnvironment, Worker};
use crate::host::HostSettings;
use crate::limits::{self, Limits};

/// A component below this compiles in a blink; nobody needs to be told.
const SLOW_TO_COMPILE_BYTES: usize = 1 << 20;

/// The settings of a host for these flags.
pub fn settings(global: &Global) -> Result<HostSettings, CliError> {
    let (quiet, verbose) = (global.quiet, global.verbose);
    let shows_progress = !quiet && std::io::stderr().is_terminal();
    Ok(HostSettings {
        store_root: match &global.store_root {
            Some(root) => root.clone(),
            None => home()?.join(".greentic").join("environments"),
        },
        cache: match (&global.cache_dir, env::var_os("XDG_CACHE_HOME").map(PathBuf::from)) {
            (Some(cache), _) => cache.clone(),
            (None, Some(cache)) if cache.is_absolute() => cache.join("gtc"),
            _ => home()?.join(".cache").join("gtc"),
        },
        tools: ToolEnvironment { path: env::var_os("PATH").unwrap_or_default(), variables: env::vars_os().collect() },
        worker: Worker::ThisProgram,
        log: Box::new(move |line| {
            if verbose {
                log(line);
            }
        }),
        compiling: Box::new(move |bytes| {
            if shows_progress && bytes >= SLOW_TO_COMPILE_BYTES {
                // standard error may be gone; the work goes on
                let _ = writeln!(
                    anstream::stderr(),
                    "compiling a component of {} MB, once; this takes a while",
                    bytes >> 20
                );
            }
        }),
        limits: limits(global)?,
    })
}

/// The caps, as flags and environment change them.
fn limits(global: &Global) -> Result<Limits, CliError> {
    let mut limits = Limits::default();
    for text in &global.limits {
        let wrong = |reason| UsageError::text("limit", format!("`{}`: {reason}", ForeignText::excerpt(text)));
        limits::change(&mut limits, text).map_err(wrong)?;
    }
    Ok(limits)
}

fn home() -> Result<PathBuf, CliError> {
    let home = env::home_dir().filter(|home| home.is_absolute());
    home.ok_or(CliError::NoHome)
}

fn log(line: &LogLine) {
    let level = match line.level {
        Level::Trace => "trace",
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    };
    let _ =
        writeln!(anstream::stderr(), "handler `{}` says in `{}` ({level}): {}", line.handler, line.call, line.message);
}
