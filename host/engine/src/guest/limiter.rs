//! Limits the memories, tables and instances of a guest.

use wasmtime::ResourceLimiter;

use super::state::{DeniedGrowth, Guest};
use crate::shortage::shortage;

impl ResourceLimiter for Guest {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let limit = self.limits().memory_bytes;
        let usage = &mut self.usage;
        let growth = grow(&mut usage.memory_bytes, current, desired, maximum, limit);
        if growth == Growth::OverLimit {
            usage.denied = Some(DeniedGrowth::Memory);
        }
        Ok(growth == Growth::Granted)
    }

    /// Ends the call if this machine has too little memory, because most guests trap when a
    /// growth fails, which would look like their fault.
    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        if shortage(&error).is_some() { Err(error) } else { Ok(()) }
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let limit = self.limits().table_elements;
        let usage = &mut self.usage;
        let growth = grow(&mut usage.table_elements, current, desired, maximum, limit);
        if growth == Growth::OverLimit {
            usage.denied = Some(DeniedGrowth::Tables);
        }
        Ok(growth == Growth::Granted)
    }

    fn instances(&self) -> usize {
        self.limits().instances
    }

    fn tables(&self) -> usize {
        self.limits().tables
    }

    fn memories(&self) -> usize {
        self.limits().memories
    }
}

#[derive(PartialEq)]
enum Growth {
    Granted,
    /// Beyond the maximum that the guest itself declares. Nothing grows or is used up.
    OverMaximum,
    OverLimit,
}

/// Adds a growth to the sum over all memories, or over all tables.
fn grow(
    used: &mut u64,
    current: usize,
    desired: usize,
    maximum: Option<usize>,
    limit: u64,
) -> Growth {
    if current > 0 && maximum.is_some_and(|maximum| desired > maximum) {
        return Growth::OverMaximum;
    }
    let total = used.saturating_add(desired.saturating_sub(current) as u64);
    if total > limit {
        return Growth::OverLimit;
    }
    *used = total;
    Growth::Granted
}
