//! Pushes to a repository: blobs first, then the manifest that lists them. Blobs that the
//! registry already has are not sent again.

use env_pack_domain::{ForeignText, Sha256Digest};
use ureq::http::Method;
use url::Url;

use super::client::RepositoryClient;
use super::error::RegistryError;
use super::request::HttpRequest;
use super::response::HttpResponse;

/// Why redirects of a push fail.
const NOT_FOLLOWED: &str = "redirects are not followed for uploads";

impl RepositoryClient<'_> {
    /// Uploads a blob unless the registry has it.
    ///
    /// # Errors
    /// [`RegistryError`] if the registry does not accept it.
    pub(crate) fn push_blob(
        &mut self,
        digest: &Sha256Digest,
        bytes: &[u8],
    ) -> Result<(), RegistryError> {
        let exists = HttpRequest::head(self.endpoint.blob(digest), "the layer");
        if self.send(&exists)?.is_success() {
            return Ok(());
        }
        let begin = HttpRequest::with_body(Method::POST, self.endpoint.uploads(), &[], "an upload");
        let response = self.send(&begin)?;
        let mut url = self.upload_url(&begin.url, response)?;
        url.query_pairs_mut().append_pair("digest", &digest.to_string());
        let upload = HttpRequest::with_body(Method::PUT, url, bytes, "the layer")
            .into_transfer()
            .with_header("content-type", "application/octet-stream");
        self.send_expecting_success(&upload)?;
        Ok(())
    }

    /// Uploads a manifest under a tag or its digest. Returns whether the registry adds it
    /// to the referrers of its subject, which it signals with the header `OCI-Subject`.
    ///
    /// # Errors
    /// [`RegistryError`] if the registry does not accept it, or reports another digest.
    pub(crate) fn push_manifest(
        &mut self,
        tag_or_digest: &str,
        media_type: &str,
        bytes: &[u8],
    ) -> Result<bool, RegistryError> {
        let url = self.endpoint.manifest(tag_or_digest);
        let request = HttpRequest::with_body(Method::PUT, url, bytes, "the manifest")
            .with_header("content-type", media_type);
        let response = self.send_expecting_success(&request)?;
        let expected = Sha256Digest::compute(bytes);
        let reported: Option<Sha256Digest> =
            response.header("docker-content-digest").and_then(|text| text.parse().ok());
        if let Some(found) = reported.filter(|found| *found != expected) {
            let host = response.host.clone();
            let what = "the manifest";
            return Err(RegistryError::WrongDigest { host, what, expected, found });
        }
        Ok(response.header("oci-subject").is_some())
    }

    fn send_expecting_success(
        &mut self,
        request: &HttpRequest<'_>,
    ) -> Result<HttpResponse, RegistryError> {
        let response = self.send(request)?;
        match response.status {
            300..=399 => Err(response.redirect_error(NOT_FOLLOWED)),
            _ if response.is_success() => Ok(response),
            _ => Err(response.into_error()),
        }
    }

    /// The URL to which a blob is uploaded. It must be at the registry itself.
    fn upload_url(&self, begin: &Url, response: HttpResponse) -> Result<Url, RegistryError> {
        if !response.is_success() {
            return Err(response.into_error());
        }
        let location = response.header("location").and_then(|location| begin.join(location).ok());
        let Some(location) = location else {
            return Err(RegistryError::Malformed {
                host: response.host,
                what: "the response to an upload",
                reason: ForeignText::new("it has no valid `Location` header"),
            });
        };
        if self.endpoint.is_same_origin(&location) {
            Ok(location)
        } else {
            Err(response.redirect_error(NOT_FOLLOWED))
        }
    }
}
