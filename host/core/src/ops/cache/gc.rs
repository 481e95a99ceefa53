//! Garbage collection of the cache.
//!
//! Removes archives that no environment pins, with their signatures and references;
//! compiled code that this engine cannot run, or that no pinned or built-in pack needs and
//! that was not used for a month; and temporary files. Temporary files are abandoned,
//! because garbage collection holds the exclusive lock. Unknown files are kept.

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use env_pack_domain::{ForeignText, Sha256Digest};
use gtc_fs::metadata;
use serde::Serialize;

use super::error::CacheError;
use super::list_compiled;
use super::pins::PinIndex;
use crate::Host;
use crate::ops::phrases::display_path;
use gtc_engine::{CompiledCode, CompiledCodeError};
use gtc_fetch::{ExclusiveLock, FetchError, ListedManifest, ListedReference};

/// Time for which compiled code is kept that no bound pack needs: pack authors build and
/// inspect the same component many times.
const UNUSED_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The result of garbage collection.
#[derive(Debug, Serialize)]
pub struct CacheGcReport {
    /// The cache folder.
    pub path: ForeignText,
    /// Whether this is a preview, and nothing was removed.
    pub dry_run: bool,
    /// The removed items, or those that would be removed.
    pub removed: Vec<RemovedItem>,
    /// The items that could not be removed.
    pub failed: Vec<FailedRemoval>,
    /// The total size of the removed items, in bytes.
    pub freed_bytes: u64,
}

/// An item that was removed.
#[derive(Debug, Serialize)]
pub struct RemovedItem {
    /// `archive`, `signature`, `manifest`, `reference`, `compiled`, `half-written` or
    /// `root`
    pub what: &'static str,
    /// The file name, digest, reference or path.
    pub name: ForeignText,
    /// The size, in bytes.
    pub size: u64,
    /// Why the item is not needed.
    pub reason: &'static str,
}

/// An item that could not be removed.
#[derive(Debug, Serialize)]
pub struct FailedRemoval {
    /// The file name, digest, reference or path.
    pub name: ForeignText,
    /// The error that the system reported.
    pub reason: ForeignText,
}

impl CacheGcReport {
    /// Returns true if all unneeded items were removed.
    pub fn is_done(&self) -> bool {
        self.failed.is_empty()
    }

    /// Removes an item, unless this is a dry run, and records the result.
    fn remove(&mut self, item: RemovedItem, remove: impl FnOnce() -> io::Result<()>) {
        match if self.dry_run { Ok(()) } else { remove() } {
            Ok(()) => {
                self.freed_bytes += item.size;
                self.removed.push(item);
            }
            Err(error) => {
                self.failed.push(FailedRemoval {
                    name: item.name,
                    reason: ForeignText::new(error.to_string()),
                });
            }
        }
    }
}

/// Removes unneeded items from the cache. With `dry_run`, only reports them.
///
/// # Errors
/// [`CacheError`] when the pins of an environment cannot be read, or another process uses the
/// cache; nothing was removed then.
pub fn gc(host: &Host, dry_run: bool) -> Result<CacheGcReport, CacheError> {
    let path = display_path(&host.cache);
    let mut report =
        CacheGcReport { path, dry_run, removed: Vec::new(), failed: Vec::new(), freed_bytes: 0 };
    // lock before reading pins: a process that caches an archive holds a shared lock until
    // it has pinned it
    let lock = (!dry_run && metadata::exists(&host.cache))
        .then(|| host.fetcher.cache.lock_exclusive())
        .transpose()?;
    let pins = PinIndex::collect_complete(host)?;
    remove_archives(host, &pins, lock.as_ref(), &mut report)?;
    remove_signatures(host, &pins, lock.as_ref(), &mut report)?;
    remove_references(host, &pins, lock.as_ref(), &mut report)?;
    remove_code(host, &pins, &mut report)?;
    for root in &pins.missing_roots {
        let item = RemovedItem {
            what: "root",
            name: display_path(root),
            size: 0,
            reason: "the store root does not exist",
        };
        report.remove(item, || {
            lock.as_ref().map_or(Ok(()), |lock| host.fetcher.cache.gc_roots.remove(lock, root))
        });
    }
    Ok(report)
}

fn remove_archives(
    host: &Host,
    pins: &PinIndex,
    lock: Option<&ExclusiveLock>,
    report: &mut CacheGcReport,
) -> Result<(), FetchError> {
    let kept = host.fetcher.cache.archives.list()?;
    for blob in kept.blobs.iter().filter(|blob| pins.pinned_by(&blob.digest).is_empty()) {
        let name = ForeignText::new(blob.digest.hex());
        let item = RemovedItem {
            what: "archive",
            name,
            size: blob.size,
            reason: "no environment pins it",
        };
        report.remove(item, || {
            lock.map_or(Ok(()), |lock| host.fetcher.cache.archives.remove(lock, &blob.digest))
        });
    }
    for leftover in &kept.temp_files {
        let item = half_written(&leftover.path, leftover.size);
        report.remove(item, || {
            lock.map_or(Ok(()), |lock| host.fetcher.cache.remove_temp_file(lock, leftover))
        });
    }
    Ok(())
}

/// Removes the signatures of unpinned archives. Signatures of a pinned archive stay even
/// if the archive is not cached, because it may still be read from its file.
fn remove_signatures(
    host: &Host,
    pins: &PinIndex,
    lock: Option<&ExclusiveLock>,
    report: &mut CacheGcReport,
) -> Result<(), FetchError> {
    let kept = host.fetcher.cache.signatures.list()?;
    for signature in
        kept.signatures.iter().filter(|signature| pins.pinned_by(&signature.archive).is_empty())
    {
        let name = ForeignText::new(signature.blob.digest.hex());
        let reason = "no environment pins the archive that it is for";
        let item = RemovedItem { what: "signature", name, size: signature.blob.size, reason };
        report.remove(item, || {
            lock.map_or(Ok(()), |lock| host.fetcher.cache.signatures.remove(lock, signature))
        });
    }
    for leftover in &kept.temp_files {
        let item = half_written(&leftover.path, leftover.size);
        report.remove(item, || {
            lock.map_or(Ok(()), |lock| host.fetcher.cache.remove_temp_file(lock, leftover))
        });
    }
    Ok(())
}

/// Removes manifests of unpinned archives, and the references that led to them.
fn remove_references(
    host: &Host,
    pins: &PinIndex,
    lock: Option<&ExclusiveLock>,
    report: &mut CacheGcReport,
) -> Result<(), FetchError> {
    let kept = host.fetcher.cache.references.list()?;
    let (needed, unneeded): (Vec<_>, Vec<_>) = kept.manifests.iter().partition(|manifest| {
        manifest.archive.as_ref().is_some_and(|archive| !pins.pinned_by(archive).is_empty())
    });
    for ListedManifest { blob, .. } in unneeded {
        let name = ForeignText::new(blob.digest.hex());
        let item = RemovedItem {
            what: "manifest",
            name,
            size: blob.size,
            reason: "no environment pins its archive",
        };
        report.remove(item, || {
            lock.map_or(Ok(()), |lock| {
                host.fetcher.cache.references.remove_manifest(lock, &blob.digest)
            })
        });
    }
    let needed: HashSet<Sha256Digest> = needed.iter().map(|needed| needed.blob.digest).collect();
    // a bound tag may lead to a newer manifest by now; doctor reports that as drift
    let is_stale = |reference: &&ListedReference| {
        !reference.target.as_ref().is_some_and(|(name, to)| {
            needed.contains(to) || pins.is_reference_bound(&name.to_string())
        })
    };
    for reference in kept.references.iter().filter(is_stale) {
        let name = reference
            .target
            .as_ref()
            .map_or_else(|| reference.blob.digest.hex(), |(name, _)| name.to_string());
        let item = RemovedItem {
            what: "reference",
            name: ForeignText::new(name),
            size: reference.blob.size,
            reason: "no pinned archive needs it",
        };
        report.remove(item, || {
            lock.map_or(Ok(()), |lock| {
                host.fetcher.cache.references.remove_reference(lock, reference)
            })
        });
    }
    for leftover in &kept.temp_files {
        let item = half_written(&leftover.path, leftover.size);
        report.remove(item, || {
            lock.map_or(Ok(()), |lock| host.fetcher.cache.remove_temp_file(lock, leftover))
        });
    }
    Ok(())
}

fn remove_code(
    host: &Host,
    pins: &PinIndex,
    report: &mut CacheGcReport,
) -> Result<(), CompiledCodeError> {
    let Some(kept) = host.engine.code_inventory() else { return Ok(()) };
    let listing = list_compiled(host)?;
    for (code, reason) in
        listing.code.iter().filter_map(|code| Some((code, removal_reason(code, pins)?)))
    {
        let item =
            RemovedItem { what: "compiled", name: file_name(&code.path), size: code.size, reason };
        report.remove(item, || kept.remove(code));
    }
    for file in &listing.stale_files {
        report.remove(half_written(&file.path, file.size), || kept.remove_stale_file(file));
    }
    Ok(())
}

/// Returns why compiled code is not needed; none if it is.
fn removal_reason(code: &CompiledCode, pins: &PinIndex) -> Option<&'static str> {
    if !code.fits {
        return Some("another version of gtc or another machine compiled it");
    }
    let unused = SystemTime::now().duration_since(code.last_used).unwrap_or_default();
    let is_needed = !pins.packs_of(&code.component).is_empty();
    (!is_needed && unused >= UNUSED_FOR)
        .then_some("no pinned pack needs it, and it was not used for a month")
}

fn half_written(path: &Path, size: u64) -> RemovedItem {
    RemovedItem {
        what: "half-written",
        name: file_name(path),
        size,
        reason: "an interrupted process left it",
    }
}

fn file_name(path: &Path) -> ForeignText {
    ForeignText::new(path.file_name().unwrap_or_default().to_string_lossy())
}
