//! The caps of a host, by name.

use serde::Serialize;

use crate::host::Host;
use crate::limits::{LIMITS, Limit, Limits};

/// Every cap, as it is now.
#[derive(Debug, Serialize)]
pub struct LimitsReport {
    /// The caps.
    pub limits: Vec<ReportedLimit>,
}

/// One cap.
#[derive(Debug, Serialize)]
pub struct ReportedLimit {
    /// Its name.
    pub name: &'static str,
    /// Its value, in the unit that its name or `shown` says: bytes, milliseconds,
    /// seconds, or a number of things.
    pub value: u64,
    /// Its value as people write it.
    pub shown: String,
    /// What it is when nobody changes it.
    pub default: u64,
}

impl LimitsReport {
    fn of(limits: &Limits) -> Self {
        let default = Limits::default();
        let limit = |limit: &Limit| ReportedLimit {
            name: limit.name,
            value: limit.value(limits),
            shown: limit.unit.format(limit.value(limits)),
            default: limit.value(&default),
        };
        Self { limits: LIMITS.iter().map(limit).collect() }
    }
}

/// What archives may hold and handlers may use up here.
pub fn limits(host: &Host) -> LimitsReport {
    LimitsReport::of(&host.limits)
}
