//! The operations of a host. Each combines other modules and returns a typed report.
//! Operations do not print and do not parse command-line arguments.

mod answered_addresses;
pub mod answers;
mod assemble;
mod audit;
pub mod audit_log;
pub mod audit_prune;
pub mod bench;
pub mod bind;
pub mod bindings;
pub mod build;
pub mod build_config;
mod bundle_file;
pub mod cache;
mod deadline;
pub mod doctor;
pub mod env;
pub mod export;
mod file_path;
pub mod fleet;
pub mod grants;
pub mod history;
pub mod import;
mod input_file;
pub mod inspect;
mod json_members;
mod key_file;
pub mod limits;
pub(crate) mod load_limits;
mod load_pack;
pub mod messaging;
mod output_file;
mod pack_error;
mod pack_pool;
pub mod pack_test;
mod phrases;
pub mod plugins;
pub mod project;
pub mod registry;
pub mod repack;
pub mod requests;
pub mod sandbox_check;
pub mod signing;
pub(crate) mod suggested_commands;
pub mod tool_check;
mod trust;
pub mod trust_root;
pub mod validate;

pub use bundle_file::BundleFileError;
pub use deadline::TimeLimit;
pub use file_path::FilePath;
pub use input_file::InputError;
pub use key_file::KeyFileError;
pub use load_limits::LoadLimits;
pub use output_file::OutputError;
pub use pack_error::{BrokenBuiltin, InvalidArchive, PackError};
pub use trust::SignatureStatus;

pub use crate::shell::quoted;

/// The largest `--answers` file that is read, in bytes. A payload has a dozen fields.
const PAYLOAD_BYTES: u64 = 1 << 20;

/// Reads a file that holds the arguments of an operation; `-` is standard input.
///
/// # Errors
/// [`InputError`] when the file cannot be read.
pub fn payload_file(host: &crate::Host, path: &std::path::Path) -> Result<Vec<u8>, InputError> {
    input_file::read_input(host, path, PAYLOAD_BYTES)
}
