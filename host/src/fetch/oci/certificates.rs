//! Whose certificates are taken: those of the system's authorities, and of one more that
//! the operator names.

use std::path::PathBuf;

use env_pack_domain::ForeignText;
use ureq::tls::{Certificate, PemItem, RootCerts, parse_pem};

use super::error::RegistryError;
use crate::fetch::file;

/// More than all authorities of a system take, in bytes.
const MAX_FILE_BYTES: u64 = 4 << 20;

/// Who can vouch for a registry.
#[derive(Debug, Default)]
pub(super) struct CertificateAuthorities {
    file: Option<PathBuf>,
}

impl CertificateAuthorities {
    pub fn new(file: Option<PathBuf>) -> Self {
        Self { file }
    }

    /// The certificates of the system, and those in the file. Where the system has none,
    /// those that browsers take.
    ///
    /// # Errors
    /// [`RegistryError::Certificates`] when the file cannot be read or holds none.
    pub fn roots(&self) -> Result<RootCerts, RegistryError> {
        let system = rustls_native_certs::load_native_certs().certs;
        let system = system.iter().map(|certificate| Certificate::from_der(certificate).to_owned());
        let mut all: Vec<Certificate<'static>> = system.collect();
        match &self.file {
            None if all.is_empty() => return Ok(RootCerts::WebPki),
            None => {}
            Some(path) => all.extend(self.in_file(path)?),
        }
        Ok(RootCerts::from(all))
    }

    fn in_file(&self, path: &std::path::Path) -> Result<Vec<Certificate<'static>>, RegistryError> {
        let failed = |reason: String| RegistryError::Certificates {
            path: path.to_owned(),
            reason: ForeignText::sentence(&reason),
        };
        let bytes = file::read(path, MAX_FILE_BYTES).map_err(|error| failed(error.to_string()))?;
        let mut certificates = Vec::new();
        for item in parse_pem(&bytes) {
            if let PemItem::Certificate(certificate) =
                item.map_err(|error| failed(error.to_string()))?
            {
                certificates.push(certificate);
            }
        }
        match certificates.is_empty() {
            true => Err(failed("it holds none".to_owned())),
            false => Ok(certificates),
        }
    }
}
