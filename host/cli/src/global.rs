//! The flags that every command accepts.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use clap::builder::TypedValueParser as _;
use clap::{Arg, ArgAction, Args, ValueEnum};

/// The global flags. Help shows the names of their variables, but not the values.
#[derive(Debug, Args)]
#[command(mut_args(global_flag))]
pub(crate) struct Global {
    /// Folder that holds the environments [default: ~/.greentic/environments]
    #[arg(long, env = "GTC_STORE_ROOT", value_name = "DIR", help_heading = "Global options")]
    pub store_root: Option<PathBuf>,
    /// Folder of cached archives and compiled code [default: $XDG_CACHE_HOME/gtc or ~/.cache/gtc]
    #[arg(long, env = "GTC_CACHE_DIR", value_name = "DIR", help_heading = "Global options")]
    pub cache_dir: Option<PathBuf>,
    /// Output format [default: human on a terminal, json elsewhere]
    #[arg(long, env = "GTC_FORMAT", value_name = "FORMAT", help_heading = "Global options")]
    pub format: Option<Format>,
    /// Change a limit, such as `handler.preflight-time=60s`; see `gtc doctor limits`
    #[arg(
        long = "limit",
        env = "GTC_LIMITS",
        value_delimiter = ',',
        value_name = "NAME=VALUE",
        help_heading = "Global options"
    )]
    pub limits: Vec<String>,
    /// Do not use the network; use only local files and the cache
    #[arg(
        long,
        env = "GTC_OFFLINE",
        value_parser = clap::builder::FalseyValueParser::new(),
        help_heading = "Registries"
    )]
    pub offline: bool,
    /// Use plain HTTP for this registry; always allowed for registries on this machine
    #[arg(
        long,
        env = "GTC_PLAIN_HTTP",
        value_delimiter = ',',
        value_name = "REGISTRY",
        help_heading = "Registries",
        hide_short_help = true
    )]
    pub plain_http: Vec<String>,
    /// Also trust the certificate authorities in this PEM file
    #[arg(
        long,
        env = "GTC_CA_FILE",
        value_parser = clap::builder::OsStringValueParser::new().map(PathBuf::from),
        value_name = "FILE",
        help_heading = "Registries",
        hide_short_help = true
    )]
    pub ca_file: Option<PathBuf>,
    /// Send the credentials of a registry to its token server on this host
    #[arg(
        long,
        env = "GTC_TOKEN_REALMS",
        value_delimiter = ',',
        value_name = "REGISTRY=HOST",
        help_heading = "Registries",
        hide_short_help = true
    )]
    pub token_realm: Vec<String>,
    /// Send all requests for a registry to this host instead
    #[arg(
        long,
        env = "GTC_MIRRORS",
        value_delimiter = ',',
        value_name = "REGISTRY=HOST",
        help_heading = "Registries",
        hide_short_help = true
    )]
    pub mirror: Vec<String>,
    /// Print only results and errors
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Global options")]
    pub quiet: bool,
    /// Print log lines and the messages of handlers; `-vv` prints more; GTC_LOG selects lines
    #[arg(short, long, action = clap::ArgAction::Count, help_heading = "Global options")]
    pub verbose: u8,
}

/// Makes a flag global. Of a flag that is given twice, the last one counts, so that a script can
/// be called with other flags than it has; lists add up.
fn global_flag(flag: Arg) -> Arg {
    let flag = flag.global(true).hide_env_values(true);
    match flag.get_action() {
        ArgAction::Append | ArgAction::Count => flag,
        _ => {
            let id = flag.get_id().clone();
            flag.overrides_with(id)
        }
    }
}

/// Output format of results and errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Aligned text for people
    Human,
    /// One JSON document for programs
    Json,
}

impl Format {
    /// The requested format, or text if standard output is a terminal and JSON if not.
    pub(crate) fn or_default(requested: Option<Self>) -> Self {
        requested
            .unwrap_or_else(|| if io::stdout().is_terminal() { Self::Human } else { Self::Json })
    }
}
