//! Pushing to registries that misbehave: nothing is sent to anybody else, and nothing is
//! believed to be there that is not.

use super::{archive, code};
use crate::support::Sandbox;
use crate::support::registry::docker::{PASSWORD, USER};
use crate::support::registry::hostile::{Hostile, REPOSITORY, manifest_path};
use crate::support::registry::reply::Reply;

const LIMITS: [&str; 6] = [
    "--limit",
    "registry.total-time=2s",
    "--limit",
    "registry.read-time=1s",
    "--limit",
    "registry.attempts=2",
];

/// A registry, and another server.
struct Stage {
    registry: Hostile,
    elsewhere: Hostile,
}

/// What the registry does, the kind of the error, and what else it says.
type Case = (&'static str, fn(&Stage), &'static str, &'static [&'static str]);

impl Stage {
    /// The registry answers so to who wants to bring a layer.
    fn upload(&self, reply: Reply) {
        self.registry.says(&format!("/v2/{REPOSITORY}/blobs/uploads/"), [reply]);
    }

    /// The registry takes layers, and answers so to them.
    fn layer(&self, reply: Reply) {
        self.upload(Reply::new(202).header("Location", "/upload"));
        self.registry.says("/upload", [reply]);
    }

    /// The registry takes layers, and answers so to the manifest.
    fn manifest(&self, reply: Reply) {
        self.layer(Reply::new(201));
        self.registry.says(&manifest_path("1"), [reply]);
    }
}

const CASES: &[Case] = &[
    (
        "an upload to another host",
        |stage| stage.upload(Reply::new(202).header("Location", &stage.elsewhere.url("/upload"))),
        "registry-redirect",
        &["where nothing is sent to"],
    ),
    (
        "an upload that goes on elsewhere",
        |stage| stage.layer(Reply::redirect(&stage.elsewhere.url("/upload"))),
        "registry-redirect",
        &["where nothing is sent to"],
    ),
    (
        "an upload to nowhere",
        |stage| stage.upload(Reply::new(202)),
        "registry-malformed",
        &["an upload"],
    ),
    (
        "no upload",
        |stage| stage.upload(Reply::refusal(405, "UNSUPPORTED", "read-only")),
        "registry-refused",
        &["405", "read-only"],
    ),
    (
        "an upload that is not answered",
        |stage| stage.upload(Reply::silent()),
        "registry-unreachable",
        &[],
    ),
    (
        "a login elsewhere",
        |stage| stage.upload(Reply::bearer(&stage.elsewhere.url("/token"))),
        "registry-login-refused",
        &["another host"],
    ),
    (
        "another manifest than was sent",
        |stage| {
            let digest = format!("sha256:{}", "0".repeat(64));
            stage.manifest(Reply::new(201).header("Docker-Content-Digest", &digest));
        },
        "registry-digest-mismatch",
        &["the manifest"],
    ),
    (
        "a manifest that goes elsewhere",
        |stage| stage.manifest(Reply::redirect(&stage.elsewhere.url("/manifest"))),
        "registry-redirect",
        &["where nothing is sent to"],
    ),
    (
        "a manifest that is refused",
        |stage| stage.manifest(Reply::refusal(400, "MANIFEST_INVALID", "\u{1b}[2Jno")),
        "registry-refused",
        &["400"],
    ),
];

#[test]
fn nothing_is_sent_to_anybody_else() {
    let sandbox = Sandbox::new();
    let pack = sandbox.write("vault.gtpack", archive()).display().to_string();
    for (name, arrange, kind, says) in CASES {
        let stage = Stage { registry: Hostile::start(), elsewhere: Hostile::start() };
        sandbox.log_in(&stage.registry.host(), USER, PASSWORD);
        arrange(&stage);
        let reference = stage.registry.reference("1");
        let ran = sandbox.gtc(["pack", "push", &pack, &reference].iter().chain(&LIMITS));
        assert_eq!(ran.code, code(kind), "{name}: {ran:?}");
        for text in [&[*kind, reference.as_str()], *says].concat() {
            assert!(ran.stderr.contains(text), "{name}: `{text}`: {}", ran.stderr);
        }
        assert!(
            !ran.stderr.contains(|c: char| c.is_control() && c != '\n'),
            "{name}: {:?}",
            ran.stderr
        );
        assert!(stage.elsewhere.requests().is_empty(), "{name}: {:#?}", stage.elsewhere.requests());
    }
}
