//! Packs in registries.

mod servers;
