//! Pushes packs to OCI registries, pulls them, and signs them there.

use std::path::{Path, PathBuf};

use env_pack_domain::{ForeignText, OciRef, PackRef, Sha256Digest};
use gtc_fs::metadata;
use serde::Serialize;

use super::file_path::FilePath;
use super::input_file::InputError;
use super::key_file::read_private_key;
use super::output_file::{self, OutputError, write};
use super::pack_error::InvalidArchive;
use super::signing::{SignError, SignReport, SignatureNotTrusted, signature_path};
use super::{load_pack, trust};
use crate::Host;
use crate::operation_error::{Explanation, OperationError};
use gtc_fetch::{FetchError, PackAnnotations, PackFormat};
use gtc_signing::{Envelope, MAX_ENVELOPE_BYTES};

/// A request to push a pack.
#[derive(Clone, Debug)]
pub struct PushRequest {
    /// The file of the archive.
    pub archive: PathBuf,
    /// The destination.
    pub reference: OciRef,
    /// The URL of the source code, for the annotation `org.opencontainers.image.source`.
    pub source: Option<String>,
    /// The creation time, as an [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339)
    /// timestamp, for the annotation `org.opencontainers.image.created`.
    pub created: Option<String>,
}

/// The result of pushing a pack.
#[derive(Debug, Serialize)]
pub struct PushReport {
    /// The reference by manifest digest, to pin the pack.
    pub pack_ref: OciRef,
    /// The digest of the OCI manifest.
    pub manifest_digest: Sha256Digest,
    /// The SHA-256 digest of the archive.
    pub sha256: String,
    /// The size of the archive, in bytes.
    pub size: u64,
    /// The id of the pack.
    pub id: ForeignText,
    /// The version of the pack.
    pub version: String,
    /// Whether a signature was pushed with it.
    pub signed: bool,
}

/// A request to pull a pack.
#[derive(Clone, Debug)]
pub struct PullRequest {
    /// The reference to pull.
    pub reference: OciRef,
    /// The output file. Default: a file in the current folder, named after the repository
    /// and the tag.
    pub output: Option<PathBuf>,
    /// Whether to overwrite files with other content.
    pub force: bool,
}

/// The result of pulling a pack.
#[derive(Debug, Serialize)]
pub struct PullReport {
    /// The file.
    pub path: FilePath,
    /// The reference by manifest digest, to pin the pack.
    pub pack_ref: OciRef,
    /// The digest of the OCI manifest.
    pub manifest_digest: Option<Sha256Digest>,
    /// The SHA-256 digest of the file.
    pub sha256: String,
    /// The size of the file, in bytes.
    pub size: u64,
    /// `archive`, or `component` for a component without an archive.
    pub form: &'static str,
    /// The file of its signature, if the registry has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature_path: Option<FilePath>,
}

/// Pushes a pack to a registry, with the signature file next to it.
///
/// # Errors
/// [`PushError`] when the archive or its signature is invalid, or the registry refuses it.
pub fn push(host: &Host, request: &PushRequest) -> Result<PushReport, PushError> {
    let shown = ForeignText::new(request.archive.to_string_lossy());
    let archive = host.fetcher.fetch_file(&request.archive)?;
    let pack = gtc_archive::open(&archive.bytes, &host.limits.archive)
        .map_err(|source| InvalidArchive { pack: shown.clone(), source })?;
    let signature =
        match host.fetcher.read_document(&signature_path(&request.archive), MAX_ENVELOPE_BYTES) {
            Ok(envelope) => Some(envelope),
            Err(FetchError::NotFound { .. }) => None,
            Err(source) => return Err(InputError::from(source).into()),
        };
    if let Some(envelope) = &signature {
        let is_about =
            Envelope::parse(envelope).and_then(|envelope| envelope.ensure_signs(&archive.digest));
        let pack_ref = || PackRef::File(request.archive.to_string_lossy().into_owned());
        is_about.map_err(|source| SignatureNotTrusted {
            pack_ref: pack_ref(),
            source: source.into(),
        })?;
    }
    let notes = PackAnnotations {
        title: pack.id.as_exact().to_owned(),
        version: pack.version.clone(),
        source: request.source.clone(),
        created: request.created.clone(),
        signature: None,
    };
    let manifest_digest =
        host.fetcher.registry.push(&request.reference, &archive, &notes, signature.as_deref())?;
    Ok(PushReport {
        pack_ref: request.reference.pinned(manifest_digest),
        manifest_digest,
        sha256: archive.digest.hex(),
        size: archive.bytes.len() as u64,
        id: pack.id,
        version: pack.version,
        signed: signature.is_some(),
    })
}

/// Signs a pack in a registry. The signature is pushed as a
/// [referrer](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers)
/// of the pack. Signatures with other keys stay, and signing again with the same key
/// changes nothing.
///
/// # Errors
/// [`SignError`] when the pack cannot be fetched, the key cannot be read, or the registry
/// refuses the signature.
pub fn sign(host: &Host, reference: &OciRef, key: &Path) -> Result<SignReport, SignError> {
    let key = read_private_key(host, key)?;
    let fetched = host.fetcher.fetch(&PackRef::Oci(reference.clone()))?;
    let pack = load_pack::open_archive(host, &fetched).map_err(|source| InvalidArchive {
        pack: ForeignText::new(reference.to_string()),
        source,
    })?;
    let name = match fetched.format {
        PackFormat::Archive => format!("{}@{}", pack.id.as_exact(), pack.version),
        PackFormat::Component => reference.repository().to_owned(),
    };
    let changed = host
        .fetcher
        .registry
        .push_signature(&fetched, &Envelope::sign(&name, &fetched.digest, &key))?;
    Ok(SignReport {
        path: None,
        pack_ref: Some(
            fetched.manifest().map_or_else(|| reference.clone(), |digest| reference.pinned(digest)),
        ),
        key_id: key.public().id(),
        id: pack.id,
        version: pack.version,
        sha256: fetched.digest.hex(),
        changed,
        signers: Vec::new(),
    })
}

/// Pulls a pack into a file, and writes its signature next to it.
///
/// # Errors
/// [`PullError`] when the registry does not have the pack, or a file cannot be written.
pub fn pull(host: &Host, request: &PullRequest) -> Result<PullReport, PullError> {
    let pack_ref = PackRef::Oci(request.reference.clone());
    let fetched = host.fetcher.fetch(&pack_ref)?;
    let (form, extension) = match fetched.format {
        PackFormat::Archive => ("archive", "gtpack"),
        PackFormat::Component => ("component", "wasm"),
    };
    let path =
        request.output.clone().unwrap_or_else(|| default_file_name(&request.reference, extension));
    let signature = trust::inspect_signatures(host, &pack_ref, &fetched).envelope;
    let signature_path = signature_path(&path);
    if !request.force {
        refuse_overwrite(host, &path, Some(&fetched.bytes))?;
        // a stale signature file would be read as a signature of this pack
        refuse_overwrite(host, &signature_path, signature.as_deref())?;
    }
    write(&path, &fetched.bytes)?;
    match &signature {
        Some(envelope) => write(&signature_path, envelope)?,
        None => output_file::remove(&signature_path)?,
    }
    let signature_path = signature.map(|_| signature_path.into());
    let manifest_digest = fetched.manifest();
    Ok(PullReport {
        path: path.into(),
        pack_ref: manifest_digest
            .map_or_else(|| request.reference.clone(), |digest| request.reference.pinned(digest)),
        manifest_digest,
        sha256: fetched.digest.hex(),
        size: fetched.bytes.len() as u64,
        form,
        signature_path,
    })
}

/// Refuses to overwrite a file with other content. With no content, refuses to remove a
/// file.
pub(super) fn refuse_overwrite(
    host: &Host,
    path: &Path,
    content: Option<&[u8]>,
) -> Result<(), OutputError> {
    let limit = content.map_or(0, <[u8]>::len) as u64;
    let is_same = || {
        host.fetcher.read_document(path, limit).is_ok_and(|there| Some(there.as_slice()) == content)
    };
    if metadata::is_file(path) && !is_same() {
        return Err(OutputError::Exists { path: path.to_owned() });
    }
    Ok(())
}

/// Returns the default file name of a pulled pack. Repository names and tags contain no
/// character that is special in a file name.
pub(super) fn default_file_name(reference: &OciRef, extension: &str) -> PathBuf {
    let name = reference.repository().rsplit('/').next().unwrap_or_default();
    let tag = reference.tag().map(|tag| format!("-{tag}")).unwrap_or_default();
    PathBuf::from(format!("{name}{tag}.{extension}"))
}

/// A pack was not pushed.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The archive could not be read, or the registry refused it.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The archive is refused.
    #[error(transparent)]
    Archive(#[from] InvalidArchive),
    /// The signature file next to the archive could not be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The signature is invalid, or for another archive.
    #[error(transparent)]
    Signature(#[from] SignatureNotTrusted),
}

impl OperationError for PushError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Fetch(error) => error.explain(),
            Self::Archive(error) => error.explain(),
            Self::Input(error) => error.explain(),
            Self::Signature(error) => error.explain(),
        }
    }
}

/// A pack was not pulled.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// The registry did not deliver the pack.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// A file was not written.
    #[error(transparent)]
    Output(#[from] OutputError),
}

impl OperationError for PullError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Fetch(error) => error.explain(),
            Self::Output(error) => error.explain(),
        }
    }
}
