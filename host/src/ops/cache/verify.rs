//! Whether everything in the cache is what was put there.

use env_pack_domain::{ForeignText, Sha256Digest};
use serde::Serialize;

use super::pins::{PinnedBy, Pins, UnreadableEnvironment};
use super::{MissingArchive, compiled, missing, shown};
use crate::engine::{CodeFault, CompiledCode};
use crate::fetch::FetchError;
use crate::host::Host;
use crate::ops::OpError;

/// What was found in the cache.
#[derive(Debug, Serialize)]
pub struct CacheVerifyReport {
    /// The folder.
    pub path: ForeignText,
    /// How many archives were hashed again.
    pub archives: usize,
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
    /// `archive`, `compiled` or `root`
    pub what: &'static str,
    /// The digest that it is kept under: of the archive, of the component, or of the path of a folder.
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
    /// Who pins it, if it is an archive.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pinned_by: Vec<PinnedBy>,
}

impl CacheVerifyReport {
    /// Whether everything is as it should be.
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Looks at everything in the cache. What is certainly damaged is taken away, unless it is to be kept.
///
/// # Errors
/// [`OpError`] when the cache cannot be read or locked.
pub fn verify(host: &Host, keep: bool) -> Result<CacheVerifyReport, OpError> {
    let (kept, compiled) = (host.fetcher.kept_archives()?, compiled(host)?);
    let pins = Pins::of(host)?;
    let mut report = CacheVerifyReport {
        path: shown(&host.cache),
        archives: kept.blobs.len(),
        compiled: compiled.code.len(),
        faults: Vec::new(),
        missing: missing(&pins, &kept.blobs.iter().map(|blob| blob.digest).collect::<Vec<_>>()),
        unreadable_environments: pins.unreadable.clone(),
    };
    for blob in &kept.blobs {
        report.faults.extend(archive_fault(host, &blob.digest, keep, pins.of_archive(&blob.digest))?);
    }
    report.faults.extend(pins.lost.iter().map(|(digest, error)| fault("root", digest, error.kind(), error, None)));
    report.faults.extend(compiled.code.iter().filter_map(|code| code_fault(host, code, keep)));
    Ok(report)
}

fn archive_fault(
    host: &Host,
    digest: &Sha256Digest,
    keep: bool,
    pinned_by: &[PinnedBy],
) -> Result<Option<CacheFault>, OpError> {
    let Err(mut error) = host.fetcher.verify_kept(digest) else { return Ok(None) };
    let mut removed = None;
    if error.is_damage() && !keep {
        let alone = host.fetcher.alone()?;
        // somebody may have kept the archive again meanwhile
        match host.fetcher.verify_kept(digest) {
            Ok(()) => return Ok(None),
            Err(now) => error = now,
        }
        removed = error.is_damage().then(|| host.fetcher.remove_kept(&alone, digest));
    }
    // taken away meanwhile, which is no damage
    if matches!(error, FetchError::NotFound { .. }) {
        return Ok(None);
    }
    let fault = CacheFault { pinned_by: pinned_by.to_vec(), ..fault("archive", digest, error.kind(), &error, removed) };
    Ok(Some(fault))
}

fn code_fault(host: &Host, code: &CompiledCode, keep: bool) -> Option<CacheFault> {
    let kept = host.engine.kept_code()?;
    let error = kept.verify(code).err()?;
    // whoever has made a folder everybody's gets it back as it is
    let is_damage = !matches!(&error, CodeFault::Read { .. } | CodeFault::OpenFolder { .. });
    let removed = (is_damage && !keep).then(|| kept.remove(code));
    Some(fault("compiled", &code.component, error.kind(), &error, removed))
}

fn fault(
    what: &'static str,
    digest: &Sha256Digest,
    code: &'static str,
    error: &dyn std::error::Error,
    removed: Option<std::io::Result<()>>,
) -> CacheFault {
    let cause = error.source().map(|cause| format!(": {}", ForeignText::new(cause.to_string()))).unwrap_or_default();
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
