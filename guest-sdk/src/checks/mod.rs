//! Checks for a preflight: programs and their versions, logins, and network addresses.
//!
//! A check is a constant. The preflight runs those that a handler lists as its
//! [`CHECKS`](crate::Handler::CHECKS), and `gtc pack build` derives the permissions of the
//! pack from them.
//!
//! ```
//! use env_pack_sdk::checks::{Address, Check, Tool, access, catalogue};
//!
//! const TERRAFORM: Tool = catalogue::TERRAFORM.at_least(1, 9, 0);
//! const STATE: Address = Address::new("state.acme.example", 443).describe("the state store");
//!
//! const CHECKS: &[Check] =
//!     &[Check::tool(&TERRAFORM), Check::access(&access::AWS_IDENTITY), Check::address(&STATE)];
//! ```

pub mod access;
mod address;
mod answered;
pub mod catalogue;
mod check;
mod command;
pub mod parsers;
mod tool;
mod version;

pub use access::Access;
pub use address::{Address, reachable, split};
pub use answered::AnsweredAddress;
pub use check::{Ask, Check, run};
pub use command::{KnownFailure, Meaning};
pub use tool::{Tool, check_present, check_version};
pub use version::Version;
