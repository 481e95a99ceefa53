//! Imports packs from a bundle into the cache.
//!
//! Everything in the bundle is verified before anything is written. Archives and signatures
//! are written first, references last.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use env_pack_domain::{
    CapabilitySlot, DescriptorPath, EnvId, EnvPackHandler, ForeignText, KeyId, OciRef,
    Sha256Digest, with_causes,
};
use serde::Serialize;

use super::bundle_file::BundleFileError;
use super::file_path::FilePath;
use super::inspect;
use super::load_pack;
use super::output_file::{self, OutputError, write};
use super::pack_error::InvalidArchive;
use super::phrases::display_path;
use super::registry::{default_file_name, refuse_overwrite};
use super::signing::signature_path;
use super::suggested_commands::bind_arguments;
use super::trust::{TrustPolicy, encode, parse_signature_for};
use super::trust_root::{self, TrustRootError};
use crate::Host;
use crate::operation_error::{Explanation, OperationError};
use crate::shell::quoted;
use gtc_archive::Pack;
use gtc_fetch::bundle::BundledTrustRoot;
use gtc_fetch::{Bundle, BundleError, BundledPack, FetchError, PackFormat};
use gtc_signing::{MAX_SIGNATURE_BYTES, PublicKey, SignatureError};
use gtc_store::{StoreError, TrustRoot};

/// A request to import packs.
#[derive(Clone, Debug)]
pub struct ImportRequest {
    /// The file of the bundle.
    pub layout: PathBuf,
    /// A folder to write the packs to as well.
    pub output: Option<PathBuf>,
    /// Whether to overwrite existing files in `output`.
    pub force: bool,
    /// The environment that shall trust the keys in the bundle.
    pub trust_in: Option<EnvId>,
}

/// The result of importing packs.
#[derive(Debug, Serialize)]
pub struct ImportReport {
    /// The file of the bundle.
    pub path: FilePath,
    /// The imported packs.
    pub packs: Vec<ImportedPack>,
    /// The trust root in the bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust_root: Option<ImportedTrustRoot>,
    /// Commands that bind or inspect the packs.
    pub next: Vec<String>,
}

/// A pack that was imported.
#[derive(Debug, Serialize)]
pub struct ImportedPack {
    /// The registry reference that leads to it in the cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pack_ref: Option<OciRef>,
    /// Its name in the bundle, if that is not a reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<ForeignText>,
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
    /// The number of signatures in the bundle.
    pub signatures: usize,
    /// The key ids that the signatures claim. They are not verified.
    pub claimed_signers: Vec<ForeignText>,
    /// The file it was written to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<FilePath>,
    /// The file its signature was written to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature_path: Option<FilePath>,
}

/// The trust root in a bundle.
#[derive(Debug, Serialize)]
pub struct ImportedTrustRoot {
    /// The environment it was exported from, as the bundle claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<ForeignText>,
    /// The ids of its keys.
    pub keys: Vec<KeyId>,
    /// The environment that trusts the keys now; none unless the request named one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trusted_in: Option<EnvId>,
}

/// Imports packs, so that they can be bound without a registry.
///
/// # Errors
/// [`ImportError`] when any part of the bundle is invalid; nothing was imported then.
pub fn import(host: &Host, request: &ImportRequest) -> Result<ImportReport, ImportError> {
    let failed = |source| BundleFileError { path: request.layout.clone(), source };
    let mut bundle =
        host.fetcher.open_bundle(&request.layout, MAX_SIGNATURE_BYTES).map_err(failed)?;
    let trusted = bundle
        .trust_root
        .as_ref()
        .map(|root| parse_trust_root(root, &request.layout))
        .transpose()?;
    if let Some(environment) = &request.trust_in {
        // a malformed trust root is reported before anything is imported
        TrustPolicy::for_environment(host, environment)?;
        if trusted.is_none() {
            return Err(ImportError::NoTrustRoot { path: request.layout.clone() });
        }
    }
    let mut loaded = Vec::new();
    for pack in bundle.packs.clone() {
        loaded.push(open_candidate(host, &mut bundle, pack, &failed)?);
    }
    let mut loaded = select_named(loaded);
    let files = choose_output_paths(host, request, &mut bundle, &loaded, &failed)?;
    store_contents(host, &mut bundle, &failed)?;
    if let Some(folder) = &request.output {
        output_file::create_folder(folder)?;
    }
    for (ImportCandidate { pack, report, .. }, path) in loaded.iter_mut().zip(files) {
        write_files(&mut bundle, pack, report, path, &failed)?;
    }
    let all = bundle.packs.clone();
    all.iter().try_for_each(|pack| pack.record_reference(&host.fetcher.cache.references))?;
    let trust_root = trusted.map(|(environment, keys)| -> Result<_, ImportError> {
        if let Some(environment) = &request.trust_in {
            let document = request.layout.display().to_string();
            trust_root::add_from(host, environment, &keys, &document)?;
        }
        let keys = keys.iter().map(PublicKey::id).collect();
        Ok(ImportedTrustRoot { environment, keys, trusted_in: request.trust_in.clone() })
    });
    Ok(ImportReport {
        path: request.layout.as_path().into(),
        next: loaded.iter().filter_map(|candidate| suggested_command(host, candidate)).collect(),
        packs: loaded.into_iter().map(|examined| examined.report).collect(),
        trust_root: trust_root.transpose()?,
    })
}

/// A verified pack of the bundle.
struct ImportCandidate {
    pack: BundledPack,
    report: ImportedPack,
    /// The path and slot that its first handler declares, or that it has as an extension.
    provided: Option<(DescriptorPath, CapabilitySlot)>,
    /// The digests of its signatures.
    signatures: BTreeSet<Sha256Digest>,
}

/// Drops unnamed manifests whose archive also has a named one. A signature signs the
/// archive, so the signatures of all manifests of an archive are merged.
fn select_named(mut all: Vec<ImportCandidate>) -> Vec<ImportCandidate> {
    let mut signed: BTreeMap<Sha256Digest, (BTreeSet<Sha256Digest>, BTreeSet<String>)> =
        BTreeMap::new();
    for examined in &all {
        let (signatures, signers) = signed.entry(examined.pack.archive()).or_default();
        signatures.extend(&examined.signatures);
        signers.extend(
            examined.report.claimed_signers.iter().map(|signer| signer.as_exact().to_owned()),
        );
    }
    let named: BTreeSet<_> = all
        .iter()
        .filter(|examined| examined.pack.name.is_some())
        .map(|examined| examined.pack.archive())
        .collect();
    all.retain(|examined| {
        examined.pack.name.is_some() || !named.contains(&examined.pack.archive())
    });
    for ImportCandidate { pack, report, .. } in &mut all {
        let (signatures, signers) = signed.get(&pack.archive()).cloned().unwrap_or_default();
        report.signatures = signatures.len();
        report.claimed_signers = signers.into_iter().map(ForeignText::new).collect();
    }
    all
}

/// Parses a trust root, and returns the environment it names and its keys.
fn parse_trust_root(
    root: &BundledTrustRoot,
    path: &Path,
) -> Result<(Option<ForeignText>, Vec<PublicKey>), BundleFileError> {
    let trust = TrustRoot::from_document(&root.document, Path::new("trust-root.json"));
    let trust = trust.and_then(|root| TrustPolicy::from_trust_root(&root)).map_err(|error| {
        let reason = ForeignText::sentence(&with_causes(&error));
        BundleFileError { path: path.to_owned(), source: BundleError::TrustRoot { reason } }
    })?;
    Ok((root.environment.clone(), trust.into_keys()))
}

/// Opens a pack of the bundle and parses its signatures.
fn open_candidate(
    host: &Host,
    bundle: &mut Bundle,
    pack: BundledPack,
    failed: &impl Fn(BundleError) -> BundleFileError,
) -> Result<ImportCandidate, ImportError> {
    let archive = bundle.archive(&pack).map_err(failed)?;
    let pack_name =
        || pack.name.clone().unwrap_or_else(|| ForeignText::new(pack.manifest().to_string()));
    let opened = load_pack::open_archive(host, &archive)
        .map_err(|source| InvalidArchive { pack: pack_name(), source })?;
    let mut signatures = BTreeSet::new();
    let mut signers = Vec::new();
    for bytes in read_signatures(bundle, &pack, failed)? {
        let evidence = parse_signature_for(&bytes, &archive.digest)
            .map_err(|source| ImportError::InvalidSignature { pack: pack_name(), source })?;
        signatures.insert(Sha256Digest::compute(&bytes));
        signers.extend(evidence.claimed_signers());
    }
    let provided = provided_by(&opened);
    let report = ImportedPack {
        pack_ref: pack.reference.clone(),
        name: pack.name.clone().filter(|_| pack.reference.is_none()),
        id: opened.id,
        version: opened.version,
        manifest_digest: pack.manifest(),
        sha256: archive.digest.hex(),
        size: archive.bytes.len() as u64,
        signatures: signatures.len(),
        claimed_signers: signers,
        path: None,
        signature_path: None,
    };
    Ok(ImportCandidate { pack, report, provided, signatures })
}

/// Returns the first descriptor path that a pack provides, and its slot.
fn provided_by(pack: &Pack) -> Option<(DescriptorPath, CapabilitySlot)> {
    let mut declared = pack.handlers.iter().filter_map(|handler| handler.declared.as_ref());
    if let Some(declared) = declared.next() {
        return Some((declared.descriptor_path.clone(), declared.slot));
    }
    let config = inspect::config_pack(pack)?;
    Some((config.descriptor_path().clone(), config.slot()))
}

/// Reads the signatures of a pack in the form in which they are cached; envelopes first.
fn read_signatures(
    bundle: &mut Bundle,
    pack: &BundledPack,
    failed: &impl Fn(BundleError) -> BundleFileError,
) -> Result<Vec<Vec<u8>>, BundleFileError> {
    Ok(bundle.signatures(pack).map_err(failed)?.into_iter().map(encode).collect())
}

/// Writes archives and signatures into the cache.
fn store_contents(
    host: &Host,
    bundle: &mut Bundle,
    failed: &impl Fn(BundleError) -> BundleFileError,
) -> Result<(), ImportError> {
    for pack in bundle.packs.clone() {
        let archive = bundle.archive(&pack).map_err(failed)?;
        let _kept = host.fetcher.cache.archives.insert(&archive)?;
        for signature in read_signatures(bundle, &pack, failed)? {
            host.fetcher.cache.signatures.insert(&archive.digest, &signature)?;
        }
    }
    Ok(())
}

/// Chooses the output file of each pack, if files are requested, and refuses to overwrite
/// existing ones unless `force` is set.
fn choose_output_paths(
    host: &Host,
    request: &ImportRequest,
    bundle: &mut Bundle,
    loaded: &[ImportCandidate],
    failed: &impl Fn(BundleError) -> BundleFileError,
) -> Result<Vec<PathBuf>, ImportError> {
    let Some(folder) = &request.output else { return Ok(Vec::new()) };
    let mut names = BTreeSet::new();
    let mut files = Vec::new();
    for ImportCandidate { pack, report, .. } in loaded {
        let path = folder.join(file_name(pack, report, &mut names));
        if !request.force {
            refuse_overwrite(host, &path, Some(&bundle.archive(pack).map_err(failed)?.bytes))?;
            let signatures = read_signatures(bundle, pack, failed)?;
            refuse_overwrite(host, &signature_path(&path), signatures.first().map(Vec::as_slice))?;
        }
        files.push(path);
    }
    Ok(files)
}

/// Writes a pack into a file, and its first signature next to it.
fn write_files(
    bundle: &mut Bundle,
    pack: &BundledPack,
    report: &mut ImportedPack,
    path: PathBuf,
    failed: &impl Fn(BundleError) -> BundleFileError,
) -> Result<(), ImportError> {
    write(&path, &bundle.archive(pack).map_err(failed)?.bytes)?;
    let signature_path = signature_path(&path);
    match read_signatures(bundle, pack, failed)?.first() {
        Some(signature) => {
            write(&signature_path, signature)?;
            report.signature_path = Some(signature_path.into());
        }
        // a stale signature file would be read as a signature of this pack
        None => output_file::remove(&signature_path)?,
    }
    report.path = Some(path.into());
    Ok(())
}

/// Returns a file name without path separators, unique within the bundle.
fn file_name(pack: &BundledPack, report: &ImportedPack, taken: &mut BTreeSet<PathBuf>) -> PathBuf {
    let by_id = format!("{}-{}", report.id.as_exact(), report.version);
    let extension = if pack.format() == PackFormat::Archive { "gtpack" } else { "wasm" };
    let name = match &pack.reference {
        Some(reference) => default_file_name(reference, extension)
            .with_extension("")
            .to_string_lossy()
            .into_owned(),
        None if by_id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._+-".contains(&b))
            && !by_id.starts_with(['.', '-']) =>
        {
            by_id
        }
        None => report.sha256.clone(),
    };
    let short = format!("{name}.{extension}");
    if taken.insert(short.clone().into()) {
        return short.into();
    }
    format!("{name}-{}.{extension}", &report.sha256[..12]).into()
}

/// Returns the command that binds a pack, by its reference or by its output file.
fn suggested_command(
    host: &Host,
    ImportCandidate { report, provided, .. }: &ImportCandidate,
) -> Option<String> {
    let pack_ref = report.pack_ref.as_ref().map(ToString::to_string);
    let pack_ref = pack_ref
        .or_else(|| report.path.as_ref().map(|path| path.to_string_lossy().into_owned()))?;
    let pack_ref = quoted(&pack_ref).to_string();
    let Some((path, slot)) = provided else {
        return Some(format!("gtc --offline pack inspect {pack_ref}{}", host.repeated_flags));
    };
    let descriptor = (path, report.version.as_str());
    let arguments = bind_arguments(host, descriptor, *slot, "<env>", &pack_ref)?;
    Some(format!("gtc --offline {arguments}{}", host.repeated_flags))
}

/// A bundle was not imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The bundle is invalid, or could not be read.
    #[error(transparent)]
    Bundle(#[from] BundleFileError),
    /// The environment that is to trust the keys could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A pack could not be stored in the cache.
    #[error(transparent)]
    Cache(#[from] FetchError),
    /// An archive is refused.
    #[error(transparent)]
    Archive(#[from] InvalidArchive),
    /// A signature is malformed or for another archive.
    #[error("a signature of pack `{pack}` is invalid")]
    InvalidSignature {
        /// The pack.
        pack: ForeignText,
        /// The cause.
        source: SignatureError,
    },
    /// The bundle contains no trust root.
    #[error("`{}` contains no trust root", display_path(.path))]
    NoTrustRoot {
        /// The file.
        path: PathBuf,
    },
    /// A file was not written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A key was not trusted.
    #[error(transparent)]
    TrustRoot(#[from] TrustRootError),
}

impl OperationError for ImportError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Bundle(error) => error.explain(),
            Self::Store(error) => error.explain(),
            Self::Cache(error) => error.explain(),
            Self::Archive(error) => error.explain(),
            Self::InvalidSignature { source, .. } => Explanation::refused(
                source.kind(),
                "do not trust this file; save the packs again with `gtc pack save`",
            ),
            Self::NoTrustRoot { .. } => Explanation::refused(
                "not-found",
                "load it without `--trust-in`, or save it again with `--trust-root-of <env>`",
            ),
            Self::Output(error) => error.explain(),
            Self::TrustRoot(error) => error.explain(),
        }
    }
}
