//! Trusted certificate authorities: those of the system, and one file that the operator
//! names.

use std::path::{Path, PathBuf};

use env_pack_domain::ForeignText;
use ureq::tls::{Certificate, PemItem, RootCerts, parse_pem};

use super::error::RegistryError;
use crate::file;

/// The most that is read of a certificate file, in bytes: more than all authorities of a
/// system take.
const MAX_FILE_BYTES: u64 = 4 << 20;

/// The source of trusted root certificates.
#[derive(Debug, Default)]
pub(super) struct CertificateAuthorities {
    file: Option<PathBuf>,
}

impl CertificateAuthorities {
    /// The authorities of the system, and those in `file`.
    pub(super) fn new(file: Option<PathBuf>) -> Self {
        Self { file }
    }

    /// Loads the root certificates. If there are none, the built-in Mozilla set is used.
    ///
    /// # Errors
    /// [`RegistryError::Certificates`] if the file cannot be read or contains no
    /// certificate.
    pub(super) fn load(&self) -> Result<RootCerts, RegistryError> {
        let mut all: Vec<Certificate<'static>> = rustls_native_certs::load_native_certs()
            .certs
            .iter()
            .map(|certificate| Certificate::from_der(certificate).to_owned())
            .collect();
        if let Some(path) = &self.file {
            all.extend(read_pem_file(path)?);
        } else if all.is_empty() {
            return Ok(RootCerts::WebPki);
        }
        Ok(RootCerts::from(all))
    }
}

/// Reads the certificates of a PEM file (RFC 7468).
fn read_pem_file(path: &Path) -> Result<Vec<Certificate<'static>>, RegistryError> {
    let failed = |reason: String| RegistryError::Certificates {
        path: path.to_owned(),
        reason: ForeignText::sentence(&reason),
    };
    let bytes = file::read(path, MAX_FILE_BYTES).map_err(|error| failed(error.to_string()))?;
    let mut certificates = Vec::new();
    for item in parse_pem(&bytes) {
        let item = item.map_err(|error| failed(error.to_string()))?;
        if let PemItem::Certificate(certificate) = item {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(failed("it contains no certificate".to_owned()));
    }
    Ok(certificates)
}
