//! Where a run of the program finds its files and programs, from flags and the
//! environment.
#![expect(clippy::disallowed_methods, reason = "variables are read here and passed on as settings")]

use std::env;
use std::io::Write as _;
use std::path::PathBuf;

use env_pack_domain::ForeignText;

use super::args::Global;
use super::error::{CliError, UsageError};
use super::progress::Screen;
use crate::engine::{LogLevel, LogLine, ToolEnvironment, Worker};
use crate::fetch::{CredentialSources, Proxies, RegistryOption, RegistrySettings, is_registry};
use crate::host::HostSettings;
use crate::limits::{self, Limits};

/// The settings of a host for these flags.
pub fn settings(global: &Global) -> Result<HostSettings, CliError> {
    let (quiet, verbose) = (global.quiet, global.verbose);
    let screen = if quiet { Screen::none() } else { Screen::stderr() };
    let (beside, compiling, working) = (screen.clone(), screen.clone(), screen.clone());
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
        tools: ToolEnvironment {
            path: env::var_os("PATH").unwrap_or_default(),
            variables: env::vars_os().collect(),
        },
        worker: Worker::ThisProgram,
        log: Box::new(move |line| {
            if verbose {
                beside.aside(|| log(line));
            }
        }),
        registries: registries(global)?,
        compiling: Box::new(move |bytes| compiling.compile(bytes)),
        working: Box::new(move |what| working.work(what)),
        progress: Box::new(screen),
        limits: limits(global)?,
    })
}

/// How registries are reached.
fn registries(global: &Global) -> Result<RegistrySettings, CliError> {
    let wrong = |flag, text: &str, reason: &str| {
        UsageError::text(flag, format!("`{}`: {reason}", ForeignText::excerpt(text)))
    };
    // a variable that is set to nothing says nothing
    let said = |texts: &[String]| {
        texts.iter().filter(|text| !text.is_empty()).cloned().collect::<Vec<_>>()
    };
    let plain_http = said(&global.plain_http);
    if let Some(text) = plain_http.iter().find(|text| !is_registry(text)) {
        return Err(wrong("plain-http", text, "expected a host name, and perhaps `:<port>`").into());
    }
    let pairs = |flag, texts: &[String]| -> Result<Vec<RegistryOption>, CliError> {
        let pair = |text: &String| text.parse().map_err(|reason| wrong(flag, text, reason).into());
        texts.iter().map(pair).collect()
    };
    let variable =
        |name: &str| env::var(name.to_ascii_lowercase()).or_else(|_| env::var(name)).ok();
    let all = variable("ALL_PROXY");
    Ok(RegistrySettings {
        offline: global.offline,
        token_realms: pairs("token-realm", &said(&global.token_realm))?,
        mirrors: pairs("mirror", &said(&global.mirror))?,
        ca_file: global.ca_file.clone().filter(|path| !path.as_os_str().is_empty()),
        plain_http,
        proxies: Proxies {
            http: variable("HTTP_PROXY").or_else(|| all.clone()),
            https: variable("HTTPS_PROXY").or(all),
            no_proxy: variable("NO_PROXY").unwrap_or_default(),
        },
        credentials: CredentialSources::from_env(env::home_dir(), env::vars_os().collect()),
    })
}

/// The caps, as flags and environment change them.
fn limits(global: &Global) -> Result<Limits, CliError> {
    let mut limits = Limits::default();
    for text in global.limits.iter().filter(|text| !text.is_empty()) {
        let wrong = |reason| {
            UsageError::text("limit", format!("`{}`: {reason}", ForeignText::excerpt(text)))
        };
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
        LogLevel::Trace => "trace",
        LogLevel::Debug => "debug",
        LogLevel::Info => "info",
        LogLevel::Warn => "warn",
        LogLevel::Error => "error",
    };
    let _ = writeln!(
        anstream::stderr(),
        "handler `{}` says in `{}` ({level}): {}",
        line.handler,
        line.call,
        line.message
    );
}
