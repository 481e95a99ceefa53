//! Shares the CPU between running guests.
//!
//! Handlers usually answer within milliseconds. A guest that has been computing for
//! 200 ms sleeps at every tick while other guests run, so that all such guests together
//! leave one CPU free, or half of the only one. Its deadline does not change.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::ticker::TICK;

/// A guest counts as busy after this many ticks of computing. A Python handler needs ten
/// ticks to answer its metadata calls.
const BUSY_TICKS: u32 = 20;

/// Counts the guests of one engine that are running now.
#[derive(Debug, Default)]
pub(super) struct CpuShare {
    running: AtomicUsize,
    busy: AtomicUsize,
}

/// A running guest.
#[derive(Debug)]
pub(super) struct Participant {
    cpu_share: Arc<CpuShare>,
    ticks: u32,
}

impl Participant {
    /// Registers a guest until the value is dropped.
    pub(crate) fn new(cpu_share: &Arc<CpuShare>) -> Self {
        cpu_share.running.fetch_add(1, Ordering::Relaxed);
        Self { cpu_share: Arc::clone(cpu_share), ticks: 0 }
    }

    /// Counts a tick that found the guest computing. A busy guest sleeps here, but not
    /// past its deadline.
    pub(crate) fn on_tick(&mut self, deadline: Instant) {
        self.ticks = self.ticks.saturating_add(1);
        if self.ticks < BUSY_TICKS {
            return;
        }
        if self.ticks == BUSY_TICKS {
            self.cpu_share.busy.fetch_add(1, Ordering::Relaxed);
        }
        if self.cpu_share.running.load(Ordering::Relaxed) > 1 {
            let busy = self.cpu_share.busy.load(Ordering::Relaxed);
            let cpus = thread::available_parallelism().map_or(1, usize::from);
            let remaining = deadline.saturating_duration_since(Instant::now());
            thread::sleep(backoff(busy, cpus).min(remaining));
        }
    }
}

impl Drop for Participant {
    fn drop(&mut self) {
        self.cpu_share.running.fetch_sub(1, Ordering::Relaxed);
        if self.ticks >= BUSY_TICKS {
            self.cpu_share.busy.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// Returns how long each busy guest sleeps after a tick, so that together they use all
/// CPUs but one, or half of a single CPU.
fn backoff(busy: usize, cpus: usize) -> Duration {
    let usable_halves = if cpus > 1 { 2 * (cpus - 1) } else { 1 };
    let excess_halves = u32::try_from((2 * busy).saturating_sub(usable_halves)).unwrap_or(u32::MAX);
    TICK.saturating_mul(excess_halves) / u32::try_from(usable_halves).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_guests_leave_one_cpu_free() {
        let millis = |busy, cpus| backoff(busy, cpus).as_millis();
        // no sleep while there are CPUs to spare
        assert_eq!((millis(1, 2), millis(3, 4)), (0, 0));
        // eight guests on two CPUs run an eighth of the time each: one CPU in all
        assert_eq!(millis(8, 2), 70);
        assert_eq!((millis(1, 1), millis(8, 1)), (10, 150));
    }

    #[test]
    fn a_guest_sleeps_only_when_others_run_and_never_past_its_deadline() {
        let cpu_share = Arc::new(CpuShare::default());
        let mut alone = Participant::new(&cpu_share);
        alone.ticks = BUSY_TICKS * 2;
        cpu_share.busy.store(1000, Ordering::Relaxed);
        let start = Instant::now();
        alone.on_tick(start + Duration::from_secs(60));
        let other = Participant::new(&cpu_share);
        alone.on_tick(start + Duration::from_millis(1));
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
        drop((alone, other));
        assert_eq!(cpu_share.running.load(Ordering::Relaxed), 0);
    }
}
