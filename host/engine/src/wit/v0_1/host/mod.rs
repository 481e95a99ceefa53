//! The interfaces that guests import.

mod binding;
mod log;
mod network;
mod tools;

use super::bindings::greentic::env_pack::types;
use crate::guest::state::Guest;

impl types::Host for Guest {}
