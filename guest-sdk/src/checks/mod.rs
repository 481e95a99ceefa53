//! Checks to compose a preflight of: programs and their versions, whether somebody is
//! logged in, addresses that must answer.
//!
//! A check is a constant. Those that a handler lists as its
//! [`CHECKS`](crate::Handler::CHECKS) are run by its preflight, and what they ask of the
//! operator's machine becomes the permissions of its pack: nobody writes them twice.
//!
//! ```
//! use env_pack_sdk::checks::{Address, Check, Tool, access, catalogue};
//!
//! const TERRAFORM: Tool = catalogue::TERRAFORM.at_least(1, 9, 0);
//! const STATE: Address = Address::new("state.acme.example", 443).describe("where the state is kept");
//!
//! const CHECKS: &[Check] =
//!     &[Check::tool(&TERRAFORM), Check::access(&access::AWS_IDENTITY), Check::address(&STATE)];
//! ```

pub mod access;
mod address;
pub mod catalogue;
mod check;
mod command;
pub mod parsers;
mod tool;
mod version;

pub use access::Access;
pub use address::{Address, reachable, split};
pub use check::{Ask, Check, run};
pub use command::{KnownFailure, Meaning};
pub use tool::{Tool, check_present, check_version};
pub use version::Version;
