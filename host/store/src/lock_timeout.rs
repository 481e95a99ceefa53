//! The time that a change waits for a file that another process has locked.

use std::time::Duration;

/// Time that a change waits for another process that changes the same environment.
pub(super) const LOCK_TIMEOUT: Duration = Duration::from_secs(10);
