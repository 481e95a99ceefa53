//! Limits of compiling a component, which grow with its size.

use std::time::Duration;

use serde::{Deserialize, Serialize};

const MIB: u64 = 1 << 20;

/// Limits of compiling one component. Each is a base plus an amount for every MiB of the
/// component.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CompileLimits {
    /// CPU time for any component, in seconds (5).
    pub seconds: u64,
    /// CPU time for each MiB of component, in seconds (8).
    pub seconds_per_mib: u64,
    /// Memory for any component, in bytes (128 MiB).
    pub memory_bytes: u64,
    /// Memory for each MiB of component, in bytes (40 MiB).
    pub memory_bytes_per_mib: u64,
    /// Compiled code of any component, in bytes (8 MiB).
    pub code_bytes: u64,
    /// Compiled code for each MiB of component, in bytes (12 MiB).
    pub code_bytes_per_mib: u64,
}

impl Default for CompileLimits {
    fn default() -> Self {
        Self {
            // ordinary components take up to 2.6 s per MiB on a busy machine, where a core that
            // serves two threads counts the time of both
            seconds: 5,
            seconds_per_mib: 8,
            // ordinary components take 25 MiB per MiB
            memory_bytes: 128 * MIB,
            memory_bytes_per_mib: 40 * MIB,
            // ordinary code is two to four times as large as its component
            code_bytes: 8 * MIB,
            code_bytes_per_mib: 12 * MIB,
        }
    }
}

/// The limits of compiling one component of a known size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompileBudget {
    /// CPU time, in seconds, which is the unit of the kernel's limit.
    pub seconds: u64,
    /// Memory, in bytes.
    pub memory_bytes: u64,
    /// Compiled code, in bytes.
    pub code_bytes: u64,
}

impl CompileLimits {
    /// Returns the budget for a component of this size.
    pub(crate) fn budget(&self, component_bytes: usize) -> CompileBudget {
        let size = component_bytes as u64;
        let share = |per_mib: u64| per_mib.saturating_mul(size).div_ceil(MIB);
        CompileBudget {
            seconds: self.seconds.saturating_add(share(self.seconds_per_mib)),
            memory_bytes: self.memory_bytes.saturating_add(share(self.memory_bytes_per_mib)),
            code_bytes: self.code_bytes.saturating_add(share(self.code_bytes_per_mib)),
        }
    }
}

impl CompileBudget {
    /// Returns the limit in wall-clock time: twice the CPU time, because the machine may
    /// be busy.
    pub fn wall_time(&self) -> Duration {
        Duration::from_secs(self.seconds.saturating_mul(2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_grows_with_the_component() {
        let budget = |bytes| CompileLimits::default().budget(bytes);
        assert_eq!(
            budget(0),
            CompileBudget { seconds: 5, memory_bytes: 128 * MIB, code_bytes: 8 * MIB }
        );
        assert_eq!(
            budget(1),
            CompileBudget { seconds: 6, memory_bytes: 128 * MIB + 40, code_bytes: 8 * MIB + 12 }
        );
        let python = budget(18 << 20);
        assert_eq!((python.seconds, python.memory_bytes), (149, 848 * MIB));
        assert_eq!(python.wall_time(), Duration::from_secs(298));
    }
}
