//! HTTP requests to registries and token services.

use ureq::http::Method;
use url::Url;

use super::address::without_user_info;

/// A request that can be sent more than once.
#[derive(Clone, Debug)]
pub(super) struct HttpRequest<'a> {
    pub method: Method,
    pub url: Url,
    pub headers: Vec<(&'static str, String)>,
    pub body: &'a [u8],
    /// The requested item, for messages: `the manifest`.
    pub what: &'static str,
    /// Whether the request transfers a layer. Such a request is limited by the total time
    /// of the operation only.
    pub is_transfer: bool,
}

impl<'a> HttpRequest<'a> {
    pub(super) fn get(url: Url, what: &'static str) -> Self {
        Self::with_body(Method::GET, url, &[], what)
    }

    pub(super) fn head(url: Url, what: &'static str) -> Self {
        Self::with_body(Method::HEAD, url, &[], what)
    }

    pub(super) fn with_body(method: Method, url: Url, body: &'a [u8], what: &'static str) -> Self {
        // the client would send them as a login
        let url = without_user_info(url);
        Self { method, url, headers: Vec::new(), body, what, is_transfer: false }
    }

    /// Marks the request as one that transfers a layer.
    pub(super) fn into_transfer(self) -> Self {
        Self { is_transfer: true, ..self }
    }

    pub(super) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}
