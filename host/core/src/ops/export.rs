//! Exports packs into a bundle, an OCI image layout in a tar file, for machines without
//! access to a registry.

use std::io;
use std::path::{Path, PathBuf};

use env_pack_domain::{EnvId, ForeignText, PackRef, Pin, Sha256Digest, with_causes};
use gtc_fs::metadata::is_same_file;
use serde::Serialize;

use super::bundle_file::BundleFileError;
use super::file_path::FilePath;
use super::load_pack::{self, fetch_pinned};
use super::output_file::{OutputError, write_with};
use super::pack_error::{InvalidArchive, PackError};
use super::signing::{TrustedKeysError, signature_path};
use super::trust::{TrustPolicy, find_signatures, parse_signature_for, to_published};
use crate::Host;
use crate::operation_error::{Explanation, OperationError};
use gtc_archive::Pack;
use gtc_fetch::{BundleEntry, FetchError, FetchedPack, PackAnnotations};
use gtc_signing::{MAX_ENVELOPE_BYTES, PackSignature};
use gtc_store::StoreError;

/// A request to export packs.
#[derive(Clone, Debug)]
pub struct ExportRequest {
    /// The packs to export.
    pub packs: PackSelection,
    /// The environment whose trust root to include.
    pub trust_root_of: Option<EnvId>,
    /// The file of the bundle.
    pub output: PathBuf,
}

/// The packs to export.
#[derive(Clone, Debug)]
pub enum PackSelection {
    /// Packs by reference.
    Named(Vec<PackRef>),
    /// All pinned packs of an environment.
    Bound(EnvId),
}

/// The result of exporting packs.
#[derive(Debug, Serialize)]
pub struct ExportReport {
    /// The file of the bundle.
    pub path: FilePath,
    /// The exported packs.
    pub packs: Vec<ExportedPack>,
    /// The environment whose trust root is included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust_root_of: Option<EnvId>,
    /// Packs, signatures and other parts that are not included.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A pack in the bundle.
#[derive(Debug, Serialize)]
pub struct ExportedPack {
    /// The reference it was fetched from.
    pub pack_ref: PackRef,
    /// The id of the pack.
    pub id: ForeignText,
    /// The version of the pack.
    pub version: String,
    /// The digest of the OCI manifest.
    pub manifest_digest: Sha256Digest,
    /// The SHA-256 digest of the archive.
    pub sha256: String,
    /// The size of the archive, in bytes.
    pub size: u64,
    /// The number of included signatures.
    pub signatures: usize,
}

/// Writes packs and their signatures into an
/// [OCI image layout](https://github.com/opencontainers/image-spec/blob/main/image-layout.md)
/// in a tar file. The same packs always give the same bytes.
///
/// # Errors
/// [`ExportError`] when a pack or a signature cannot be fetched, or the file cannot be written.
pub fn export(host: &Host, request: &ExportRequest) -> Result<ExportReport, ExportError> {
    let mut warnings = Vec::new();
    let chosen: Vec<ChosenPack> = match &request.packs {
        PackSelection::Named(refs) => {
            refs.iter().map(|pack_ref| (pack_ref.clone(), None)).collect()
        }
        PackSelection::Bound(environment) => pinned_packs(host, environment, &mut warnings)?,
    };
    let is_output = |(pack_ref, _): &(PackRef, _)| {
        pack_ref.file_path().is_some_and(|path| is_same_file(&request.output, Path::new(path)))
    };
    if chosen.iter().any(is_output) {
        return Err(OutputError::IsInput { path: request.output.clone() }.into());
    }
    let trust_root = request
        .trust_root_of
        .as_ref()
        .map(|environment| trust_root_document(host, environment))
        .transpose()?;
    let mut entries = Vec::new();
    let mut reports = Vec::new();
    // fetched one by one, so that not all packs are in memory at once
    for (pack_ref, pin) in chosen {
        let fetched = match pin {
            Some(pin) => fetch_bound(host, &pack_ref, &pin)?,
            None => host.fetcher.fetch(&pack_ref)?,
        };
        let (entry, report) = build_entry(host, pack_ref, &fetched, &mut warnings)?;
        entries.push(entry);
        reports.push(report);
    }
    let bundled_trust_root =
        request.trust_root_of.as_ref().map(EnvId::as_str).zip(trust_root.as_deref());
    let mut fault = None;
    let written = write_with(&request.output, |file| {
        host.fetcher.bundle_writer().write(&entries, bundled_trust_root, file).map_err(|error| {
            fault = Some(error);
            io::ErrorKind::Other.into()
        })
    });
    match fault {
        Some(fault) => {
            let path = request.output.clone();
            return Err(BundleFileError { path, source: fault.into() }.into());
        }
        None => written?,
    }
    Ok(ExportReport {
        path: request.output.as_path().into(),
        packs: reports,
        trust_root_of: request.trust_root_of.clone(),
        warnings,
    })
}

/// A pack to export, and its pin if an environment has bound it.
type ChosenPack = (PackRef, Option<Pin>);

/// Returns the pinned packs of an environment, each archive once. If two bindings pin different
/// archives of one reference, the second is named by its digest.
fn pinned_packs(
    host: &Host,
    environment: &EnvId,
    warnings: &mut Vec<String>,
) -> Result<Vec<ChosenPack>, ExportError> {
    let stored = host.store.load(environment)?;
    let mut found: Vec<ChosenPack> = Vec::new();
    for binding in stored.environment.bindings() {
        let pack_ref = &binding.pack_ref;
        if host.fetcher.is_builtin(pack_ref) {
            continue;
        }
        let Some(pin) = &binding.pin else {
            warnings.push(format!("pack `{pack_ref}` is not pinned, and is not included"));
            continue;
        };
        let mut same_name = found.iter().filter(|(name, _)| name == pack_ref).peekable();
        let exact = pin.manifest.and_then(|manifest| pack_ref.exact(manifest));
        let name = exact.filter(|_| same_name.peek().is_some()).unwrap_or(pack_ref.clone());
        let mut known = same_name.filter_map(|(_, known)| known.as_ref());
        if known.all(|known| known.archive != pin.archive) {
            found.push((name, Some(pin.clone())));
        }
    }
    if found.is_empty() {
        return Err(ExportError::NothingToSave { environment: environment.clone() });
    }
    Ok(found)
}

/// Fetches the archive that an environment pins.
fn fetch_bound(host: &Host, pack_ref: &PackRef, pin: &Pin) -> Result<FetchedPack, ExportError> {
    let not_saved = |source| ExportError::NotSaved { pack_ref: pack_ref.clone(), source };
    // the cached archive has no manifest, so fetch by manifest digest
    if let (PackRef::Oci(_), Some(_)) = (pack_ref, pin.manifest) {
        let fetched = host.fetcher.fetch_pinned(pack_ref, pin.manifest)?;
        if fetched.digest != pin.archive {
            return Err(not_saved(PackError::Replaced {
                locked: pin.archive,
                found: fetched.digest,
            }));
        }
        return Ok(fetched);
    }
    fetch_pinned(host, pack_ref, pin).map_err(not_saved)
}

/// Returns the trust root of an environment as a document.
fn trust_root_document(host: &Host, environment: &EnvId) -> Result<String, TrustedKeysError> {
    let root = host.store.trust_root(environment)?;
    if TrustPolicy::from_trust_root(&root)?.is_empty() {
        return Err(TrustedKeysError::NoTrustRoot { environment: environment.clone() });
    }
    Ok(root.to_document())
}

/// Builds the bundle entry of a pack, with its signatures.
fn build_entry(
    host: &Host,
    pack_ref: PackRef,
    fetched: &FetchedPack,
    warnings: &mut Vec<String>,
) -> Result<(BundleEntry, ExportedPack), ExportError> {
    let pack = load_pack::open_archive(host, fetched)
        .map_err(|source| InvalidArchive { pack: ForeignText::new(pack_ref.text()), source })?;
    let mut entry = match &pack_ref {
        PackRef::Oci(reference) => {
            host.fetcher.bundle_writer().entry_from_registry(reference, fetched)?
        }
        PackRef::Builtin(_) | PackRef::File(_) | PackRef::Opaque(_) => {
            let notes = PackAnnotations {
                title: pack.id.as_exact().to_owned(),
                version: pack.version.clone(),
                ..PackAnnotations::default()
            };
            let envelope = read_envelope_file(host, &pack_ref, fetched);
            host.fetcher.bundle_writer().entry_from_file(
                fetched,
                entry_name(&pack),
                &notes,
                envelope.as_deref(),
            )?
        }
    };
    for read in find_signatures(host, &pack_ref, fetched) {
        let unreadable = |source| PackError::SignatureFile { source };
        let bytes = read.map_err(|source| ExportError::NotSaved {
            pack_ref: pack_ref.clone(),
            source: unreadable(source),
        })?;
        let left_out = match parse_signature_for(&bytes, &fetched.digest) {
            Ok(evidence) if entry.add(to_published(bytes, &evidence)) => continue,
            Ok(_) => "it signs another manifest".to_owned(),
            Err(error) => with_causes(&error),
        };
        warnings.push(format!("a signature of pack `{pack_ref}` is not included: {left_out}"));
    }
    let missing = entry.missing().iter();
    warnings.extend(missing.map(|digest| {
        format!(
            "{digest} of pack `{pack_ref}` is not cached and not included; other tools may need it"
        )
    }));
    let report = ExportedPack {
        id: pack.id,
        version: pack.version,
        manifest_digest: entry.manifest(),
        sha256: fetched.digest.hex(),
        size: fetched.bytes.len() as u64,
        signatures: entry.signatures(),
        pack_ref,
    };
    Ok((entry, report))
}

/// Reads the envelope next to a pack file. Pushing the pack would add it to the manifest
/// too.
fn read_envelope_file(host: &Host, pack_ref: &PackRef, fetched: &FetchedPack) -> Option<Vec<u8>> {
    let path = signature_path(Path::new(pack_ref.file_path()?));
    let bytes = host.fetcher.read_document(&path, MAX_ENVELOPE_BYTES).ok()?;
    match parse_signature_for(&bytes, &fetched.digest) {
        Ok(PackSignature::Envelope(_)) => Some(bytes),
        // only an envelope becomes part of the manifest
        Ok(PackSignature::Cosign(_)) | Err(_) => None,
    }
}

/// Returns the name of a pack from a file, such as `acme.secrets.vault:1.0.0`. It has no
/// `/`, so it cannot be mistaken for a registry reference.
fn entry_name(pack: &Pack<'_>) -> Option<String> {
    let name = format!("{}:{}", pack.id.as_exact(), pack.version);
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"._:+-".contains(&b);
    name.bytes().all(is_plain).then_some(name)
}

/// Packs were not saved into a bundle.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The environment could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A pack could not be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// An archive is refused.
    #[error(transparent)]
    Archive(#[from] InvalidArchive),
    /// A pinned pack or a signature could not be saved.
    #[error("pack `{pack_ref}` was not saved")]
    NotSaved {
        /// The pack reference.
        pack_ref: PackRef,
        /// The cause.
        source: PackError,
    },
    /// The environment has no pinned pack.
    #[error("environment `{environment}` has no pinned pack, so there is nothing to save")]
    NothingToSave {
        /// The environment.
        environment: EnvId,
    },
    /// There is no trust root to save.
    #[error(transparent)]
    TrustRoot(#[from] TrustedKeysError),
    /// The contents of the bundle could not be written.
    #[error(transparent)]
    Bundle(#[from] BundleFileError),
    /// The file of the bundle could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
}

impl OperationError for ExportError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Store(error) => error.explain(),
            Self::Fetch(error) => error.explain(),
            Self::Archive(error) => error.explain(),
            Self::NotSaved { source, .. } => source.explain(),
            Self::NothingToSave { environment } => Explanation::refused(
                "not-found",
                format!(
                    "see what is bound with `gtc op env-packs list {environment}`, or name a pack"
                ),
            ),
            Self::TrustRoot(error) => error.explain(),
            Self::Bundle(error) => error.explain(),
            Self::Output(error) => error.explain(),
        }
    }
}
