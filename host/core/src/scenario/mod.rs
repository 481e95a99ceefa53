//! Scenarios: descriptions of a machine, and the checks that a handler is expected to
//! return on it. This module parses scenarios, compares them with the actual run of a
//! preflight, and writes recorded ones.
//!
//! It reads no files and runs no WebAssembly: `ops::pack_test` does.

mod compare;
mod definition;
mod expectation;
mod fault_kind;
mod host_call;
mod limits;
mod parse;
mod reply;
mod shorthand;
mod yaml;

pub use compare::{Actual, ActualCall, Difference};
pub use definition::{Given, Scenario};
pub use expectation::{CheckStatus, Contains, Expect, ExpectedCheck, ExpectedFields, ExpectedText};
pub use fault_kind::FaultKind;
pub use host_call::{CommandLine, HostCall, HostPort};
pub use limits::ScenarioLimits;
pub use parse::{InvalidScenario, read, schema};
pub use reply::{
    CommandFailure, CommandResult, ConnectionFailure, ConnectionStatus, NetworkReply, ToolReply,
};
pub use shorthand::{FromText, OneOrMany, Shorthand, UniqueMap};
pub use yaml::{RecordedRun, to_yaml};

#[cfg(test)]
mod tests;
