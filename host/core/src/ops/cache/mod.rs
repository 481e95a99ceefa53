//! Operations on the cache: list, verify and collect garbage. Cached items can be fetched
//! or compiled again as long as the packs are still at their references.

mod error;
pub mod gc;
pub(crate) mod limits;
mod pins;
pub mod verify;

use std::collections::{HashMap, HashSet};
use std::time::SystemTime;

use env_pack_domain::{ForeignText, OciRef, Sha256Digest};
use serde::Serialize;

use super::phrases::display_path;
use crate::Host;
use gtc_engine::{CompiledCode, CompiledCodeError, CompiledListing};
use gtc_fetch::{CachedSignature, ReferenceListing};

use pins::PinIndex;

pub use error::CacheError;
pub use pins::{PinnedBy, UnreadableEnvironment};

/// The location of the cache.
#[derive(Debug, Serialize)]
pub struct CachePathReport {
    /// The cache folder, which need not exist yet.
    pub path: ForeignText,
}

/// The contents of the cache.
#[derive(Debug, Serialize)]
pub struct CacheListReport {
    /// The cache folder.
    pub path: ForeignText,
    /// The cached archives, by digest.
    pub archives: Vec<ListedArchive>,
    /// The cached signatures, by the digest of their archive.
    pub signatures: Vec<ListedSignature>,
    /// Cached registry references, without asking a registry.
    pub references: Vec<CachedReference>,
    /// The compiled code, by the digest of its component.
    pub compiled: Vec<ListedCode>,
    /// The number of temporary files of running or killed processes.
    pub half_written: usize,
    /// Files that this program did not write.
    pub unknown_files: Vec<ForeignText>,
    /// Pinned archives that are not cached. They are lost if their source disappears.
    pub missing: Vec<MissingArchive>,
    /// Environments whose pins could not be read.
    pub unreadable_environments: Vec<UnreadableEnvironment>,
    /// The size of all archives, in bytes.
    pub archive_bytes: u64,
    /// The size of all signatures, in bytes.
    pub signature_bytes: u64,
    /// The size of all compiled code, in bytes.
    pub compiled_bytes: u64,
}

/// A cached archive.
#[derive(Debug, Serialize)]
pub struct ListedArchive {
    /// The SHA-256 digest.
    pub sha256: String,
    /// The size, in bytes.
    pub size: u64,
    /// The environments that pin it.
    pub pinned_by: Vec<PinnedBy>,
}

/// A cached signature.
#[derive(Debug, Serialize)]
pub struct ListedSignature {
    /// The SHA-256 digest.
    pub sha256: String,
    /// The digest of the signed archive, which need not be cached itself.
    pub archive_sha256: String,
    /// The size, in bytes.
    pub size: u64,
}

/// A registry reference, and the digests it last led to.
#[derive(Debug, Serialize)]
pub struct CachedReference {
    /// The reference.
    pub reference: OciRef,
    /// The digest of the OCI manifest.
    pub manifest_digest: Sha256Digest,
    /// The digest of the archive; none if the manifest is not cached.
    pub sha256: Option<String>,
}

/// Compiled code in the cache.
#[derive(Debug, Serialize)]
pub struct ListedCode {
    /// The digest of the component.
    pub component_sha256: String,
    /// The size, in bytes.
    pub size: u64,
    /// Whether this version of `gtc` can run it.
    pub fits: bool,
    /// The day of the last use, as `2026-01-31`.
    pub last_used: String,
    /// The pinned or built-in packs that contain the component.
    pub packs: Vec<ForeignText>,
}

/// An archive that is pinned, but not cached.
#[derive(Debug, Serialize)]
pub struct MissingArchive {
    /// The SHA-256 digest.
    pub sha256: String,
    /// The environments that pin it.
    pub pinned_by: Vec<PinnedBy>,
}

/// Returns the location of the cache.
pub fn path(host: &Host) -> CachePathReport {
    CachePathReport { path: display_path(&host.cache) }
}

/// Lists the contents of the cache.
///
/// # Errors
/// [`CacheError`] when the cache cannot be read.
pub fn list(host: &Host) -> Result<CacheListReport, CacheError> {
    let kept = host.fetcher.cache.archives.list()?;
    let signed = host.fetcher.cache.signatures.list()?;
    let resolved = host.fetcher.cache.references.list()?;
    let compiled = list_compiled(host)?;
    let pins = PinIndex::collect(host)?;
    let signature = |signature: &CachedSignature| ListedSignature {
        sha256: signature.blob.digest.hex(),
        archive_sha256: signature.archive.hex(),
        size: signature.blob.size,
    };
    let unknown_files = kept
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
        archives: kept
            .blobs
            .iter()
            .map(|blob| ListedArchive {
                sha256: blob.digest.hex(),
                size: blob.size,
                pinned_by: pins.pinned_by(&blob.digest).to_vec(),
            })
            .collect(),
        signatures: signed.signatures.iter().map(signature).collect(),
        references: cached_references(&resolved),
        compiled: compiled.code.iter().map(code).collect(),
        half_written: kept.temp_files.len()
            + signed.temp_files.len()
            + resolved.temp_files.len()
            + compiled.stale_files.len(),
        unknown_files: unknown_files.map(|path| display_path(path)).collect(),
        missing: missing_archives(
            &pins,
            &kept.blobs.iter().map(|blob| blob.digest).collect::<HashSet<_>>(),
        ),
        archive_bytes: kept.blobs.iter().map(|blob| blob.size).sum(),
        signature_bytes: signed.signatures.iter().map(|signature| signature.blob.size).sum(),
        compiled_bytes: compiled.code.iter().map(|code| code.size).sum(),
        unreadable_environments: pins.unreadable,
    })
}

fn cached_references(kept: &ReferenceListing) -> Vec<CachedReference> {
    let manifests = kept.manifests.iter().map(|kept| (kept.blob.digest, kept.archive));
    let archives: HashMap<Sha256Digest, Option<Sha256Digest>> = manifests.collect();
    let archive = |manifest: &Sha256Digest| {
        archives.get(manifest).copied().flatten().map(|archive| archive.hex())
    };
    let targets = kept.references.iter().filter_map(|reference| reference.target.clone());
    let mut references: Vec<_> = targets
        .map(|(reference, manifest_digest)| CachedReference {
            sha256: archive(&manifest_digest),
            reference,
            manifest_digest,
        })
        .collect();
    references.sort_by(|a, b| a.reference.cmp(&b.reference));
    references
}

/// Lists the compiled code.
fn list_compiled(host: &Host) -> Result<CompiledListing, CompiledCodeError> {
    let kept = host.engine.code_inventory().map(|kept| kept.list()).transpose();
    Ok(kept?.unwrap_or_default())
}

/// Returns the pinned archives that are not in `kept`.
fn missing_archives(pins: &PinIndex, kept: &HashSet<Sha256Digest>) -> Vec<MissingArchive> {
    let missing = pins.archives().filter(|(digest, _)| !kept.contains(digest));
    missing
        .map(|(digest, by)| MissingArchive { sha256: digest.hex(), pinned_by: by.to_vec() })
        .collect()
}

/// Formats a time as a day, such as `2026-01-31`. A time outside the calendar becomes
/// 1970-01-01.
fn day(time: SystemTime) -> String {
    let time = jiff::Timestamp::try_from(time).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m-%d").to_string()
}
