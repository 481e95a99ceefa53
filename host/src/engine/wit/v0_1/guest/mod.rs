//! The interfaces that guests export.

pub(in crate::engine::wit) mod handler;
mod instance;
mod measure;
