//! A registry whose responses a test can script. By default it serves images as the
//! specification requires.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::authority::Authority;
use super::image::{Image, digest};
use super::reply::Reply;
use super::server::{Request, Server};

/// The repository of all images.
pub const REPOSITORY: &str = "team/vault";

/// A registry on a free port of this machine.
pub struct ScriptedRegistry {
    server: Server,
    scheme: &'static str,
    script: Arc<Mutex<Script>>,
}

/// Responses by path. The last response of a path is repeated.
type Script = BTreeMap<String, Vec<Reply>>;

impl ScriptedRegistry {
    /// An empty registry without TLS.
    pub fn start() -> Self {
        Self::start_with(|answer| Server::start(None, answer), "http")
    }

    /// An empty registry with TLS, and a certificate for this machine.
    pub fn tls(authority: &Authority) -> Self {
        Self::tls_for_names(authority, &["127.0.0.1", "localhost"])
    }

    /// An empty registry with TLS, and a certificate for these names.
    pub fn tls_for_names(authority: &Authority, names: &[&str]) -> Self {
        let tls = authority.server_config(names);
        Self::start_with(|answer| Server::start(Some(tls), answer), "https")
    }

    /// A registry with an image under the tag `1`.
    pub fn with_image(image: &Image) -> Self {
        let registry = Self::start();
        registry.serve("1", image);
        registry
    }

    fn start_with(
        start: impl FnOnce(Box<dyn Fn(&Request) -> Reply + Send + Sync>) -> Server,
        scheme: &'static str,
    ) -> Self {
        let script = Arc::<Mutex<Script>>::default();
        let read = Arc::clone(&script);
        let server = start(Box::new(move |request| next_reply(&read, request)));
        Self { server, scheme, script }
    }

    /// Serves an image under a tag and its digest.
    pub fn serve(&self, tag: &str, image: &Image) {
        self.serve_in(REPOSITORY, tag, image);
    }

    /// Serves an image of a repository under a tag and its digest.
    pub fn serve_in(&self, repository: &str, tag: &str, image: &Image) {
        let manifest = || {
            let reply =
                Reply::ok(image.manifest_bytes()).header("Content-Type", image.media_type());
            reply.header("Docker-Content-Digest", &image.digest())
        };
        for name in [tag, &image.digest()] {
            self.respond(&format!("/v2/{repository}/manifests/{name}"), [manifest()]);
        }
        for blob in &image.blobs {
            let path = format!("/v2/{repository}/blobs/{}", digest(blob));
            self.respond(&path, [Reply::ok(blob.clone())]);
        }
    }

    /// Responds to requests for a path in this order; the last response is repeated.
    pub fn respond(&self, path: &str, replies: impl IntoIterator<Item = Reply>) {
        let replies = replies.into_iter().collect();
        self.script.lock().expect("not poisoned").insert(path.to_owned(), replies);
    }

    /// The address and port.
    pub fn host(&self) -> String {
        self.server.host()
    }

    /// The reference of a tag, or of `@` and a digest.
    pub fn reference(&self, tag: &str) -> String {
        let separator = if tag.starts_with('@') { "" } else { ":" };
        format!("oci://{}/{REPOSITORY}{separator}{tag}", self.host())
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.host())
    }

    /// All requests, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.server.requests()
    }

    /// The number of requests for a path.
    pub fn request_count(&self, path: &str) -> usize {
        self.requests().iter().filter(|request| request.path == path).count()
    }
}

fn next_reply(script: &Mutex<Script>, request: &Request) -> Reply {
    let mut script = script.lock().expect("not poisoned");
    let Some(replies) = script.get_mut(&request.path) else {
        return match request.path.as_str() {
            "/v2/" => Reply::ok("{}").header("Docker-Distribution-Api-Version", "registry/2.0"),
            path if path.contains("/blobs/") => Reply::error(404, "BLOB_UNKNOWN", "no such blob"),
            _ => Reply::error(404, "MANIFEST_UNKNOWN", "no such manifest"),
        };
    };
    match replies.len() {
        0 => Reply::closed(),
        1 => replies[0].clone(),
        _ => replies.remove(0),
    }
}

/// The path of a manifest.
pub fn manifest_path(tag_or_digest: &str) -> String {
    format!("/v2/{REPOSITORY}/manifests/{tag_or_digest}")
}

/// The path of a blob.
pub fn blob_path(digest: &str) -> String {
    format!("/v2/{REPOSITORY}/blobs/{digest}")
}
