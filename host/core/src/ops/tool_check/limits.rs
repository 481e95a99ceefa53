//! The limit on preflights that run at the same time.

/// Limits on the preflights of one `tool-check`.
#[derive(Clone, Debug)]
pub struct ToolCheckLimits {
    /// Preflights running at the same time; default: 16.
    pub concurrent_preflights: usize,
}

impl Default for ToolCheckLimits {
    fn default() -> Self {
        Self {
            // more than processors, because a preflight waits for programs and connections, and a
            // hanging one must not keep the others waiting. Sixteen Python handlers need 1 GiB,
            // and on two processors each of sixteen programs gets 1.25 s of CPU time within
            // its time limit
            concurrent_preflights: 16,
        }
    }
}
