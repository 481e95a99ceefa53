//! The cache: what is kept, and who needs it. Everything in it can be had again, as long
//! as the packs are where they were.

pub mod gc;
mod pins;
pub mod verify;

use std::path::Path;
use std::time::SystemTime;

use env_pack_domain::{ForeignText, OciRef, Sha256Digest};
use serde::Serialize;

use super::OpError;
use crate::engine::{CompiledCode, CompiledListing};
use crate::fetch::{CachedSignature, ReferenceListing};
use crate::host::Host;

use pins::PinIndex;

pub use pins::{PinnedBy, UnreadableEnvironment};

/// Where the cache is.
#[derive(Debug, Serialize)]
pub struct CachePathReport {
    /// The folder, which need not exist yet.
    pub path: ForeignText,
}

/// What is in the cache.
#[derive(Debug, Serialize)]
pub struct CacheListReport {
    /// The folder.
    pub path: ForeignText,
    /// The archives that are kept, by digest.
    pub archives: Vec<ListedArchive>,
    /// The signatures that are kept, by the digest of their archive.
    pub signatures: Vec<ListedSignature>,
    /// What references to registries stand for, as far as it is known without asking.
    pub references: Vec<CachedReference>,
    /// What components were compiled to, by digest.
    pub compiled: Vec<ListedCode>,
    /// Files that are half written: now, or by a process that was killed.
    pub half_written: usize,
    /// What is there and not ours.
    pub strangers: Vec<ForeignText>,
    /// Archives that are pinned, but not kept: their packs do not outlive their files.
    pub missing: Vec<MissingArchive>,
    /// Environments of which nobody knows what they pin.
    pub unreadable_environments: Vec<UnreadableEnvironment>,
    /// The size of all archives, in bytes.
    pub archive_bytes: u64,
    /// The size of all signatures, in bytes.
    pub signature_bytes: u64,
    /// The size of all compiled code, in bytes.
    pub compiled_bytes: u64,
}

/// A kept archive.
#[derive(Debug, Serialize)]
pub struct ListedArchive {
    /// Its digest.
    pub sha256: String,
    /// Its size, in bytes.
    pub size: u64,
    /// Who pins it.
    pub pinned_by: Vec<PinnedBy>,
}

/// A kept signature.
#[derive(Debug, Serialize)]
pub struct ListedSignature {
    /// Its digest.
    pub sha256: String,
    /// The digest of the archive that it is kept for, which may not be kept itself.
    pub archive_sha256: String,
    /// Its size, in bytes.
    pub size: u64,
}

/// What a reference to a registry stands for.
#[derive(Debug, Serialize)]
pub struct CachedReference {
    /// The reference.
    pub reference: OciRef,
    /// The digest of its manifest.
    pub manifest_digest: Sha256Digest,
    /// The digest of the archive; none when the manifest is gone.
    pub sha256: Option<String>,
}

/// Compiled code that is kept.
#[derive(Debug, Serialize)]
pub struct ListedCode {
    /// The digest of the component.
    pub component_sha256: String,
    /// Its size, in bytes.
    pub size: u64,
    /// Whether this engine can run it; another version of `gtc` may.
    pub fits: bool,
    /// The day when it was used last.
    pub last_used: String,
    /// The packs that the component is part of, as far as they are pinned or built in.
    pub packs: Vec<ForeignText>,
}

/// An archive that is pinned, but not kept.
#[derive(Debug, Serialize)]
pub struct MissingArchive {
    /// Its digest.
    pub sha256: String,
    /// Who pins it.
    pub pinned_by: Vec<PinnedBy>,
}

/// Says where the cache is.
pub fn path(host: &Host) -> CachePathReport {
    CachePathReport { path: display_path(&host.cache) }
}

/// Lists what is in the cache.
///
/// # Errors
/// [`OpError`] when it cannot be read.
pub fn list(host: &Host) -> Result<CacheListReport, OpError> {
    let kept = host.fetcher.cache.archives.list()?;
    let signed = host.fetcher.cache.signatures.list()?;
    let resolved = host.fetcher.cache.references.list()?;
    let compiled = list_compiled(host)?;
    let pins = PinIndex::collect(host)?;
    let archive = |blob: &crate::fetch::StoredBlob| ListedArchive {
        sha256: blob.digest.hex(),
        size: blob.size,
        pinned_by: pins.pinned_by(&blob.digest).to_vec(),
    };
    let signature = |signature: &CachedSignature| ListedSignature {
        sha256: signature.blob.digest.hex(),
        archive_sha256: signature.archive.hex(),
        size: signature.blob.size,
    };
    let strangers = kept
        .unknown_files
        .iter()
        .chain(&signed.unknown_files)
        .chain(&resolved.unknown_files)
        .chain(&compiled.unknown_files);
    let code = |code: &CompiledCode| ListedCode {
        component_sha256: code.component.hex(),
        size: code.size,
        fits: code.fits,
        last_used: day(code.last_used),
        packs: pins.packs_of(&code.component),
    };
    Ok(CacheListReport {
        path: display_path(&host.cache),
        archives: kept.blobs.iter().map(archive).collect(),
        signatures: signed.signatures.iter().map(signature).collect(),
        references: cached_references(&resolved),
        compiled: compiled.code.iter().map(code).collect(),
        half_written: kept.temp_files.len()
            + signed.temp_files.len()
            + resolved.temp_files.len()
            + compiled.stale_files.len(),
        strangers: strangers.map(|path| display_path(path)).collect(),
        missing: missing_archives(
            &pins,
            &kept.blobs.iter().map(|blob| blob.digest).collect::<Vec<_>>(),
        ),
        archive_bytes: kept.blobs.iter().map(|blob| blob.size).sum(),
        signature_bytes: signed.signatures.iter().map(|signature| signature.blob.size).sum(),
        compiled_bytes: compiled.code.iter().map(|code| code.size).sum(),
        unreadable_environments: pins.unreadable,
    })
}

fn cached_references(kept: &ReferenceListing) -> Vec<CachedReference> {
    let archive = |manifest: &Sha256Digest| {
        let kept = kept.manifests.iter().find(|kept| kept.blob.digest == *manifest);
        kept.and_then(|kept| kept.archive).map(|archive| archive.hex())
    };
    let stands_for = kept.references.iter().filter_map(|reference| reference.target.clone());
    let mut references: Vec<_> = stands_for
        .map(|(reference, manifest_digest)| CachedReference {
            sha256: archive(&manifest_digest),
            reference,
            manifest_digest,
        })
        .collect();
    references.sort_by(|a, b| a.reference.cmp(&b.reference));
    references
}

/// The compiled code that is kept.
fn list_compiled(host: &Host) -> Result<CompiledListing, OpError> {
    let kept = host.engine.code_inventory().map(|kept| kept.list()).transpose();
    Ok(kept.map_err(|source| OpError::Compiled { source })?.unwrap_or_default())
}

/// What is pinned, but not among the archives that are kept.
fn missing_archives(pins: &PinIndex, kept: &[Sha256Digest]) -> Vec<MissingArchive> {
    let missing = pins.archives().filter(|(digest, _)| !kept.contains(digest));
    missing
        .map(|(digest, by)| MissingArchive { sha256: digest.hex(), pinned_by: by.to_vec() })
        .collect()
}

/// A day, as `2026-01-31`. What no calendar holds was never used.
fn day(time: SystemTime) -> String {
    let time = jiff::Timestamp::try_from(time).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m-%d").to_string()
}

fn display_path(path: &Path) -> ForeignText {
    ForeignText::new(path.to_string_lossy())
}
