//! Deadlines: for loading the handlers of one pack, and for all packs of one command.

use std::fmt;
use std::time::{Duration, Instant};

use gtc_archive::PackedHandler;

use crate::limits::{Limits, Unit};

/// A time limit that began to run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    start: Instant,
    limit: TimeLimit,
}

/// A time limit, displayed with its unit, such as `15 s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLimit(Duration);

impl Deadline {
    /// The deadline for loading these handlers, which are those of one pack.
    pub(super) fn for_pack(limits: &Limits, handlers: &[PackedHandler<'_>]) -> Self {
        let size = handlers.iter().map(|handler| handler.bytes.size()).sum();
        Self::start(limits.load.pack_time.saturating_add(limits.engine.compile_time(size)))
    }

    /// The deadline for a command that loads this many packs.
    pub(super) fn for_command(limits: &Limits, packs: usize) -> Self {
        Self::since(Instant::now(), limits, packs)
    }

    /// Like [`for_command`](Self::for_command), for a command that began earlier.
    pub(super) fn since(start: Instant, limits: &Limits, packs: usize) -> Self {
        let packs = u32::try_from(packs).unwrap_or(u32::MAX);
        let share = limits.load.command_time_per_pack.saturating_mul(packs);
        Self { start, limit: TimeLimit(limits.load.command_time.saturating_add(share)) }
    }

    fn start(limit: Duration) -> Self {
        Self { start: Instant::now(), limit: TimeLimit(limit) }
    }

    /// Returns true if the time is over.
    pub(super) fn has_passed(&self) -> bool {
        self.start.elapsed() >= self.limit.0
    }

    /// Returns the time limit.
    pub(super) fn limit(&self) -> TimeLimit {
        self.limit
    }
}

impl fmt::Display for TimeLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        f.write_str(&Unit::Time.format(milliseconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_has_time_for_each_of_its_packs() {
        let limits = Limits::default();
        let limit = |packs| Deadline::for_command(&limits, packs).limit().to_string();
        assert_eq!([limit(0), limit(1), limit(1_000)], ["600 s", "620 s", "20600 s"]);
        assert!(!Deadline::for_command(&limits, usize::MAX).has_passed());
    }

    #[test]
    fn a_pack_has_as_much_time_as_one_component_of_its_size() {
        let mut limits = Limits::default();
        limits.load.pack_time = Duration::from_millis(500);
        limits.engine.compile.seconds = 1;
        let deadline = Deadline::for_pack(&limits, &[]);
        assert_eq!(deadline.limit().to_string(), "1500 ms");
        assert!(!deadline.has_passed());
        assert!(Deadline::start(Duration::ZERO).has_passed());
    }
}
