//! Bringing something to a registry: blobs first, then the manifest that names them. What
//! is there already is not sent again.

use env_pack_domain::{ForeignText, Sha256Digest};
use ureq::http::Method;
use url::Url;

use super::client::{RepositoryClient, redirected};
use super::error::RegistryError;
use super::http::{HttpRequest, HttpResponse};

impl RepositoryClient<'_> {
    /// Brings a blob, unless it is there.
    ///
    /// # Errors
    /// [`RegistryError`] when the registry does not take it.
    pub fn push_blob(&mut self, digest: &Sha256Digest, bytes: &[u8]) -> Result<(), RegistryError> {
        let mut question = HttpRequest::get(self.endpoint.blob(digest), "the layer");
        question.method = Method::HEAD;
        if self.send(&question)?.is_success() {
            return Ok(());
        }
        let begin = HttpRequest::bringing(Method::POST, self.endpoint.uploads(), &[], "an upload");
        let begun = self.send(&begin)?;
        let mut url = self.upload_address(&begin.url, begun)?;
        url.query_pairs_mut().append_pair("digest", &digest.to_string());
        let upload = HttpRequest::bringing(Method::PUT, url, bytes, "the layer")
            .for_pack()
            .with("content-type", "application/octet-stream");
        self.taken(upload).map(drop)
    }

    /// Brings a manifest, under a tag or under its digest. Says whether the registry
    /// itself lists what refers to another manifest.
    ///
    /// # Errors
    /// [`RegistryError`] when the registry does not take it, or takes it for something
    /// else.
    pub fn push_manifest(
        &mut self,
        tag_or_digest: &str,
        media_type: &str,
        bytes: &[u8],
    ) -> Result<bool, RegistryError> {
        let url = self.endpoint.manifest(tag_or_digest);
        let request = HttpRequest::bringing(Method::PUT, url, bytes, "the manifest")
            .with("content-type", media_type);
        let response = self.taken(request)?;
        let (host, expected) = (response.host.clone(), Sha256Digest::compute(bytes));
        let said = response
            .header("docker-content-digest")
            .and_then(|text| text.parse::<Sha256Digest>().ok());
        match said.filter(|found| *found != expected) {
            Some(found) => {
                Err(RegistryError::WrongDigest { host, what: "the manifest", expected, found })
            }
            None => Ok(response.header("oci-subject").is_some()),
        }
    }

    fn taken(&mut self, request: HttpRequest<'_>) -> Result<HttpResponse, RegistryError> {
        let response = self.send(&request)?;
        match response.status {
            300..=399 => Err(redirected(&response, "where nothing is sent to")),
            _ if response.is_success() => Ok(response),
            _ => Err(response.refusal()),
        }
    }

    /// Where a blob is to be sent: to the registry itself, and to nobody else.
    fn upload_address(&self, asked: &Url, response: HttpResponse) -> Result<Url, RegistryError> {
        if !response.is_success() {
            return Err(response.refusal());
        }
        let Some(location) =
            response.header("location").and_then(|location| asked.join(location).ok())
        else {
            let reason = ForeignText::new("it does not say where the layer goes");
            return Err(RegistryError::Malformed {
                host: response.host,
                what: "the answer to an upload",
                reason,
            });
        };
        match self.endpoint.is_same_origin(&location) {
            true => Ok(location),
            false => Err(redirected(&response, "where nothing is sent to")),
        }
    }
}
