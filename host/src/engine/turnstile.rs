//! Lets so many through at a time, and the others wait.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

/// So many places, shared by everybody who has a clone of it.
#[derive(Clone, Debug)]
pub(super) struct Turnstile(Arc<Places>);

#[derive(Debug)]
struct Places {
    free: Mutex<usize>,
    freed: Condvar,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn(Arc<Places>);

impl Turnstile {
    /// A turnstile with this many places; one, when there are none.
    pub fn new(places: usize) -> Self {
        Self(Arc::new(Places { free: Mutex::new(places.max(1)), freed: Condvar::new() }))
    }

    /// Waits for a place; nothing when the deadline comes first.
    pub fn turn(&self, deadline: Instant) -> Option<Turn> {
        let mut free = self.0.free.lock().unwrap_or_else(PoisonError::into_inner);
        while *free == 0 {
            let left = deadline.checked_duration_since(Instant::now())?;
            free = self.0.freed.wait_timeout(free, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        *free -= 1;
        Some(Turn(Arc::clone(&self.0)))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}
