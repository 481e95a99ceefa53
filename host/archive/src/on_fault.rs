//! The callback that decides whether reading continues after a fault.

use super::error::ArchiveError;

/// Receives a fault after which reading can continue. It returns the fault to stop, or
/// `Ok` to continue.
pub(super) type OnFault<'a> = &'a mut dyn FnMut(ArchiveError) -> Result<(), ArchiveError>;
