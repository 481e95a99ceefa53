//! A registry that answers as a test tells it to, and honestly where the test says
//! nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::authority::Authority;
use super::image::{Image, digest};
use super::reply::Reply;
use super::server::{Request, Server};

/// The repository that images are in.
pub const REPOSITORY: &str = "team/vault";

/// A registry on this machine.
pub struct Hostile {
    server: Server,
    scheme: &'static str,
    script: Arc<Mutex<Script>>,
}

/// What is answered, by path; the last answer to a path stays its answer.
type Script = BTreeMap<String, Vec<Reply>>;

impl Hostile {
    /// A registry without encryption and without anything in it.
    pub fn start() -> Self {
        Self::on(|answer| Server::start(None, answer), "http")
    }

    /// The same, encrypted with a certificate for this machine of an authority.
    pub fn encrypted(authority: &Authority) -> Self {
        Self::encrypted_as(authority, &["127.0.0.1", "localhost"])
    }

    /// The same, with a certificate for these names.
    pub fn encrypted_as(authority: &Authority, names: &[&str]) -> Self {
        let tls = authority.server(names);
        Self::on(|answer| Server::start(Some(tls), answer), "https")
    }

    /// A registry with an image under `:1`.
    pub fn with(image: &Image) -> Self {
        let registry = Self::start();
        registry.serve("1", image);
        registry
    }

    fn on(
        start: impl FnOnce(Box<dyn Fn(&Request) -> Reply + Send + Sync>) -> Server,
        scheme: &'static str,
    ) -> Self {
        let script = Arc::<Mutex<Script>>::default();
        let read = Arc::clone(&script);
        let server = start(Box::new(move |request| next(&read, request)));
        Self { server, scheme, script }
    }

    /// Serves an image under a tag and its digest.
    pub fn serve(&self, tag: &str, image: &Image) {
        let manifest = || {
            let length =
                Reply::of(image.manifest_bytes()).header("Content-Type", image.media_type());
            length.header("Docker-Content-Digest", &image.digest())
        };
        self.says(&manifest_path(tag), [manifest()]);
        self.says(&manifest_path(&image.digest()), [manifest()]);
        for blob in &image.blobs {
            self.says(&blob_path(&digest(blob)), [Reply::of(blob.clone())]);
        }
    }

    /// Answers a path so from now on: one answer after the other, the last one for good.
    pub fn says(&self, path: &str, replies: impl IntoIterator<Item = Reply>) {
        let replies = replies.into_iter().collect();
        self.script
            .lock()
            .expect("no test panics while it holds it")
            .insert(path.to_owned(), replies);
    }

    /// Its address and port.
    pub fn host(&self) -> String {
        self.server.host()
    }

    /// A reference to what is under a tag, or under `@` and a digest.
    pub fn reference(&self, tag: &str) -> String {
        let separator = if tag.starts_with('@') { "" } else { ":" };
        format!("oci://{}/{REPOSITORY}{separator}{tag}", self.host())
    }

    /// The address of something that it has.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.host())
    }

    /// Everything that was asked of it, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.server.requests()
    }

    /// How often a path was asked for.
    pub fn asked(&self, path: &str) -> usize {
        self.requests().iter().filter(|request| request.path == path).count()
    }
}

fn next(script: &Mutex<Script>, request: &Request) -> Reply {
    let mut script = script.lock().expect("no test panics while it holds it");
    let Some(replies) = script.get_mut(&request.path) else {
        return match request.path.as_str() {
            "/v2/" => Reply::of("{}").header("Docker-Distribution-Api-Version", "registry/2.0"),
            path if path.contains("/blobs/") => Reply::refusal(404, "BLOB_UNKNOWN", "no such blob"),
            _ => Reply::refusal(404, "MANIFEST_UNKNOWN", "no such manifest"),
        };
    };
    match replies.len() {
        0 => Reply::dropped(),
        1 => replies[0].clone(),
        _ => replies.remove(0),
    }
}

/// Where a manifest is.
pub fn manifest_path(tag_or_digest: &str) -> String {
    format!("/v2/{REPOSITORY}/manifests/{tag_or_digest}")
}

/// Where a blob is.
pub fn blob_path(digest: &str) -> String {
    format!("/v2/{REPOSITORY}/blobs/{digest}")
}
