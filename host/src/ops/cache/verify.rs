//! Whether everything in the cache is what was put there.

use std::io;

use env_pack_domain::{ForeignText, Sha256Digest};
use serde::Serialize;

use super::pins::{PinIndex, PinnedBy, UnreadableEnvironment};
use super::{MissingArchive, display_path, list_compiled, missing_archives};
use crate::engine::{CompiledCode, CompiledCodeError};
use crate::fetch::{ExclusiveLock, FetchError};
use crate::host::Host;
use crate::ops::OpError;
use crate::signing::MAX_SIGNATURE_BYTES;

/// What was found in the cache.
#[derive(Debug, Serialize)]
pub struct CacheVerifyReport {
    /// The folder.
    pub path: ForeignText,
    /// How many archives were hashed again.
    pub archives: usize,
    /// How many signatures were hashed again.
    pub signatures: usize,
    /// How many pieces of compiled code were held against what was written down of them.
    pub compiled: usize,
    /// What is not as it should be.
    pub faults: Vec<CacheFault>,
    /// Archives that are pinned, but not kept: their packs do not outlive their files.
    pub missing: Vec<MissingArchive>,
    /// Environments of which nobody knows what they pin.
    pub unreadable_environments: Vec<UnreadableEnvironment>,
}

/// Something in the cache that is not used, or could not be looked at.
#[derive(Debug, Serialize)]
pub struct CacheFault {
    /// `archive`, `signature`, `manifest`, `compiled` or `root`
    pub what: &'static str,
    /// The digest that it is kept under: of the archive, of the signature, of the
    /// manifest, of the component, or of the path of a folder.
    pub sha256: String,
    /// A stable name of what is wrong.
    pub code: &'static str,
    /// What is wrong, in a sentence.
    pub reason: String,
    /// Whether it was taken away.
    pub removed: bool,
    /// Why it could not be taken away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_removed: Option<ForeignText>,
    /// Who pins it, if it is an archive; or the archive that it is for, if it is a
    /// signature.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pinned_by: Vec<PinnedBy>,
}

impl CacheVerifyReport {
    /// Whether everything is as it should be.
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Looks at everything in the cache. What is certainly damaged is taken away, unless it
/// is to be kept.
///
/// # Errors
/// [`OpError`] when the cache cannot be read or locked.
pub fn verify(host: &Host, keep: bool) -> Result<CacheVerifyReport, OpError> {
    let (kept, signed) =
        (host.fetcher.cache.archives.list()?, host.fetcher.cache.signatures.list()?);
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
            &kept.blobs.iter().map(|blob| blob.digest).collect::<Vec<_>>(),
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

/// What is wrong with a blob, and how taking it away went, if it was.
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

/// Looks at a blob, and takes it away when it is certainly damaged, unless it is to be
/// kept.
fn blob_fault(
    host: &Host,
    keep: bool,
    verify: impl Fn() -> Result<(), FetchError>,
    remove: impl FnOnce(&ExclusiveLock) -> io::Result<()>,
) -> Result<Option<DamagedBlob>, OpError> {
    let Err(mut error) = verify() else { return Ok(None) };
    let mut removed = None;
    if error.is_damage() && !keep {
        let alone = host.fetcher.cache.lock_exclusive()?;
        // somebody may have kept it again meanwhile
        match verify() {
            Ok(()) => return Ok(None),
            Err(now) => error = now,
        }
        removed = error.is_damage().then(|| remove(&alone));
    }
    // taken away meanwhile, which is no damage
    let is_gone = matches!(error, FetchError::NotFound { .. });
    Ok((!is_gone).then_some(DamagedBlob { error, removed }))
}

fn code_fault(host: &Host, code: &CompiledCode, keep: bool) -> Option<CacheFault> {
    let kept = host.engine.code_inventory()?;
    let error = kept.verify(code).err()?;
    // whoever has made a folder everybody's gets it back as it is
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
    let cause = error
        .source()
        .map(|cause| format!(": {}", ForeignText::new(cause.to_string())))
        .unwrap_or_default();
    CacheFault {
        what,
        sha256: digest.hex(),
        code,
        reason: format!("{error}{cause}"),
        removed: matches!(removed, Some(Ok(()))),
        not_removed: removed.and_then(Result::err).map(|error| ForeignText::new(error.to_string())),
        pinned_by: Vec::new(),
    }
}
