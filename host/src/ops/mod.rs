//! What a host does: each operation joins rooms and returns a report. Nothing here prints, and nothing here reads arguments.

mod assemble;
pub mod bind;
mod check;
pub mod doctor;
pub mod env;
mod error;
pub mod pack;
mod packs;
pub mod read;
pub mod tool_check;

pub use error::{Failure, OpError};
pub use packs::PackError;
