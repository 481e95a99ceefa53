//! Time limits of requests: the deadline of an operation, and when to retry within it.

use std::thread;
use std::time::{Duration, Instant};

use env_pack_domain::ForeignText;

use super::error::RegistryError;
use crate::limits::FetchLimits;

/// The pause before the second attempt; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// The instant at which an operation on a reference is given up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    at: Instant,
    limit: Duration,
}

impl Deadline {
    pub(super) fn after(limit: Duration) -> Self {
        Self { at: Instant::now() + limit, limit }
    }

    /// This deadline or the one after `limit`, whichever is earlier.
    pub(super) fn min_after(self, limit: Duration) -> Self {
        let other = Self::after(limit);
        if other.at < self.at { other } else { self }
    }

    pub(super) fn remaining(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    pub(super) fn deadline_error(&self, host: &ForeignText) -> RegistryError {
        RegistryError::DeadlineExceeded { host: host.clone(), limit: self.limit }
    }
}

/// Exponential backoff for a limited number of retries.
pub(super) struct RetryPolicy {
    retries_left: u64,
    pause: Duration,
    deadline: Deadline,
}

impl RetryPolicy {
    pub(super) fn new(limits: &FetchLimits, deadline: Deadline) -> Self {
        let retries_left = limits.attempts.saturating_sub(1);
        Self { retries_left, pause: FIRST_PAUSE, deadline }
    }

    /// Sleeps before the next attempt, for `retry_after` if the registry named a time.
    /// Returns false, without sleeping, if no retry is left or the deadline is too near.
    pub(super) fn wait_for_retry(&mut self, retry_after: Option<Duration>) -> bool {
        let pause = retry_after.unwrap_or(self.pause);
        if self.retries_left == 0 || pause >= self.deadline.remaining() {
            return false;
        }
        tracing::info!("trying again in {} ms", pause.as_millis());
        thread::sleep(pause);
        self.retries_left -= 1;
        self.pause *= 2;
        true
    }
}
