//! Taking away what nobody needs.
//!
//! Archives go that no environment pins, and their signatures. Compiled code goes that
//! this engine cannot run, and that no pinned or built-in pack needs and nobody used for
//! a month. What is half written goes, because nobody is writing. Nothing else does.

use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use env_pack_domain::{ForeignText, Sha256Digest};
use serde::Serialize;

use super::pins::PinIndex;
use super::{display_path, list_compiled};
use crate::engine::CompiledCode;
use crate::fetch::{ExclusiveLock, ListedManifest, ListedReference};
use crate::host::Host;
use crate::ops::OpError;

/// How long code is kept that no bound pack needs: long enough for whoever builds and
/// inspects packs today.
const UNUSED_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What was taken away.
#[derive(Debug, Serialize)]
pub struct CacheGcReport {
    /// The folder.
    pub path: ForeignText,
    /// Whether nothing was taken away, and this is what would have been.
    pub dry_run: bool,
    /// What was taken away.
    pub removed: Vec<RemovedItem>,
    /// What could not be taken away.
    pub failed: Vec<FailedRemoval>,
    /// The size of what was taken away, in bytes.
    pub freed_bytes: u64,
}

/// Something that was taken away.
#[derive(Debug, Serialize)]
pub struct RemovedItem {
    /// `archive`, `signature`, `manifest`, `reference`, `compiled`, `half-written` or
    /// `root`
    pub what: &'static str,
    /// What it is called in its folder.
    pub name: ForeignText,
    /// Its size, in bytes.
    pub size: u64,
    /// Why nobody needs it.
    pub reason: &'static str,
}

/// Something that could not be taken away.
#[derive(Debug, Serialize)]
pub struct FailedRemoval {
    /// What it is called in its folder.
    pub name: ForeignText,
    /// What the system said.
    pub reason: ForeignText,
}

impl CacheGcReport {
    /// Whether everything went that should.
    pub fn is_done(&self) -> bool {
        self.failed.is_empty()
    }

    /// Takes something away, if anything is to be taken away.
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

/// Takes away what nobody needs, or says what would go.
///
/// # Errors
/// [`OpError`] when it is not known what is needed, or others are writing; nothing was
/// taken away then.
pub fn gc(host: &Host, dry_run: bool) -> Result<CacheGcReport, OpError> {
    let path = display_path(&host.cache);
    let mut report =
        CacheGcReport { path, dry_run, removed: Vec::new(), failed: Vec::new(), freed_bytes: 0 };
    // before a look at what is pinned: whoever keeps an archive pins it before anybody is
    // alone
    let alone = (!dry_run && host.cache.exists())
        .then(|| host.fetcher.cache.lock_exclusive())
        .transpose()?;
    let pins = PinIndex::collect_complete(host)?;
    remove_archives(host, &pins, alone.as_ref(), &mut report)?;
    remove_signatures(host, &pins, alone.as_ref(), &mut report)?;
    remove_references(host, &pins, alone.as_ref(), &mut report)?;
    remove_code(host, &pins, &mut report)?;
    for root in &pins.missing_roots {
        let item = RemovedItem {
            what: "root",
            name: display_path(root),
            size: 0,
            reason: "there is no such folder of environments",
        };
        report.remove(item, || {
            alone.as_ref().map_or(Ok(()), |alone| host.fetcher.cache.gc_roots.remove(alone, root))
        });
    }
    Ok(report)
}

fn remove_archives(
    host: &Host,
    pins: &PinIndex,
    alone: Option<&ExclusiveLock>,
    report: &mut CacheGcReport,
) -> Result<(), OpError> {
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
            alone.map_or(Ok(()), |alone| host.fetcher.cache.archives.remove(alone, &blob.digest))
        });
    }
    for leftover in &kept.temp_files {
        let item = half_written(&leftover.path, leftover.size);
        report.remove(item, || {
            alone.map_or(Ok(()), |alone| host.fetcher.cache.remove_temp_file(alone, leftover))
        });
    }
    Ok(())
}

/// A pinned archive that is not kept may still be read from its file, and then its
/// signatures are all that vouches for it.
fn remove_signatures(
    host: &Host,
    pins: &PinIndex,
    alone: Option<&ExclusiveLock>,
    report: &mut CacheGcReport,
) -> Result<(), OpError> {
    let kept = host.fetcher.cache.signatures.list()?;
    for signature in
        kept.signatures.iter().filter(|signature| pins.pinned_by(&signature.archive).is_empty())
    {
        let name = ForeignText::new(signature.blob.digest.hex());
        let reason = "no environment pins the archive that it is for";
        let item = RemovedItem { what: "signature", name, size: signature.blob.size, reason };
        report.remove(item, || {
            alone.map_or(Ok(()), |alone| host.fetcher.cache.signatures.remove(alone, signature))
        });
    }
    for leftover in &kept.temp_files {
        let item = half_written(&leftover.path, leftover.size);
        report.remove(item, || {
            alone.map_or(Ok(()), |alone| host.fetcher.cache.remove_temp_file(alone, leftover))
        });
    }
    Ok(())
}

/// What references stood for is needed as long as the archive is.
fn remove_references(
    host: &Host,
    pins: &PinIndex,
    alone: Option<&ExclusiveLock>,
    report: &mut CacheGcReport,
) -> Result<(), OpError> {
    let kept = host.fetcher.cache.references.list()?;
    let is_needed = |archive: &Sha256Digest| !pins.pinned_by(archive).is_empty();
    let (needed, unneeded): (Vec<_>, Vec<_>) = kept
        .manifests
        .iter()
        .partition(|manifest| manifest.archive.as_ref().is_some_and(is_needed));
    for ListedManifest { blob, .. } in unneeded {
        let name = ForeignText::new(blob.digest.hex());
        let item = RemovedItem {
            what: "manifest",
            name,
            size: blob.size,
            reason: "no environment pins its archive",
        };
        report.remove(item, || {
            alone.map_or(Ok(()), |alone| {
                host.fetcher.cache.references.remove_manifest(alone, &blob.digest)
            })
        });
    }
    let stands =
        |manifest: &Sha256Digest| needed.iter().any(|needed| needed.blob.digest == *manifest);
    // what is bound by a tag may have moved, which somebody saw
    let is_stale = |reference: &&ListedReference| {
        !reference
            .target
            .as_ref()
            .is_some_and(|(name, to)| stands(to) || pins.is_reference_bound(&name.to_string()))
    };
    for reference in kept.references.iter().filter(is_stale) {
        let name = reference
            .target
            .as_ref()
            .map_or_else(|| reference.blob.digest.hex(), |(name, _)| name.to_string());
        let (name, reason) = (ForeignText::new(name), "nobody needs what it stood for");
        let item = RemovedItem { what: "reference", name, size: reference.blob.size, reason };
        report.remove(item, || {
            alone.map_or(Ok(()), |alone| {
                host.fetcher.cache.references.remove_reference(alone, reference)
            })
        });
    }
    for leftover in &kept.temp_files {
        let item = half_written(&leftover.path, leftover.size);
        report.remove(item, || {
            alone.map_or(Ok(()), |alone| host.fetcher.cache.remove_temp_file(alone, leftover))
        });
    }
    Ok(())
}

fn remove_code(host: &Host, pins: &PinIndex, report: &mut CacheGcReport) -> Result<(), OpError> {
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

/// Why nobody needs some code, if nobody does.
fn removal_reason(code: &CompiledCode, pins: &PinIndex) -> Option<&'static str> {
    if !code.fits {
        return Some("another version of gtc, or another machine, made it");
    }
    let unused = SystemTime::now().duration_since(code.last_used).unwrap_or_default();
    let is_needed = !pins.packs_of(&code.component).is_empty();
    (!is_needed && unused >= UNUSED_FOR)
        .then_some("no pinned pack needs it, and nobody used it for a month")
}

fn half_written(path: &Path, size: u64) -> RemovedItem {
    RemovedItem {
        what: "half-written",
        name: file_name(path),
        size,
        reason: "a process ended before it was whole",
    }
}

fn file_name(path: &Path) -> ForeignText {
    ForeignText::new(path.file_name().unwrap_or_default().to_string_lossy())
}
