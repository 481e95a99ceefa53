//! Verifies the digests of everything in the cache.

use std::collections::HashSet;
use std::io;

use env_pack_domain::{ForeignText, Sha256Digest, with_causes};
use serde::Serialize;

use super::error::CacheError;
use super::pins::{PinIndex, PinnedBy, UnreadableEnvironment};
use super::{MissingArchive, list_compiled, missing_archives};
use crate::Host;
use crate::ops::phrases::display_path;
use gtc_engine::{CompiledCode, CompiledCodeError};
use gtc_fetch::{ExclusiveLock, FetchError};
use gtc_signing::MAX_SIGNATURE_BYTES;

/// The result of verifying the cache.
#[derive(Debug, Serialize)]
pub struct CacheVerifyReport {
    /// The cache folder.
    pub path: ForeignText,
    /// The number of verified archives.
    pub archives: usize,
    /// The number of verified signatures.
    pub signatures: usize,
    /// The number of verified files of compiled code.
    pub compiled: usize,
    /// The damaged or unreadable items.
    pub faults: Vec<CacheFault>,
    /// Pinned archives that are not cached. They are lost if their source disappears.
    pub missing: Vec<MissingArchive>,
    /// Environments whose pins could not be read.
    pub unreadable_environments: Vec<UnreadableEnvironment>,
}

/// A damaged or unreadable item of the cache. Damaged items are never used.
#[derive(Debug, Serialize)]
pub struct CacheFault {
    /// `archive`, `signature`, `manifest`, `compiled` or `root`
    pub what: &'static str,
    /// The digest that names the item: of the archive, signature, manifest, component, or
    /// of the path of a store root.
    pub sha256: String,
    /// A stable name of the fault.
    pub code: &'static str,
    /// The fault and its cause, in a sentence.
    pub reason: String,
    /// Whether the item was removed.
    pub removed: bool,
    /// Why the item could not be removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_removed: Option<ForeignText>,
    /// The environments that pin the archive, or the archive of the signature.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pinned_by: Vec<PinnedBy>,
}

impl CacheVerifyReport {
    /// Returns true if no fault was found.
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Verifies everything in the cache. Damaged items are removed, unless `keep` is set.
///
/// # Errors
/// [`CacheError`] when the cache cannot be read or locked.
pub fn verify(host: &Host, keep: bool) -> Result<CacheVerifyReport, CacheError> {
    let kept = host.fetcher.cache.archives.list()?;
    let signed = host.fetcher.cache.signatures.list()?;
    let compiled = list_compiled(host)?;
    let pins = PinIndex::collect(host)?;
    let mut report = CacheVerifyReport {
        path: display_path(&host.cache),
        archives: kept.blobs.len(),
        signatures: signed.signatures.len(),
        compiled: compiled.code.len(),
        faults: Vec::new(),
        missing: missing_archives(
            &pins,
            &kept.blobs.iter().map(|blob| blob.digest).collect::<HashSet<_>>(),
        ),
        unreadable_environments: pins.unreadable.clone(),
    };
    for blob in &kept.blobs {
        let found = blob_fault(
            host,
            keep,
            || host.fetcher.cache.archives.verify(&blob.digest),
            |alone| host.fetcher.cache.archives.remove(alone, &blob.digest),
        )?;
        report.faults.extend(
            found.map(|found| {
                found.into_fault("archive", &blob.digest, pins.pinned_by(&blob.digest))
            }),
        );
    }
    for signature in &signed.signatures {
        let verify = || host.fetcher.cache.signatures.verify_digest(signature, MAX_SIGNATURE_BYTES);
        let found = blob_fault(host, keep, verify, |alone| {
            host.fetcher.cache.signatures.remove(alone, signature)
        })?;
        let pinned_by = pins.pinned_by(&signature.archive);
        report.faults.extend(
            found.map(|found| found.into_fault("signature", &signature.blob.digest, pinned_by)),
        );
    }
    for blob in
        host.fetcher.cache.references.list()?.manifests.into_iter().map(|manifest| manifest.blob)
    {
        let verify = || host.fetcher.cache.references.verify_manifest(&blob.digest);
        let found = blob_fault(host, keep, verify, |alone| {
            host.fetcher.cache.references.remove_manifest(alone, &blob.digest)
        })?;
        report.faults.extend(found.map(|found| found.into_fault("manifest", &blob.digest, &[])));
    }
    report.faults.extend(
        pins.unreadable_roots
            .iter()
            .map(|(digest, error)| cache_fault("root", digest, error.kind(), error, None)),
    );
    report.faults.extend(compiled.code.iter().filter_map(|code| code_fault(host, code, keep)));
    Ok(report)
}

/// A blob that failed verification, and the result of removing it, if it was tried.
struct DamagedBlob {
    error: FetchError,
    removed: Option<io::Result<()>>,
}

impl DamagedBlob {
    fn into_fault(
        self,
        what: &'static str,
        digest: &Sha256Digest,
        pinned_by: &[PinnedBy],
    ) -> CacheFault {
        let fault = cache_fault(what, digest, self.error.kind(), &self.error, self.removed);
        CacheFault { pinned_by: pinned_by.to_vec(), ..fault }
    }
}

/// Verifies a blob, and removes it if it is damaged, unless `keep` is set.
fn blob_fault(
    host: &Host,
    keep: bool,
    verify: impl Fn() -> Result<(), FetchError>,
    remove: impl FnOnce(&ExclusiveLock) -> io::Result<()>,
) -> Result<Option<DamagedBlob>, FetchError> {
    let Err(mut error) = verify() else { return Ok(None) };
    let mut removed = None;
    if error.is_damage() && !keep {
        let alone = host.fetcher.cache.lock_exclusive()?;
        // another process may have replaced it before the lock was taken
        match verify() {
            Ok(()) => return Ok(None),
            Err(now) => error = now,
        }
        removed = error.is_damage().then(|| remove(&alone));
    }
    // removed by another process, which is not a fault
    let is_gone = matches!(error, FetchError::NotFound { .. });
    Ok((!is_gone).then_some(DamagedBlob { error, removed }))
}

fn code_fault(host: &Host, code: &CompiledCode, keep: bool) -> Option<CacheFault> {
    let kept = host.engine.code_inventory()?;
    let error = kept.verify(code).err()?;
    // a folder with wrong permissions is reported, and not emptied
    let is_damage =
        !matches!(&error, CompiledCodeError::Read { .. } | CompiledCodeError::OpenFolder { .. });
    let removed = (is_damage && !keep).then(|| kept.remove(code));
    Some(cache_fault("compiled", &code.component, error.kind(), &error, removed))
}

fn cache_fault(
    what: &'static str,
    digest: &Sha256Digest,
    code: &'static str,
    error: &dyn std::error::Error,
    removed: Option<io::Result<()>>,
) -> CacheFault {
    CacheFault {
        what,
        sha256: digest.hex(),
        code,
        reason: with_causes(error),
        removed: matches!(removed, Some(Ok(()))),
        not_removed: removed.and_then(Result::err).map(|error| ForeignText::new(error.to_string())),
        pinned_by: Vec::new(),
    }
}
