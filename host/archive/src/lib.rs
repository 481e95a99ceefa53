//! `.gtpack` archives: from zip bytes to a verified manifest and component bytes, and
//! back.
//!
//! - [`open`](fn@open) verifies an archive completely and returns a [`Pack`].
//! - [`write`](fn@write) makes a new archive.
//! - [`repack`](fn@repack) rewrites a non-canonical archive.
//! - [`diagnose`](fn@diagnose) lists all problems of an archive.
//!
//! This crate knows no paths, no network and no WebAssembly. It admits only archives of
//! the canonical zip profile, and never extracts anything to disk.

mod application;
mod cbor;
mod component_bytes;
mod component_manifests;
mod content;
mod declaration;
mod diagnose;
mod document_names;
mod entry_names;
mod entry_reader;
mod error;
mod extra_field;
mod legacy_manifest;
mod lenient;
mod limits;
mod manifest;
mod new_entry;
mod on_fault;
mod open;
mod pack;
mod parsed_manifest;
mod profile;
mod records;
mod repack;
mod rule_violation;
mod rules;
mod sbom;
mod write;

pub use component_bytes::ComponentBytes;
pub use component_manifests::ComponentFault;
pub use declaration::{HandlerDeclaration, parse_permissions};
pub use diagnose::{ArchiveDiagnosis, diagnose};
pub use document_names::ANSWERS_SCHEMA;
pub use error::ArchiveError;
pub use limits::ArchiveLimits;
pub use open::{WASM, open};
pub use pack::{EntryInfo, Pack, PackedHandler};
pub use repack::{EntryChange, Repacked, RepackedEntry, repack};
pub use rules::ZipRule;
pub use write::{NewHandler, NewPack, write};

#[cfg(test)]
mod tests;
