//! File and process primitives: each exists once, here, and `clippy.toml` bans the raw form
//! everywhere else.
//!
//! - [`append`]: append to a log, so that repeating it changes nothing.
//! - [`atomic`]: replace a file so that readers see the old or the new content.
//! - [`backup`]: keep the old content of a file that is replaced.
//! - [`read`]: read a regular file up to a limit, without blocking on a FIFO or a device.
//! - [`output`]: write a file that a user names, which may be a pipe; remove one.
//! - [`folder`]: create a folder, or list it up to a limit.
//! - [`metadata`]: properties of a path, without opening it.
//! - [`lock`]: lock a file, shared or exclusive, with a deadline.
//! - [`search_path`]: find a program on `PATH`.
//! - [`process`]: start a program detached from this one, and kill it with its process group.
//! - [`pipes`]: read the output of a process group up to a limit and a deadline.
//! - [`shortage`]: tell a lack of memory or file descriptors from a fault of a file.
//! - [`trusted_path`]: which step to a program another user could change.
//! - [`termination`]: record SIGINT and SIGTERM instead of being ended by them; ignore SIGXFSZ.
#![cfg_attr(
    test,
    expect(clippy::disallowed_methods, reason = "tests prepare files and programs directly")
)]

mod accounts;
pub mod append;
pub mod atomic;
pub mod backup;
mod error;
pub mod folder;
pub mod lock;
pub mod metadata;
pub mod output;
pub mod pipes;
pub mod process;
pub mod read;
pub mod search_path;
pub mod shortage;
pub mod termination;
pub mod trusted_path;

pub use error::PathError;
