//! What compiling a component may cost: compilers take time and memory in proportion to
//! what they compile, honest ones.

use std::time::Duration;

use serde::{Deserialize, Serialize};

const MIB: u64 = 1 << 20;

/// Caps on compiling one component, each a base and a share for every MiB of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CompileLimits {
    /// Time of the processor, in whole seconds, for any component.
    pub seconds: u64,
    /// Time of the processor, in seconds, for each MiB of component.
    pub seconds_per_mib: u64,
    /// Memory, in bytes, for any component.
    pub memory_bytes: u64,
    /// Memory, in bytes, for each MiB of component.
    pub memory_bytes_per_mib: u64,
    /// Code that may come out, in bytes, for any component.
    pub code_bytes: u64,
    /// Code that may come out, in bytes, for each MiB of component.
    pub code_bytes_per_mib: u64,
}

impl Default for CompileLimits {
    fn default() -> Self {
        Self {
            // honest components cost 1 to 2 s a MiB
            seconds: 3,
            seconds_per_mib: 3,
            // honest components cost 25 MiB a MiB
            memory_bytes: 128 * MIB,
            memory_bytes_per_mib: 40 * MIB,
            // honest code is two to four times its component
            code_bytes: 8 * MIB,
            code_bytes_per_mib: 12 * MIB,
        }
    }
}

/// The caps on compiling one component of a known size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Time of the processor, in whole seconds, which is how the kernel counts it.
    pub seconds: u64,
    /// Memory, in bytes.
    pub memory_bytes: u64,
    /// Code that may come out, in bytes.
    pub code_bytes: u64,
}

impl CompileLimits {
    /// The budget of a component of this size.
    pub(in crate::engine) fn budget(&self, component_bytes: usize) -> Budget {
        let size = component_bytes as u64;
        let share = |per_mib: u64| per_mib.saturating_mul(size).div_ceil(MIB);
        Budget {
            seconds: self.seconds.saturating_add(share(self.seconds_per_mib)),
            memory_bytes: self.memory_bytes.saturating_add(share(self.memory_bytes_per_mib)),
            code_bytes: self.code_bytes.saturating_add(share(self.code_bytes_per_mib)),
        }
    }
}

impl Budget {
    /// How long anybody waits for it by the clock on the wall: twice its processor time,
    /// because the machine may have other work.
    pub fn patience(&self) -> Duration {
        Duration::from_secs(self.seconds.saturating_mul(2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_grows_with_the_component() {
        let budget = |bytes| CompileLimits::default().budget(bytes);
        assert_eq!(budget(0), Budget { seconds: 3, memory_bytes: 128 * MIB, code_bytes: 8 * MIB });
        assert_eq!(
            budget(1),
            Budget { seconds: 4, memory_bytes: 128 * MIB + 40, code_bytes: 8 * MIB + 12 }
        );
        let python = budget(18 << 20);
        assert_eq!((python.seconds, python.memory_bytes), (57, 848 * MIB));
        assert_eq!(python.patience(), Duration::from_secs(114));
    }
}
