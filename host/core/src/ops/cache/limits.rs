//! The limit on what garbage collection keeps.

/// Limits on what garbage collection of the cache keeps.
#[derive(Clone, Debug)]
pub struct CacheLimits {
    /// Latest generations of each binding whose archives are kept; default: 10. The archives of
    /// the bound generation, and of the one that a rollback restores, are kept in any case.
    pub generations: u64,
}

impl Default for CacheLimits {
    fn default() -> Self {
        Self { generations: 10 }
    }
}
