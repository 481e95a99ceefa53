//! Probes: the tools and connections that a preflight asks for.

pub(super) mod backend;
pub(super) mod broker;
pub(super) mod network;
pub(super) mod permissions;
pub(super) mod recorder;
pub(super) mod reply;
pub(super) mod service;
pub(super) mod tools;
