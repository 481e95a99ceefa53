//! A counting semaphore with a deadline.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

/// Hands out a fixed number of permits. Clones share them.
///
/// Tool runs and look-ups of names wait for permits (`probes/tools/runner.rs`,
/// `probes/network/mod.rs`). The wait counts towards the time of the operation, so both report a
/// permit that they did not get as a timeout. Handlers keep permits to stay mapped
/// (`handler_code.rs`), and do not wait for them.
#[derive(Clone, Debug)]
pub(super) struct Semaphore(Arc<State>);

#[derive(Debug)]
struct State {
    available: Mutex<usize>,
    released: Condvar,
}

/// Returns its place to the semaphore when it is dropped.
#[derive(Debug)]
pub(super) struct Permit(Arc<State>);

impl Semaphore {
    /// Creates a semaphore with this many permits, at least one.
    pub(crate) fn new(permits: usize) -> Self {
        Self(Arc::new(State { available: Mutex::new(permits.max(1)), released: Condvar::new() }))
    }

    /// Waits for a permit. Returns `None` when the deadline passes first.
    pub(crate) fn acquire(&self, deadline: Instant) -> Option<Permit> {
        let mut available = self.0.available.lock().unwrap_or_else(PoisonError::into_inner);
        while *available == 0 {
            let remaining = deadline.checked_duration_since(Instant::now())?;
            let waited = self.0.released.wait_timeout(available, remaining);
            available = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        *available -= 1;
        Some(Permit(Arc::clone(&self.0)))
    }

    /// Returns a permit if one is available now.
    pub(crate) fn try_acquire(&self) -> Option<Permit> {
        self.acquire(Instant::now())
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        *self.0.available.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.released.notify_one();
    }
}
