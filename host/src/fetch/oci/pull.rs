//! Getting what a reference stands for: a manifest, and the layer in it that is the pack.

use env_pack_domain::{ForeignText, OciRef, Sha256Digest, Sha256Hasher};
use url::Url;

use super::client::{RepositoryClient, redirected};
use super::error::{RegistryError, TransportError};
use super::http::{HttpRequest, HttpResponse, RetryPolicy};
use super::manifest::{ACCEPTED, InvalidManifest, OciDescriptor, OciManifest};
use super::settings::{is_link_local, is_loopback};
use crate::fetch::progress::Progress;

/// How often a blob is looked for somewhere else: a registry sends to a store, which may
/// send to another.
const MAX_REDIRECTS: usize = 3;
const CHUNK_BYTES: usize = 256 << 10;
/// What is set aside for a blob before its bytes are there.
const FIRST_BYTES: u64 = 1 << 20;
/// The tag of a reference without one.
pub(in crate::fetch) const LATEST: &str = "latest";

/// A manifest as its registry has it.
#[derive(Clone, Debug)]
pub(in crate::fetch) struct FetchedManifest {
    /// Its bytes, which are what its digest is about.
    pub bytes: Vec<u8>,
    /// The digest of the bytes.
    pub digest: Sha256Digest,
}

impl RepositoryClient<'_> {
    /// The manifest that a reference stands for now: that of its digest, or that of its
    /// tag.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn manifest(&mut self, reference: &OciRef) -> Result<FetchedManifest, RegistryError> {
        match reference.digest() {
            Some(digest) => self.manifest_at(&digest.to_string(), Some(digest)),
            None => self.manifest_at(reference.tag().unwrap_or(LATEST), None),
        }
    }

    /// The manifest under a tag, or under a digest, which is that of the manifest then.
    pub fn manifest_at(
        &mut self,
        tag_or_digest: &str,
        expected: Option<&Sha256Digest>,
    ) -> Result<FetchedManifest, RegistryError> {
        let request = HttpRequest::get(self.endpoint.manifest(tag_or_digest), "the manifest")
            .with("accept", ACCEPTED);
        let response = self.send(&request)?;
        if (300..400).contains(&response.status) {
            return Err(redirected(&response, "where no manifest is fetched from"));
        }
        if !response.is_success() {
            return Err(response.refusal());
        }
        let (host, what) = (response.host.clone(), response.what);
        // what the registry itself says of it; some say nothing
        let said = response
            .header("docker-content-digest")
            .and_then(|text| text.parse::<Sha256Digest>().ok());
        let bytes = response.bytes(self.http.limits().manifest_bytes)?;
        let digest = Sha256Digest::compute(&bytes);
        match expected.copied().or(said).filter(|expected| *expected != digest) {
            Some(expected) => {
                Err(RegistryError::WrongDigest { host, what, expected, found: digest })
            }
            None => Ok(FetchedManifest { bytes, digest }),
        }
    }

    /// Reads a manifest that came from here.
    pub fn parsed(&self, pulled: &FetchedManifest) -> Result<OciManifest, RegistryError> {
        OciManifest::parse(&pulled.bytes, self.http.limits().layers)
            .map_err(|fault| self.unusable(fault))
    }

    /// The error that a manifest of something else is.
    pub fn unusable(&self, fault: InvalidManifest) -> RegistryError {
        match fault {
            InvalidManifest::NotAPack(what) => RegistryError::NotAPack { what },
            InvalidManifest::Malformed(reason) => RegistryError::Malformed {
                host: self.endpoint.host(),
                what: "the manifest",
                reason,
            },
        }
    }

    /// The bytes of a layer: as many as its descriptor says, with the digest that it
    /// says. When a connection breaks, what came already is kept.
    ///
    /// # Errors
    /// [`RegistryError`]; [`RegistryError::TooLarge`] before anything is fetched when
    /// there would be more than `limit` bytes.
    pub fn blob(
        &mut self,
        layer: &OciDescriptor,
        limit: u64,
        progress: &dyn Progress,
    ) -> Result<Vec<u8>, RegistryError> {
        if layer.size > limit {
            return Err(RegistryError::TooLarge {
                host: self.endpoint.host(),
                what: "the layer",
                limit,
            });
        }
        let name = format!("{}/{}", self.endpoint.registry, self.endpoint.repository);
        let mut transfer = progress.begin(&ForeignText::new(name), Some(layer.size));
        let mut patience = RetryPolicy::new(self.http.limits(), self.deadline);
        let mut received = Received::new(layer);
        loop {
            let response = self.located(self.endpoint.blob(&layer.digest), received.len())?;
            received.continue_at(response.status);
            let mut reader = response.reader();
            let fault = loop {
                match received.take(&self.endpoint.host(), &mut reader) {
                    Ok(0) => return received.finish(&self.endpoint.host()),
                    Ok(count) => transfer.advance(count as u64),
                    Err(error) => break error,
                }
            };
            let may_pass =
                matches!(&fault, RegistryError::TransportError { fault, .. } if fault.may_pass());
            if !may_pass || !patience.waits(None) {
                return Err(fault);
            }
        }
    }

    /// The answer that holds a blob from some byte on, wherever the registry keeps it.
    fn located(&mut self, mut url: Url, from: u64) -> Result<HttpResponse, RegistryError> {
        for _ in 0..=MAX_REDIRECTS {
            let request = HttpRequest::get(url.clone(), "the layer").for_pack();
            let request =
                if from > 0 { request.with("range", format!("bytes={from}-")) } else { request };
            // elsewhere nobody is told who we are
            let response = match self.endpoint.is_same_origin(&url) {
                true => self.send(&request)?,
                false => self.http.send(&request, self.deadline)?,
            };
            match response.status {
                301 | 302 | 303 | 307 | 308 => url = self.next(&url, &response)?,
                _ if response.is_success() => return Ok(response),
                _ => return Err(response.refusal()),
            }
        }
        Err(RegistryError::Redirected {
            host: self.endpoint.host(),
            what: "the layer",
            target: super::http::host_of(&url),
            reason: "after more redirects than anybody follows",
        })
    }

    /// Where a redirect leads, if anybody may be sent there.
    fn next(&self, url: &Url, response: &HttpResponse) -> Result<Url, RegistryError> {
        let target = response.header("location").and_then(|location| url.join(location).ok());
        let Some(target) = target.filter(|target| matches!(target.scheme(), "http" | "https"))
        else {
            return Err(redirected(response, "which is no address"));
        };
        // who is on the net must not make us ask somebody on this machine
        if is_loopback(&target) && !is_loopback(url) {
            return Err(redirected(response, "which is on this machine"));
        }
        if is_link_local(&target) && !is_link_local(url) {
            return Err(redirected(response, "which is beside this machine"));
        }
        let is_named = self.is_plain_allowed(&target) || self.endpoint.is_same_origin(&target);
        if target.scheme() == "http" && !is_named && !is_loopback(&target) {
            return Err(redirected(response, "where nothing is encrypted"));
        }
        Ok(target)
    }
}

/// What has come of a blob.
struct Received<'a> {
    layer: &'a OciDescriptor,
    bytes: Vec<u8>,
    hasher: Sha256Hasher,
}

impl<'a> Received<'a> {
    fn new(layer: &'a OciDescriptor) -> Self {
        // a descriptor can claim any size: room for it is made as its bytes come
        let room = usize::try_from(layer.size.min(FIRST_BYTES)).unwrap_or_default();
        Self { layer, bytes: Vec::with_capacity(room), hasher: Sha256Hasher::default() }
    }

    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Goes on where an answer with this status does: where the last one broke off, or at
    /// the beginning.
    fn continue_at(&mut self, status: u16) {
        if status != 206 {
            *self = Self::new(self.layer);
        }
    }

    /// Takes what comes next; nothing does at the end.
    fn take(
        &mut self,
        host: &ForeignText,
        reader: &mut super::http::ResponseReader,
    ) -> Result<usize, RegistryError> {
        let before = self.bytes.len();
        // one byte more shows that there is too much
        let wanted = (self.layer.size - self.len() + 1).min(CHUNK_BYTES as u64);
        self.bytes.resize(before + usize::try_from(wanted).unwrap_or(CHUNK_BYTES), 0);
        let read = reader.read(&mut self.bytes[before..]);
        self.bytes.truncate(before + read.as_ref().copied().unwrap_or_default());
        let read = read?;
        self.hasher.update(&self.bytes[before..]);
        if self.len() > self.layer.size {
            return Err(self.wrong_length(host));
        }
        match read {
            0 if self.len() < self.layer.size => Err(RegistryError::TransportError {
                host: host.clone(),
                fault: TransportError::Broken(ForeignText::new(format!(
                    "{} of {} bytes came",
                    self.len(),
                    self.layer.size
                ))),
            }),
            read => Ok(read),
        }
    }

    fn wrong_length(&self, host: &ForeignText) -> RegistryError {
        RegistryError::WrongLength {
            host: host.clone(),
            expected: self.layer.size,
            found: self.len(),
        }
    }

    fn finish(self, host: &ForeignText) -> Result<Vec<u8>, RegistryError> {
        match self.hasher.finish() {
            found if found == self.layer.digest => Ok(self.bytes),
            found => Err(RegistryError::WrongDigest {
                host: host.clone(),
                what: "the layer",
                expected: self.layer.digest,
                found,
            }),
        }
    }
}
