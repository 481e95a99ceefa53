//! A check among those of a handler, and what it asks of the operator's machine.

use alloc::vec::Vec;

use super::{Access, Address, Tool};
use crate::ToolCheck;

/// What a handler asks of the operator's machine: one permission of its pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// To run a program; the argument `*` stands for exactly one that does not begin with
    /// `-`.
    Tool {
        /// Its bare name.
        program: &'static str,
        /// Its arguments.
        args: &'static [&'static str],
    },
    /// To connect to an address.
    Network {
        /// A name, or an IP address without brackets.
        host: &'static str,
        /// The port.
        port: u16,
    },
}

/// What can be run as a check.
pub(super) trait Probe: Sync {
    fn run(&self) -> ToolCheck;
}

/// One of the [`CHECKS`](crate::Handler::CHECKS) of a handler.
///
/// It knows how it is run by a pointer, so that a guest holds only the code of the kinds
/// of checks it has.
#[derive(Clone, Copy)]
pub struct Check {
    ask: Ask,
    probe: Option<&'static dyn Probe>,
}

impl Check {
    /// A program must be there, in a version that will do.
    pub const fn tool(tool: &'static Tool) -> Self {
        Self { ask: tool.ask(), probe: Some(tool) }
    }

    /// The operator must be let in.
    ///
    /// # Panics
    /// When a `*` among its arguments waits for something to be filled in; as a constant,
    /// that happens at compile time. Such a command is asked for with
    /// [`Check::later`].
    pub const fn access(access: &'static Access) -> Self {
        assert!(
            !access.has_wildcard(),
            "this command has a `*`: list it with `Check::later`, and run it with `check_with`"
        );
        Self { ask: access.ask(), probe: Some(access) }
    }

    /// An address must answer.
    pub const fn address(address: &'static Address) -> Self {
        Self { ask: address.ask(), probe: Some(address) }
    }

    /// The preflight will ask for this itself, when it knows what about.
    pub const fn later(ask: Ask) -> Self {
        Self { ask, probe: None }
    }

    /// What it asks of the operator's machine.
    pub const fn ask(&self) -> Ask {
        self.ask
    }
}

/// Runs checks in their order; those for later are left out.
pub fn run(checks: &[Check]) -> Vec<ToolCheck> {
    checks.iter().filter_map(|check| check.probe.map(Probe::run)).collect()
}
