//! Reports the limits of a host.

use serde::Serialize;

use crate::Host;
use crate::limits::{LIMITS, Limits};

/// The current limits.
#[derive(Debug, Serialize)]
pub struct LimitsReport {
    /// All limits.
    pub limits: Vec<ReportedLimit>,
}

/// A limit and its values.
#[derive(Debug, Serialize)]
pub struct ReportedLimit {
    /// The name of the limit.
    pub name: &'static str,
    /// The current value. The unit is bytes, milliseconds, seconds or a count, as `shown`
    /// tells.
    pub value: u64,
    /// The current value with its unit, such as `64 MiB`.
    pub shown: String,
    /// The default value, in the same unit.
    pub default: u64,
}

impl LimitsReport {
    fn of(limits: &Limits) -> Self {
        let default = Limits::default();
        Self {
            limits: LIMITS
                .iter()
                .map(|limit| ReportedLimit {
                    name: limit.name,
                    value: limit.value(limits),
                    shown: limit.unit.format(limit.value(limits)),
                    default: limit.value(&default),
                })
                .collect(),
        }
    }
}

/// Returns the limits of archives, handlers and requests on this host.
pub fn limits(host: &Host) -> LimitsReport {
    LimitsReport::of(&host.limits)
}
