//! Pulls manifests and blobs from a repository.

use env_pack_domain::{ForeignText, OciRef, Sha256Digest};
use url::Url;

use super::address::{host_of, is_link_local, is_loopback};
use super::client::RepositoryClient;
use super::deadline::RetryPolicy;
use super::error::RegistryError;
use super::manifest::{
    ACCEPTED_MANIFESTS, InvalidManifest, OciDescriptor, OciManifest, PackFormat,
};
use super::partial_blob::PartialBlob;
use super::request::HttpRequest;
use super::response::HttpResponse;
use crate::progress::Progress;

/// Maximum number of redirects for a blob: registries redirect to a storage service, which
/// may redirect once more.
const MAX_REDIRECTS: usize = 3;
/// The tag of a reference without one.
pub(crate) const LATEST: &str = "latest";

/// A manifest as the registry serves it.
#[derive(Clone, Debug)]
pub(crate) struct FetchedManifest {
    pub bytes: Vec<u8>,
    /// The digest of `bytes`.
    pub digest: Sha256Digest,
}

/// The pack that a reference resolves to.
#[derive(Clone, Debug)]
pub(crate) struct ResolvedPack {
    pub manifest: FetchedManifest,
    /// The layer that contains the pack.
    pub layer: OciDescriptor,
    pub format: PackFormat,
}

impl RepositoryClient<'_> {
    /// Resolves a reference to a pack.
    ///
    /// # Errors
    /// [`RegistryError`] if the manifest cannot be fetched, or is not one of a pack.
    pub(crate) fn resolve(&mut self, reference: &OciRef) -> Result<ResolvedPack, RegistryError> {
        let manifest = self.manifest(reference)?;
        let parsed = self.parse_manifest(&manifest)?;
        let (layer, format) = parsed.pack().map_err(|fault| self.manifest_error(fault))?;
        Ok(ResolvedPack { layer: layer.clone(), format, manifest })
    }

    /// Fetches the manifest with the digest of a reference, or the one that its tag names
    /// now.
    fn manifest(&mut self, reference: &OciRef) -> Result<FetchedManifest, RegistryError> {
        match reference.digest() {
            Some(digest) => self.manifest_at(&digest.to_string(), Some(digest)),
            None => self.manifest_at(reference.tag().unwrap_or(LATEST), None),
        }
    }

    /// Fetches a manifest by tag or digest, and verifies its digest if `expected` or the
    /// registry names one.
    pub(crate) fn manifest_at(
        &mut self,
        tag_or_digest: &str,
        expected: Option<&Sha256Digest>,
    ) -> Result<FetchedManifest, RegistryError> {
        let request = HttpRequest::get(self.endpoint.manifest(tag_or_digest), "the manifest")
            .with_header("accept", ACCEPTED_MANIFESTS);
        let response = self.send(&request)?;
        if (300..400).contains(&response.status) {
            return Err(response.redirect_error("redirects are not followed for manifests"));
        }
        if !response.is_success() {
            return Err(response.into_error());
        }
        let host = response.host.clone();
        let what = response.what;
        // some registries do not send the header
        let reported: Option<Sha256Digest> =
            response.header("docker-content-digest").and_then(|text| text.parse().ok());
        let bytes = response.bytes(self.http().limits().manifest_bytes)?;
        let digest = Sha256Digest::compute(&bytes);
        match expected.copied().or(reported) {
            Some(expected) if expected != digest => {
                Err(RegistryError::WrongDigest { host, what, expected, found: digest })
            }
            _ => Ok(FetchedManifest { bytes, digest }),
        }
    }

    /// Parses a manifest of this repository.
    pub(crate) fn parse_manifest(
        &self,
        fetched: &FetchedManifest,
    ) -> Result<OciManifest, RegistryError> {
        OciManifest::parse(&fetched.bytes, self.http().limits().layers)
            .map_err(|fault| self.manifest_error(fault))
    }

    /// The error for a manifest that is not one of a pack.
    fn manifest_error(&self, fault: InvalidManifest) -> RegistryError {
        match fault {
            InvalidManifest::NotAPack(what) => RegistryError::NotAPack { what },
            InvalidManifest::Malformed(reason) => RegistryError::Malformed {
                host: self.endpoint.host(),
                what: "the manifest",
                reason,
            },
        }
    }

    /// Fetches a blob and verifies the size and digest of its descriptor. After a broken
    /// connection the download resumes.
    ///
    /// # Errors
    /// [`RegistryError`]; [`RegistryError::TooLarge`], before anything is downloaded, if the
    /// descriptor declares more than `limit` bytes.
    pub(crate) fn blob(
        &mut self,
        layer: &OciDescriptor,
        limit: u64,
        progress: &dyn Progress,
    ) -> Result<Vec<u8>, RegistryError> {
        let host = self.endpoint.host();
        if layer.size > limit {
            return Err(RegistryError::TooLarge { host, what: "the layer", limit });
        }
        let name = format!("{}/{}", self.endpoint.registry, self.endpoint.repository);
        let mut transfer = progress.begin(&ForeignText::new(name), Some(layer.size));
        let mut retry = RetryPolicy::new(self.http().limits(), self.deadline);
        let mut blob = PartialBlob::new(layer);
        loop {
            let url = self.endpoint.blob(&layer.digest);
            let response = self.get_following_redirects(url, blob.len())?;
            blob.resume(response.status);
            let mut reader = response.reader();
            let error = loop {
                match blob.receive(&host, &mut reader) {
                    Ok(0) => return blob.finish(&host),
                    Ok(count) => transfer.advance(count as u64),
                    Err(error) => break error,
                }
            };
            if !error.is_transient() || !retry.wait_for_retry(None) {
                return Err(error);
            }
        }
    }

    /// Gets a blob from the byte at `offset` on, at the registry or where it redirects to.
    fn get_following_redirects(
        &mut self,
        mut url: Url,
        offset: u64,
    ) -> Result<HttpResponse, RegistryError> {
        for _ in 0..=MAX_REDIRECTS {
            let mut request = HttpRequest::get(url.clone(), "the layer").into_transfer();
            if offset > 0 {
                request = request.with_header("range", format!("bytes={offset}-"));
            }
            let response = if self.endpoint.is_same_origin(&url) {
                self.send(&request)?
            } else {
                // another host gets no credential
                self.http().send(&request, self.deadline)?
            };
            match response.status {
                301 | 302 | 303 | 307 | 308 => url = self.redirect_target(&url, &response)?,
                _ if response.is_success() => return Ok(response),
                _ => return Err(response.into_error()),
            }
        }
        Err(RegistryError::Redirected {
            host: self.endpoint.host(),
            what: "the layer",
            target: host_of(&url),
            reason: "too many redirects (limit 3)",
        })
    }

    /// The URL of a redirect, if it may be followed.
    fn redirect_target(&self, from: &Url, response: &HttpResponse) -> Result<Url, RegistryError> {
        let target = response.header("location").and_then(|location| from.join(location).ok());
        let Some(target) = target.filter(|target| matches!(target.scheme(), "http" | "https"))
        else {
            return Err(response.redirect_error("it is not an `http` or `https` address"));
        };
        // a registry on the network must not make this machine query its own services
        if is_loopback(&target) && !is_loopback(from) {
            return Err(response.redirect_error("it is an address of this machine"));
        }
        if is_link_local(&target) && !is_link_local(from) {
            return Err(response.redirect_error("it is a link-local address"));
        }
        let is_allowed_plain =
            self.is_plain_http_allowed(&target) || self.endpoint.is_same_origin(&target);
        if target.scheme() == "http" && !is_allowed_plain && !is_loopback(&target) {
            return Err(response.redirect_error("it is not encrypted"));
        }
        Ok(target)
    }
}
