//! Keys and signatures in files: creates keys, signs packs and verifies signatures.

mod error;

use std::path::{Path, PathBuf};

use env_pack_domain::{EnvId, ForeignText, KeyId, OciRef, PackRef};
use gtc_fs::atomic;
use gtc_fs::metadata::is_same_file;
use serde::Serialize;

use crate::Host;
use crate::ops::file_path::FilePath;
use crate::ops::input_file;
use crate::ops::key_file::{KeyFileError, read_private_key, read_public_key};
use crate::ops::output_file::{self, OutputError, write};
use crate::ops::pack_error::{InvalidArchive, PackError};
use crate::ops::trust::{TrustPolicy, find_signatures};
use gtc_fetch::FetchError;
use gtc_signing::{Envelope, MAX_ENVELOPE_BYTES, MAX_SIGNATURE_BYTES, PrivateKey};

pub use error::{KeygenError, SignError, SignatureNotTrusted, TrustedKeysError, VerifyError};

/// The result of creating a key.
#[derive(Debug, Serialize)]
pub struct KeygenReport {
    /// The file of the private key.
    pub path: FilePath,
    /// The file of the public key.
    pub public_path: FilePath,
    /// The id of the key.
    pub key_id: KeyId,
}

/// A request to sign a pack.
#[derive(Clone, Debug)]
pub struct SignRequest {
    /// The file of the archive.
    pub archive: PathBuf,
    /// The file of the private key.
    pub key: PathBuf,
    /// The file of the signature. Default: `<pack>.sig` next to the pack.
    pub output: Option<PathBuf>,
    /// Whether to replace the existing file, instead of adding a signature to it.
    pub replace: bool,
}

/// The result of signing a pack.
#[derive(Debug, Serialize)]
pub struct SignReport {
    /// The file of the signature; none for a pack in a registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<FilePath>,
    /// The reference of a pack that was signed in a registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pack_ref: Option<OciRef>,
    /// The id of the signing key.
    pub key_id: KeyId,
    /// The id of the pack.
    pub id: ForeignText,
    /// The version of the pack.
    pub version: String,
    /// The SHA-256 digest of the archive, which is signed.
    pub sha256: String,
    /// Whether a signature was added; false if this key has already signed the pack.
    pub changed: bool,
    /// The key ids of all signatures in the file. They are not verified.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub signers: Vec<ForeignText>,
}

/// A request to verify the signature of a pack.
#[derive(Clone, Debug)]
pub struct VerifyRequest {
    /// The pack reference.
    pub pack_ref: PackRef,
    /// The accepted keys.
    pub trusted: TrustedKeys,
    /// Signature files. Default: the signatures next to the pack, in the cache and in the
    /// registry.
    pub signatures: Vec<PathBuf>,
}

/// The keys whose signatures are accepted.
#[derive(Clone, Debug)]
pub enum TrustedKeys {
    /// The public keys in these files.
    Keys(Vec<PathBuf>),
    /// The keys that an environment trusts.
    Environment(EnvId),
}

/// The result of a successful verification.
#[derive(Debug, Serialize)]
pub struct VerifyReport {
    /// The pack reference.
    pub pack_ref: PackRef,
    /// The SHA-256 digest of the archive.
    pub sha256: String,
    /// The id of the key whose signature is valid.
    pub signer: KeyId,
}

/// Creates a key pair: the private key in a file with mode 0600, the public key next to it
/// as `<file>.pub`.
///
/// # Errors
/// [`KeygenError`] when a file exists already, or cannot be written.
pub fn keygen(path: &Path) -> Result<KeygenReport, KeygenError> {
    let mut public_path = path.as_os_str().to_owned();
    public_path.push(".pub");
    let public_path = PathBuf::from(public_path);
    let key = PrivateKey::generate().map_err(|source| KeygenError::Generate { source })?;
    write_new(path, &key.to_pem(), 0o600)?;
    write_new(&public_path, &key.public().to_pem(), 0o644)
        .inspect_err(|_| drop(output_file::remove(path)))?;
    Ok(KeygenReport {
        path: path.into(),
        public_path: public_path.into(),
        key_id: key.public().id(),
    })
}

/// Writes a new file; fails if it exists.
fn write_new(path: &Path, text: &str, mode: u32) -> Result<(), KeygenError> {
    atomic::write_new(path, text.as_bytes(), mode).map_err(|source: std::io::Error| {
        match source.kind() {
            std::io::ErrorKind::AlreadyExists => {
                KeyFileError::Exists { path: path.to_owned() }.into()
            }
            _ => OutputError::Write { action: "write", path: path.to_owned(), source }.into(),
        }
    })
}

/// Signs a pack. The signature is added to those in the signature file, which must be for
/// the same archive.
///
/// # Errors
/// [`SignError`] when the archive or the key is invalid, the existing signature file is for
/// another archive, or the file cannot be written.
pub fn sign(host: &Host, request: &SignRequest) -> Result<SignReport, SignError> {
    let key = read_private_key(host, &request.key)?;
    let fetched = host.fetcher.fetch_file(&request.archive)?;
    let pack = gtc_archive::open(&fetched.bytes, &host.limits.archive).map_err(|source| {
        InvalidArchive { pack: ForeignText::new(request.archive.to_string_lossy()), source }
    })?;
    let path = signature_output(request)?;
    let not_added = |source| SignError::NotAdded { path: path.clone(), source };
    let there =
        if request.replace { None } else { read_existing(host, &path).map_err(not_added)? };
    let (bytes, changed) = match there {
        None => (
            Envelope::sign(
                &format!("{}@{}", pack.id.as_exact(), pack.version),
                &fetched.digest,
                &key,
            ),
            true,
        ),
        Some(there) => {
            match Envelope::add_signature(&there, &fetched.digest, &key)
                .map_err(|error| not_added(error.into()))?
            {
                Some(more) => (more, true),
                None => (there, false),
            }
        }
    };
    if changed {
        write(&path, &bytes)?;
    }
    let envelope = Envelope::parse(&bytes).map_err(|error| not_added(error.into()))?;
    let signers = envelope.claimed_signers().cloned().collect();

    Ok(SignReport {
        path: Some(path.into()),
        pack_ref: None,
        key_id: key.public().id(),
        id: pack.id,
        version: pack.version,
        sha256: fetched.digest.hex(),
        changed,
        signers,
    })
}

/// Returns the signature file next to an archive, `<archive>.sig`.
pub(super) fn signature_path(archive: &Path) -> PathBuf {
    let mut path = archive.as_os_str().to_owned();
    path.push(".sig");
    path.into()
}

/// Returns the output file of a signature, which must be neither the pack nor the key.
fn signature_output(request: &SignRequest) -> Result<PathBuf, SignError> {
    let path = request.output.clone().unwrap_or_else(|| signature_path(&request.archive));
    match (is_same_file(&path, &request.archive), is_same_file(&path, &request.key)) {
        (true, _) => Err(OutputError::IsInput { path }.into()),
        (_, true) => Err(KeyFileError::Exists { path }.into()),
        _ => Ok(path),
    }
}

/// Reads the existing signature file; none for a pipe or a device, which is only written.
fn read_existing(host: &Host, path: &Path) -> Result<Option<Vec<u8>>, PackError> {
    match host.fetcher.read_document(path, MAX_ENVELOPE_BYTES) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(FetchError::NotFound { .. } | FetchError::NotAFile { .. }) => Ok(None),
        Err(source) => Err(PackError::SignatureFile { source }),
    }
}

/// Verifies that a trusted key has signed a pack.
///
/// # Errors
/// [`VerifyError`] when no trusted signature is valid, or the pack or a key cannot be read.
pub fn verify(host: &Host, request: &VerifyRequest) -> Result<VerifyReport, VerifyError> {
    let trust = trust_policy(host, &request.trusted)?;
    let fetched = host.fetcher.fetch(&request.pack_ref)?;
    let verified = match request.signatures.as_slice() {
        [] => trust.verify(&fetched.digest, find_signatures(host, &request.pack_ref, &fetched)),
        named => {
            let named: Vec<_> = named
                .iter()
                .map(|path| input_file::read(host, path, MAX_SIGNATURE_BYTES).map(Ok))
                .collect::<Result<_, _>>()?;
            trust.verify(&fetched.digest, named)
        }
    };
    let (signer, _) = verified
        .map_err(|source| SignatureNotTrusted { pack_ref: request.pack_ref.clone(), source })?;
    Ok(VerifyReport { pack_ref: request.pack_ref.clone(), sha256: fetched.digest.hex(), signer })
}

/// Returns the policy that accepts these keys; fails if there are none.
pub(super) fn trust_policy(
    host: &Host,
    trusted: &TrustedKeys,
) -> Result<TrustPolicy, TrustedKeysError> {
    match trusted {
        TrustedKeys::Keys(paths) => {
            let keys = paths.iter().map(|path| read_public_key(host, path));
            Ok(TrustPolicy::from_keys(keys.collect::<Result<_, _>>()?))
        }
        TrustedKeys::Environment(environment) => {
            let trust = TrustPolicy::for_environment(host, environment)?;
            if trust.is_empty() {
                return Err(TrustedKeysError::NoTrustRoot { environment: environment.clone() });
            }
            Ok(trust)
        }
    }
}
