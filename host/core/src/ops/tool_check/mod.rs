//! Runs the preflight of every binding on this machine, several at the same time.

pub(crate) mod limits;
mod report;
mod scheduler;

use std::sync::Arc;

use env_pack_domain::EnvId;

use super::assemble::{self, Assembly};
use super::deadline::Deadline;
use super::pack_pool::PackPool;
use crate::Host;
use gtc_store::{StoreError, Stored};
use report::Unfinished;

pub use limits::ToolCheckLimits;
pub use report::{
    ExtensionChecks, MissingGrants, PackChecks, PreflightFault, PreflightReport, ToolCheckReport,
    UnresolvedExtension, UnresolvedPack,
};

/// An environment whose packs are loaded, so that their preflights can run.
pub struct Preflights<'a> {
    host: &'a Host,
    stored: Stored,
    assembly: Arc<Assembly>,
    deadline: Deadline,
    /// The most preflights that run at the same time.
    at_a_time: usize,
}

impl<'a> Preflights<'a> {
    /// Loads the packs of an environment. One that does not load is part of the report.
    ///
    /// # Errors
    /// [`StoreError`] when the environment cannot be read.
    pub fn load(host: &'a Host, environment: &EnvId) -> Result<Self, StoreError> {
        let stored = host.store.load(environment)?;
        let deadline = Deadline::for_command(&host.limits, stored.environment.bindings().count());
        Self::of(host, stored, &PackPool::default(), deadline)
    }

    /// Loads the packs of one of several environments, which a pool keeps.
    ///
    /// # Errors
    /// [`StoreError`] when its trusted keys cannot be read.
    pub(super) fn of(
        host: &'a Host,
        stored: Stored,
        pool: &PackPool,
        deadline: Deadline,
    ) -> Result<Self, StoreError> {
        let assembly = Arc::new(assemble::assemble(host, &stored, pool, &deadline)?);
        let limit = host.limits.tool_check.concurrent_preflights;
        let at_a_time = limit.min(host.engine.max_preflights());
        Ok(Self { host, stored, assembly, deadline, at_a_time })
    }

    /// Runs only its share of the preflights at a time, because this many environments are checked
    /// at the same time.
    pub(super) fn share_among(self, environments: usize) -> Self {
        let at_a_time = (self.at_a_time / environments.max(1)).max(1);
        Self { at_a_time, ..self }
    }

    /// Runs the preflights. With `strict`, an extension without a known handler counts as
    /// failed.
    ///
    /// Once `is_interrupted` returns true, no further preflight begins and none is waited for:
    /// they are reported as interrupted. The same holds when the time of the command is over
    /// ([`LoadLimits::command_time`](crate::ops::LoadLimits::command_time)). A preflight that has begun ends with this process, or
    /// at its own time limit.
    pub fn run(self, strict: bool, is_interrupted: &dyn Fn() -> bool) -> ToolCheckReport {
        let Self { host, stored, assembly, deadline, at_a_time } = self;
        let environment = stored.environment.id();
        let is_stopped = || is_interrupted() || deadline.has_passed();
        let mut finished = scheduler::run_all(host, &stored, &assembly, at_a_time, &is_stopped);
        let unfinished = if is_interrupted() {
            Unfinished::Interrupted
        } else {
            Unfinished::OutOfTime(deadline.limit())
        };
        let mut report = ToolCheckReport::new(environment.clone(), host.now());
        report.is_incomplete = assembly.has_host_failure();
        for binding in stored.environment.bindings() {
            match assembly.resolve(binding) {
                Ok(_) => {
                    let missing = assembly.ungranted(binding);
                    let mut preflight = finished.remove(&binding.key());
                    if let Some(preflight) = &mut preflight {
                        preflight.without_handler = !assembly.has_handler(binding);
                        preflight.missing_grants = missing
                            .map(|missing| MissingGrants::new(environment, binding, missing));
                    }
                    report.add(binding, preflight.ok_or(unfinished));
                }
                Err(error) => report.add_unresolved(binding, &error, &assembly, strict),
            }
        }
        for text in report.suggestions() {
            *text = host.repeated_flags.complete(text);
        }
        report
    }
}
