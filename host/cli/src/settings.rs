//! Settings of the host, from flags and environment variables.
#![expect(clippy::disallowed_methods, reason = "variables are read here and passed on as settings")]

use std::env;
use std::path::{Path, PathBuf};

use env_pack_domain::ForeignText;

use super::error::{CliError, UsageError};
use super::global::Global;
use super::log;
use super::progress::ProgressDisplay;
use gtc_core::limits::{self, Limits};
use gtc_core::{
    CredentialSources, HostSettings, Proxies, RegistryOption, RegistrySettings, RepeatedFlags,
    ToolEnvironment, is_registry,
};

/// The settings that the global flags select.
pub(crate) fn settings(global: &Global) -> Result<HostSettings, CliError> {
    let display = if global.quiet { ProgressDisplay::hidden() } else { ProgressDisplay::stderr() };
    if !global.quiet {
        log::start(global.verbose, env::var_os(log::VARIABLE), &display)?;
    }
    let compile_display = display.clone();
    let build_display = display.clone();
    let preflight_display = display.clone();
    let store_root = store_root(global.store_root.as_deref())?;
    let cache = match &global.cache_dir {
        Some(cache) => cache.clone(),
        None => default_cache_dir()?,
    };
    Ok(HostSettings {
        tools: ToolEnvironment {
            path: env::var_os("PATH").unwrap_or_default(),
            variables: env::vars_os().collect(),
        },
        log: Box::new(log::handler_message),
        registries: registries(global)?,
        on_compile: Box::new(move |bytes| compile_display.show_compilation(bytes)),
        on_build: Box::new(move |what| build_display.show_work(what)),
        on_preflight: Box::new(move |what| preflight_display.show_work(what)),
        progress: Box::new(display),
        limits: limits(global)?,
        repeated_flags: repeated_flags(global),
        ..HostSettings::quiet(store_root, cache)
    })
}

/// The folders that were given as flags, which suggested commands repeat. Variables hold for the
/// next command too.
pub(crate) fn repeated_flags(global: &Global) -> RepeatedFlags {
    let folders = [
        ("--store-root", "GTC_STORE_ROOT", &global.store_root),
        ("--cache-dir", "GTC_CACHE_DIR", &global.cache_dir),
    ];
    RepeatedFlags::new(folders.iter().filter_map(|(flag, variable, folder)| {
        let folder = folder.as_deref()?;
        let is_set = env::var_os(variable).is_some_and(|value| value == folder.as_os_str());
        (!is_set).then_some((*flag, folder))
    }))
}

/// The folder of the environments: the given one, or the default.
pub(crate) fn store_root(given: Option<&Path>) -> Result<PathBuf, CliError> {
    match given {
        Some(root) => Ok(root.to_owned()),
        None => Ok(home()?.join(".greentic").join("environments")),
    }
}

/// Settings for registries.
fn registries(global: &Global) -> Result<RegistrySettings, CliError> {
    let plain_http = non_empty(&global.plain_http);
    if let Some(text) = plain_http.iter().find(|text| !is_registry(text)) {
        return Err(invalid_value("plain-http", text, "expected `<host>` or `<host>:<port>`"));
    }
    let all_proxy = proxy_variable("ALL_PROXY");
    Ok(RegistrySettings {
        offline: global.offline,
        token_realms: registry_options("token-realm", &global.token_realm)?,
        mirrors: registry_options("mirror", &global.mirror)?,
        ca_file: global.ca_file.clone().filter(|path| !path.as_os_str().is_empty()),
        plain_http,
        proxies: Proxies {
            http: proxy_variable("HTTP_PROXY").or_else(|| all_proxy.clone()),
            https: proxy_variable("HTTPS_PROXY").or(all_proxy),
            no_proxy: proxy_variable("NO_PROXY").unwrap_or_default(),
        },
        credentials: CredentialSources::from_env(env::home_dir(), env::vars_os().collect()),
    })
}

/// Parses values of the form `<registry>=<host>`.
fn registry_options(flag: &'static str, texts: &[String]) -> Result<Vec<RegistryOption>, CliError> {
    let texts = non_empty(texts);
    texts
        .iter()
        .map(|text| {
            text.parse::<RegistryOption>().map_err(|reason| invalid_value(flag, text, reason))
        })
        .collect()
}

/// The values of a list without empty ones, which an empty variable yields.
fn non_empty(texts: &[String]) -> Vec<String> {
    texts.iter().filter(|text| !text.is_empty()).cloned().collect()
}

fn invalid_value(flag: &'static str, text: &str, reason: &str) -> CliError {
    UsageError::new(flag, format!("`{}`: {reason}", ForeignText::excerpt(text))).into()
}

/// A proxy variable; like curl, the lower-case name first.
fn proxy_variable(name: &str) -> Option<String> {
    env::var(name.to_ascii_lowercase()).or_else(|_| env::var(name)).ok()
}

/// The default limits, changed by `--limit` and `GTC_LIMITS`.
fn limits(global: &Global) -> Result<Limits, CliError> {
    let mut limits = Limits::default();
    for text in non_empty(&global.limits) {
        limits::apply(&mut limits, &text)
            .map_err(|reason| invalid_value("limit", &text, &reason))?;
    }
    Ok(limits)
}

/// `$XDG_CACHE_HOME/gtc` if that is absolute, and `~/.cache/gtc` if not.
fn default_cache_dir() -> Result<PathBuf, CliError> {
    match env::var_os("XDG_CACHE_HOME").map(PathBuf::from) {
        Some(cache) if cache.is_absolute() => Ok(cache.join("gtc")),
        _ => Ok(home()?.join(".cache").join("gtc")),
    }
}

fn home() -> Result<PathBuf, CliError> {
    let home = env::home_dir().filter(|home| home.is_absolute());
    home.ok_or(CliError::NoHome)
}

/// The editor that the user chose, with its arguments: `$VISUAL`, `$EDITOR`, or vi.
pub(crate) fn editor() -> String {
    let chosen = ["VISUAL", "EDITOR"].into_iter().filter_map(|name| env::var(name).ok());
    chosen.into_iter().find(|editor| !editor.trim().is_empty()).unwrap_or_else(|| "vi".to_owned())
}

/// The folder of temporary files: `$TMPDIR`, or `/tmp`.
pub(crate) fn temporary_folder() -> PathBuf {
    env::temp_dir()
}
