//! Limits on the size and nesting of a component.

use serde::{Deserialize, Serialize};

/// Limits on the size and nesting of a component. Counts include everything nested inside.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ComplexityLimits {
    /// Size of the component, in bytes (32 MiB).
    pub component_bytes: u64,
    /// Levels of nested components and modules (8).
    pub nesting: u64,
    /// Components and modules (512).
    pub parts: u64,
    /// Items of the component model (20,000): instances, aliases, types, canonical
    /// functions, imports and exports. Those of a nested component count once for each of
    /// its instances.
    pub component_items: u64,
    /// Everything except code, data and custom sections, in bytes (1 MiB). The host keeps
    /// some of it in memory.
    pub description_bytes: u64,
    /// The custom section with the permissions, in bytes (64 KiB).
    pub permissions_bytes: u64,
    /// Core types (50,000).
    pub types: u64,
    /// Core imports and exports (50,000).
    pub names: u64,
    /// Tables, memories, globals, tags, element segments and data segments (100,000).
    pub module_items: u64,
    /// Core functions (200,000).
    pub functions: u64,
    /// Code of one function, in bytes (1 MiB).
    pub function_bytes: u64,
    /// Locals of one function (10,000).
    pub locals: u64,
    /// Levels of nested blocks in one function (5,000).
    pub block_nesting: u64,
    /// Targets of all branch tables of one function (50,000).
    pub branch_targets: u64,
}

impl Default for ComplexityLimits {
    fn default() -> Self {
        Self {
            component_bytes: 32 << 20,
            nesting: 8,
            parts: 512,
            component_items: 20_000,
            description_bytes: 1 << 20,
            permissions_bytes: 64 << 10,
            types: 50_000,
            names: 50_000,
            module_items: 100_000,
            functions: 200_000,
            function_bytes: 1 << 20,
            locals: 10_000,
            block_nesting: 5_000,
            branch_targets: 50_000,
        }
    }
}
