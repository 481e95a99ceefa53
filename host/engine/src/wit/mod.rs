//! The versions of the handler interface: generated bindings and adapters to the domain.
//!
//! A folder per version, which only adapts types. Behaviour is outside of it.

pub(super) mod component;
mod guest;
pub(super) mod select;
mod v0_1;
mod v0_2;
