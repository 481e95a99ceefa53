//! A host for env-packs: loads their handlers as sandboxed WebAssembly components and binds
//! them to the slots of environments.
//!
//! An *environment* has slots, such as `secrets`. A slot is filled by an *env-pack*: a
//! `.gtpack` archive with a handler, which is a WebAssembly component. A [`Host`] keeps the
//! environments in a folder, fetches packs, and runs their handlers in a sandbox.
//!
//! The functions in [`ops`] are the commands of the program `gtc`: each takes a host and
//! returns a typed report. [`Plugins`] registers handlers of your own next to those of packs.
//!
//! # Example
//!
//! ```no_run
//! use gtc_core::{Host, HostSettings, ops};
//!
//! // External components are compiled in another process of this program, which starts
//! // here and does not return from this call.
//! gtc_core::run_if_worker();
//! let host = Host::new(HostSettings::quiet("environments".into(), "cache".into()));
//! for environment in ops::env::list(&host)?.environments {
//!     println!("{environment:?}");
//! }
//! # Ok::<(), Box<dyn gtc_core::OperationError>>(())
//! ```

pub mod answers_schema;
pub mod base_url;
pub mod document;
mod host;
pub mod limits;
mod operation_error;
pub mod ops;
pub mod project;
mod repeated_flags;
pub mod scenario;
mod shell;

pub use gtc_engine::worker::run_if_worker;
pub use gtc_engine::{CompileNotice, LogLevel, LogLine, LogSink, ToolEnvironment, Worker};
pub use gtc_fetch::{
    CredentialSources, NoProgress, Progress, Proxies, RegistryOption, RegistrySettings, Transfer,
    is_registry,
};
pub use gtc_fs::termination::{TerminationSignals, ignore_file_size_signal};
pub use gtc_store::Actor;
pub use host::{Clock, Host, HostSettings};
pub use limits::Limits;
pub use operation_error::{ExitOutcome, Explanation, OperationError};
pub use ops::plugins::Plugins;
pub use repeated_flags::RepeatedFlags;
