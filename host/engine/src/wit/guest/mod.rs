//! Calls the interface that guests export, in the same way for all versions.

pub(in crate::wit) mod exports;
pub(in crate::wit) mod handler;
mod instance;
mod measure;
