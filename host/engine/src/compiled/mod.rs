//! The cache of compiled code, which later processes only map into memory.
//!
//! The key of an entry is the digest of the component and a hash of everything that the
//! code depends on: engine version, settings, target and CPU features. Write access to
//! the cache means running code as this user, so folder and files must belong to the user
//! and be writable by no other; anything else is ignored. No problem here is an error:
//! the component is compiled again.

mod checksum;
mod files;
mod inventory;
mod listing;
mod store;

pub use inventory::{CodeInventory, CompiledCodeError};
pub use listing::{CompiledCode, CompiledListing, StaleFile};
pub(super) use store::CompiledStore;
