//! The checks that a handler lists, and the permissions that they need.

use alloc::vec::Vec;

use super::{Access, Address, AnsweredAddress, Tool};
use crate::ToolCheck;

/// A permission that a check needs on the operator's machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Run a program. The argument `*` matches exactly one argument that does not begin
    /// with `-`.
    Tool {
        /// The name of the program, which is looked up on PATH.
        program: &'static str,
        /// The arguments, in order.
        args: &'static [&'static str],
    },
    /// Connect to an address.
    Network {
        /// A name, or an IP address without brackets.
        host: &'static str,
        /// The TCP port.
        port: u16,
    },
    /// Connect to the address that the operator's answers name.
    Answer {
        /// The name of the answer, or several separated by dots.
        path: &'static str,
    },
}

/// A check that [`run`] can carry out.
pub(super) trait Probe: Sync {
    /// Returns the result of the check, if there is something to check, of any kind: a `ToolCheck` is also the result for an
    /// address. Its outcomes are part of the interface (`types.wit`), so a new outcome needs a
    /// new version of it.
    fn run(&self) -> Option<ToolCheck>;
}

/// One of the [`CHECKS`](crate::Handler::CHECKS) of a handler.
///
/// It runs through a pointer, so that a guest contains only the code of the kinds of checks
/// that it has.
#[derive(Clone, Copy)]
pub struct Check {
    ask: Ask,
    probe: Option<&'static dyn Probe>,
}

impl Check {
    /// Checks that a program is installed in a supported version.
    pub const fn tool(tool: &'static Tool) -> Self {
        Self { ask: tool.ask(), probe: Some(tool) }
    }

    /// Checks that the operator is logged in.
    ///
    /// # Panics
    /// If the command has an argument `*`; in a constant, that happens at compile time. List
    /// such a command with [`Check::later`].
    pub const fn access(access: &'static Access) -> Self {
        assert!(
            !access.has_wildcard(),
            "this command has a `*`: list it with `Check::later`, and run it with `check_with`"
        );
        Self { ask: access.ask(), probe: Some(access) }
    }

    /// Checks that an address is reachable.
    pub const fn address(address: &'static Address) -> Self {
        Self { ask: address.ask(), probe: Some(address) }
    }

    /// Checks that the address in an answer is reachable. Without an answer there is no check.
    pub const fn answered(address: &'static AnsweredAddress) -> Self {
        Self { ask: address.ask(), probe: Some(address) }
    }

    /// Declares a permission for a check that the handler's own
    /// [`preflight`](crate::Handler::preflight) runs, for instance with arguments from the
    /// answers.
    pub const fn later(ask: Ask) -> Self {
        Self { ask, probe: None }
    }

    /// The permission that the check needs.
    pub const fn ask(&self) -> Ask {
        self.ask
    }
}

/// Runs checks in order, except for those of [`Check::later`].
pub fn run(checks: &[Check]) -> Vec<ToolCheck> {
    checks.iter().filter_map(|check| check.probe?.run()).collect()
}
