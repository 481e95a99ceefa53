//! The interfaces that guests export.

pub(in crate::wit) mod handler;
mod instance;
mod measure;
