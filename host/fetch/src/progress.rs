//! Progress of transfers. The caller decides how to show it.

use env_pack_domain::ForeignText;

/// Is notified of every transfer from or to a registry.
pub trait Progress: Send + Sync {
    /// Called when a transfer begins, with its name and its size in bytes if that is known.
    fn begin(&self, name: &ForeignText, bytes: Option<u64>) -> Box<dyn Transfer>;
}

/// A transfer in progress. It is dropped when the transfer succeeds or fails.
pub trait Transfer: Send {
    /// Called when `bytes` more bytes were transferred.
    fn advance(&mut self, bytes: u64);
}

/// Ignores all progress.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn begin(&self, _: &ForeignText, _: Option<u64>) -> Box<dyn Transfer> {
        Box::new(Self)
    }
}

impl Transfer for NoProgress {
    fn advance(&mut self, _: u64) {}
}
