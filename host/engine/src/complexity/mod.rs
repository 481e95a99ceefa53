//! Rejects components that are too large or too deeply nested, before they are compiled.
//!
//! Compile time and memory of some constructs grow faster than their size. Each limit is
//! several times what the largest ordinary components need, which contain interpreters of
//! Python or JavaScript. The worker's budget stops the rest.

mod check;
mod expansion;
pub(super) mod limits;

pub(super) use check::check;
pub use limits::ComplexityLimits;
