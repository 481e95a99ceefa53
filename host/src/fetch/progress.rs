//! How far a transfer has come, for whoever waits for it. This module does not know who
//! that is.

use env_pack_domain::ForeignText;

/// Told about everything that is transferred from or to somewhere else.
pub trait Progress: Send + Sync {
    /// Something begins: what it is, and how many bytes it has, if that is known.
    fn begin(&self, what: &ForeignText, bytes: Option<u64>) -> Box<dyn Transfer>;
}

/// A transfer that goes on until this is dropped, whether it succeeds or not.
pub trait Transfer: Send {
    /// So many more bytes have come, or gone.
    fn advance(&mut self, bytes: u64);
}

/// Tells nobody.
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
