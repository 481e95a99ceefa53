//! Checks many environments: each pack is loaded once, and each report is given away as soon as
//! those before it are.

use std::num::NonZeroUsize;
use std::thread;
use std::time::Instant;

use env_pack_domain::{EnvId, with_causes};
use serde::Serialize;

use super::in_order::in_order;
use super::selector::{FleetError, FleetSelector};
use crate::Host;
use crate::operation_error::OperationError;
use crate::ops::deadline::Deadline;
use crate::ops::doctor::{self, DoctorReport};
use crate::ops::pack_error::COMMAND_OUT_OF_TIME;
use crate::ops::pack_pool::PackPool;
use crate::ops::tool_check::{Preflights, ToolCheckReport};
use gtc_store::{StoreError, Stored};

/// The most environments that are checked at the same time: more would wait for the disk, and
/// each needs memory for its handlers.
const MAX_THREADS: usize = 8;

/// Chosen environments of a store.
#[derive(Debug)]
pub struct Fleet<'a> {
    host: &'a Host,
    selector: FleetSelector,
    ids: Vec<EnvId>,
}

/// The report on an environment of a fleet, or why there is none.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum FleetReport<R> {
    /// It was checked.
    Checked(Box<R>),
    /// It was not checked.
    Unchecked(UncheckedEnvironment),
}

/// An environment that was not checked.
#[derive(Debug, Serialize)]
pub struct UncheckedEnvironment {
    /// The environment.
    pub environment_id: EnvId,
    /// A stable name of the reason: `unreadable`, `interrupted` or `command-out-of-time`.
    pub code: &'static str,
    /// The reason, in a sentence.
    pub reason: String,
    /// The next step for the operator.
    pub next: String,
}

/// The numbers of environments of a fleet, by the result of their checks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FleetTotals {
    /// All that were chosen.
    pub environments: usize,
    /// Those without a finding or a failed check.
    pub passed: usize,
    /// Those with findings or failed checks.
    pub failed: usize,
    /// Those that could not be read.
    pub unreadable: usize,
    /// Those that were not checked, because the command was interrupted or out of time.
    pub not_checked: usize,
    /// Whether this machine could not load a pack or run a preflight, or an environment was not
    /// checked, so that something is not known.
    #[serde(skip)]
    pub is_incomplete: bool,
}

/// A report on one environment.
trait CheckReport: Send {
    fn passed(&self) -> bool;
    fn is_incomplete(&self) -> bool;
}

impl CheckReport for DoctorReport {
    fn passed(&self) -> bool {
        self.healthy
    }

    fn is_incomplete(&self) -> bool {
        self.is_incomplete
    }
}

impl CheckReport for ToolCheckReport {
    fn passed(&self) -> bool {
        ToolCheckReport::passed(self)
    }

    fn is_incomplete(&self) -> bool {
        self.is_incomplete || self.interrupted
    }
}

/// The parts that the checks of all environments share.
struct Checks<'a> {
    host: &'a Host,
    selector: &'a FleetSelector,
    pool: PackPool,
    start: Instant,
    is_interrupted: &'a (dyn Fn() -> bool + Sync),
}

impl<'a> Fleet<'a> {
    /// Chooses environments. They are read when they are checked.
    ///
    /// # Errors
    /// [`FleetError`] when the store cannot be read, or no environment matches the pattern.
    pub fn select(host: &'a Host, selector: FleetSelector) -> Result<Self, FleetError> {
        let ids = selector.environments(host)?;
        Ok(Self { host, selector, ids })
    }

    /// Returns the environments, sorted by id, with those that turn out to have no chosen binding.
    pub fn ids(&self) -> &[EnvId] {
        &self.ids
    }

    /// Diagnoses the environments that have a chosen binding, and shows the reports to `visit`, by
    /// id. Once `is_interrupted` returns true, the others are reported as not checked; the same
    /// holds after the time of a command with as many packs.
    ///
    /// # Errors
    /// The first error of `visit`, which ends the command.
    pub fn doctor<E>(
        &self,
        strict: bool,
        is_interrupted: &(dyn Fn() -> bool + Sync),
        visit: &mut dyn FnMut(&FleetReport<DoctorReport>) -> Result<(), E>,
    ) -> Result<FleetTotals, E> {
        let checks = self.checks(is_interrupted);
        let check = |stored: Stored, deadline| {
            doctor::diagnose_with(checks.host, &stored, strict, &checks.pool, &deadline)
        };
        checks.run(&self.ids, self.threads(), &|id| checks.examine(id, &check), visit)
    }

    /// Runs the preflights of the environments that have a chosen binding. Otherwise as
    /// [`doctor`](Self::doctor).
    ///
    /// # Errors
    /// The first error of `visit`, which ends the command.
    pub fn tool_check<E>(
        &self,
        strict: bool,
        is_interrupted: &(dyn Fn() -> bool + Sync),
        visit: &mut dyn FnMut(&FleetReport<ToolCheckReport>) -> Result<(), E>,
    ) -> Result<FleetTotals, E> {
        let checks = self.checks(is_interrupted);
        let threads = self.threads();
        let check = |stored: Stored, deadline| {
            let preflights = Preflights::of(checks.host, stored, &checks.pool, deadline)?;
            Ok(preflights.share_among(threads).run(strict, &is_interrupted))
        };
        checks.run(&self.ids, threads, &|id| checks.examine(id, &check), visit)
    }

    fn checks<'b>(&'b self, is_interrupted: &'b (dyn Fn() -> bool + Sync)) -> Checks<'b> {
        let Self { host, selector, .. } = self;
        Checks { host, selector, pool: PackPool::default(), start: Instant::now(), is_interrupted }
    }

    fn threads(&self) -> usize {
        let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        processors.min(MAX_THREADS).min(self.host.engine.max_preflights()).min(self.ids.len())
    }
}

impl Checks<'_> {
    /// Checks an environment; none if it has no chosen binding.
    fn examine<R>(
        &self,
        id: &EnvId,
        check: &dyn Fn(Stored, Deadline) -> Result<R, StoreError>,
    ) -> Option<FleetReport<R>> {
        if (self.is_interrupted)() {
            let next = "run the command again".to_owned();
            return Some(unchecked(id, "interrupted", "it was interrupted".to_owned(), next));
        }
        let stored = match self.host.store.load(id) {
            Ok(stored) => stored,
            Err(error) => return Some(self.unreadable(id, &error)),
        };
        if !self.selector.chooses_any(stored.environment.bindings()) {
            return None;
        }
        // a pack that others bind too was counted already
        let packs = self.pool.len() + stored.environment.bindings().count();
        let deadline = Deadline::since(self.start, &self.host.limits, packs);
        if deadline.has_passed() {
            let reason = format!("the command took longer than {}", deadline.limit());
            let next = "allow more with `--limit command.time=<time>`".to_owned();
            return Some(unchecked(id, COMMAND_OUT_OF_TIME, reason, next));
        }
        Some(match check(stored, deadline) {
            Ok(report) => FleetReport::Checked(Box::new(report)),
            Err(error) => self.unreadable(id, &error),
        })
    }

    fn unreadable<R>(&self, id: &EnvId, error: &StoreError) -> FleetReport<R> {
        let next = self.host.repeated_flags.complete(&error.hint().unwrap_or_default());
        unchecked(id, UNREADABLE, with_causes(error), next)
    }

    fn run<R: CheckReport, E>(
        &self,
        ids: &[EnvId],
        threads: usize,
        examine: &(dyn Fn(&EnvId) -> Option<FleetReport<R>> + Sync),
        visit: &mut dyn FnMut(&FleetReport<R>) -> Result<(), E>,
    ) -> Result<FleetTotals, E> {
        let mut totals = FleetTotals::default();
        in_order(ids, threads, examine, &mut |report: Option<FleetReport<R>>| {
            report.map_or(Ok(()), |report| {
                totals.count(&report);
                visit(&report)
            })
        })?;
        Ok(totals)
    }
}

/// The code of an environment that could not be read.
const UNREADABLE: &str = "unreadable";

fn unchecked<R>(id: &EnvId, code: &'static str, reason: String, next: String) -> FleetReport<R> {
    let environment_id = id.clone();
    FleetReport::Unchecked(UncheckedEnvironment { environment_id, code, reason, next })
}

impl FleetTotals {
    fn count<R: CheckReport>(&mut self, report: &FleetReport<R>) {
        self.environments += 1;
        match report {
            FleetReport::Checked(report) => {
                self.passed += usize::from(report.passed());
                self.failed += usize::from(!report.passed());
                self.is_incomplete |= report.is_incomplete();
            }
            FleetReport::Unchecked(unchecked) if unchecked.code == UNREADABLE => {
                self.unreadable += 1;
            }
            FleetReport::Unchecked(_) => {
                self.not_checked += 1;
                self.is_incomplete = true;
            }
        }
    }

    /// Returns true if all environments were checked and passed.
    pub fn passed(&self) -> bool {
        self.passed == self.environments
    }
}
