//! The interfaces that guests import.

mod binding;
mod log;
mod network;
mod tools;

use super::bindings::greentic::env_pack::types;
use crate::engine::guest::state::Guest;

impl types::Host for Guest {}
