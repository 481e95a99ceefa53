//! Sharing the processors: a guest that computes on and on makes room for the others.
//!
//! Handlers answer within milliseconds. One that is still computing after a fifth of a
//! second goes slow as long as others run too: at each tick of the clock it rests, so
//! that all such guests together leave a processor to those that came to answer. It loses
//! none of its rights by that, and its deadline stays where it was.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::ticker::TICK;

/// After how many ticks of computing a guest is a busy one. Python needs ten to say who
/// it is.
const BUSY_TICKS: u32 = 20;

/// The guests of one engine that run now.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    running: AtomicUsize,
    busy: AtomicUsize,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Member {
    crowd: Arc<Crowd>,
    ticks: u32,
}

impl Member {
    pub fn new(crowd: &Arc<Crowd>) -> Self {
        crowd.running.fetch_add(1, Ordering::Relaxed);
        Self { crowd: Arc::clone(crowd), ticks: 0 }
    }

    /// Takes note of a tick that found the guest computing, and rests as long as it
    /// should, but not beyond its deadline.
    pub fn tick(&mut self, deadline: Instant) {
        self.ticks = self.ticks.saturating_add(1);
        if self.ticks < BUSY_TICKS {
            return;
        }
        if self.ticks == BUSY_TICKS {
            self.crowd.busy.fetch_add(1, Ordering::Relaxed);
        }
        let (running, busy) =
            (self.crowd.running.load(Ordering::Relaxed), self.crowd.busy.load(Ordering::Relaxed));
        if running > 1 {
            let processors = thread::available_parallelism().map_or(1, usize::from);
            let left = deadline.saturating_duration_since(Instant::now());
            thread::sleep(rest(busy, processors).min(left));
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.crowd.running.fetch_sub(1, Ordering::Relaxed);
        if self.ticks >= BUSY_TICKS {
            self.crowd.busy.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// How long each of so many busy guests rests after each tick, so that together they take
/// all processors but one, or half of it if it is the only one.
fn rest(busy: usize, processors: usize) -> Duration {
    // in halves of a processor
    let share = if processors > 1 { 2 * (processors - 1) } else { 1 };
    let ticks = u32::try_from((2 * busy).saturating_sub(share)).unwrap_or(u32::MAX);
    TICK.saturating_mul(ticks) / u32::try_from(share).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_guests_leave_a_processor_together() {
        let milliseconds = |busy, processors| rest(busy, processors).as_millis();
        // as many as there are processors to spare need no rest
        assert_eq!((milliseconds(1, 2), milliseconds(3, 4)), (0, 0));
        // eight on two processors work an eighth of the time each, and so one processor's worth
        assert_eq!(milliseconds(8, 2), 70);
        assert_eq!((milliseconds(1, 1), milliseconds(8, 1)), (10, 150));
    }

    #[test]
    fn a_guest_rests_only_beside_others_and_never_beyond_its_deadline() {
        let crowd = Arc::new(Crowd::default());
        let mut alone = Member::new(&crowd);
        alone.ticks = BUSY_TICKS * 2;
        crowd.busy.store(1000, Ordering::Relaxed);
        let start = Instant::now();
        alone.tick(start + Duration::from_secs(60));
        let other = Member::new(&crowd);
        alone.tick(start + Duration::from_millis(1));
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
        drop((alone, other));
        assert_eq!(crowd.running.load(Ordering::Relaxed), 0);
    }
}
