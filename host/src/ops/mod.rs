//! What a host does: each operation joins rooms and returns a report. Nothing here
//! prints, and nothing here reads arguments.

mod assemble;
pub mod bench;
pub mod bind;
pub mod cache;
mod check;
mod command;
pub mod doctor;
pub mod embed;
pub mod env;
mod error;
mod file_path;
pub mod grants;
pub mod limits;
pub mod load;
mod next;
pub mod pack;
pub mod pack_test;
mod packs;
pub mod project;
pub mod protections;
pub mod read;
mod recorded;
pub mod refresh;
pub mod registry;
pub mod repack;
pub mod save;
pub mod signing;
pub mod tool_check;
mod trust;
pub mod trust_root;
pub mod unbind;
pub mod validate;

pub use command::quoted;
pub use error::{Failure, OpError, Taker};
pub use file_path::FilePath;
pub use packs::PackError;
pub use trust::Signature;

/// The most that is read of a file of arguments: a payload has a dozen fields.
const PAYLOAD_BYTES: u64 = 1 << 20;

/// Reads a file that holds the arguments of an operation.
///
/// # Errors
/// [`OpError::Input`] when it cannot be read.
pub fn payload_file(host: &crate::host::Host, path: &std::path::Path) -> Result<Vec<u8>, OpError> {
    host.fetcher.read_document(path, PAYLOAD_BYTES).map_err(|source| OpError::Input { source })
}
