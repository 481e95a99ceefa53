//! Pushes to hostile registries: nothing is sent to another host, and only complete pushes
//! succeed.

use super::{archive, exit_code};
use test_support::Sandbox;
use test_support::registry::docker::{PASSWORD, USER};
use test_support::registry::reply::Reply;
use test_support::registry::scripted::{REPOSITORY, ScriptedRegistry, manifest_path};

const LIMITS: [&str; 6] = [
    "--limit",
    "registry.total-time=2s",
    "--limit",
    "registry.read-time=1s",
    "--limit",
    "registry.attempts=2",
];

/// A registry and another server.
struct Stage {
    registry: ScriptedRegistry,
    elsewhere: ScriptedRegistry,
}

/// A name, the behaviour of the registry, the kind of the error, and parts of its message.
type Case = (&'static str, fn(&Stage), &'static str, &'static [&'static str]);

impl Stage {
    /// Responds to the beginning of an upload.
    fn upload(&self, reply: Reply) {
        self.registry.respond(&format!("/v2/{REPOSITORY}/blobs/uploads/"), [reply]);
    }

    /// Accepts the beginning of an upload, and responds to the layer.
    fn layer(&self, reply: Reply) {
        self.upload(Reply::new(202).header("Location", "/upload"));
        self.registry.respond("/upload", [reply]);
    }

    /// Accepts layers, and responds to the manifest.
    fn manifest(&self, reply: Reply) {
        self.layer(Reply::new(201));
        self.registry.respond(&manifest_path("1"), [reply]);
    }
}

const CASES: &[Case] = &[
    (
        "an upload to another host",
        |stage| stage.upload(Reply::new(202).header("Location", &stage.elsewhere.url("/upload"))),
        "registry-redirect",
        &["redirects are not followed for uploads"],
    ),
    (
        "an upload that is redirected to another host",
        |stage| stage.layer(Reply::redirect(&stage.elsewhere.url("/upload"))),
        "registry-redirect",
        &["redirects are not followed for uploads"],
    ),
    (
        "an upload without a location",
        |stage| stage.upload(Reply::new(202)),
        "registry-malformed",
        &["an upload"],
    ),
    (
        "uploads are not supported",
        |stage| stage.upload(Reply::error(405, "UNSUPPORTED", "read-only")),
        "registry-refused",
        &["405", "read-only"],
    ),
    (
        "an upload without a response",
        |stage| stage.upload(Reply::silent()),
        "registry-unreachable",
        &[],
    ),
    (
        "a login at another host",
        |stage| stage.upload(Reply::bearer(&stage.elsewhere.url("/token"))),
        "registry-login-refused",
        &["another host"],
    ),
    (
        "another digest of the manifest",
        |stage| {
            let digest = format!("sha256:{}", "0".repeat(64));
            stage.manifest(Reply::new(201).header("Docker-Content-Digest", &digest));
        },
        "registry-digest-mismatch",
        &["the manifest"],
    ),
    (
        "a manifest that is redirected to another host",
        |stage| stage.manifest(Reply::redirect(&stage.elsewhere.url("/manifest"))),
        "registry-redirect",
        &["redirects are not followed for uploads"],
    ),
    (
        "a manifest that is refused",
        |stage| stage.manifest(Reply::error(400, "MANIFEST_INVALID", "\u{1b}[2Jno")),
        "registry-refused",
        &["400"],
    ),
];

/// The registry chooses where an upload goes, but not the login with which it is sent.
#[test]
fn an_upload_drops_the_user_info_of_its_address() {
    let registry = ScriptedRegistry::start();
    let sandbox = Sandbox::new();
    sandbox.write("one.gtpack", archive());
    let upload = registry.url("/upload").replacen("://", "://mallory:s3cret@", 1);
    let begin = format!("/v2/{REPOSITORY}/blobs/uploads/");
    registry.respond(&begin, [Reply::new(202).header("Location", &upload)]);
    registry.respond("/upload", [Reply::new(201)]);
    registry.respond(&manifest_path("1"), [Reply::new(201)]);
    sandbox.pack().push("one.gtpack").arg(registry.reference("1")).succeeded();
    let requests = registry.requests();
    let uploads: Vec<_> = requests.iter().filter(|request| request.path == "/upload").collect();
    assert!(!uploads.is_empty(), "{requests:#?}");
    for upload in uploads {
        assert_eq!(upload.header("authorization"), None, "{upload:#?}");
    }
}

#[test]
fn a_push_sends_nothing_to_other_hosts() {
    let sandbox = Sandbox::new();
    let pack = sandbox.write("vault.gtpack", archive()).display().to_string();
    for (name, arrange, kind, message) in CASES {
        let stage =
            Stage { registry: ScriptedRegistry::start(), elsewhere: ScriptedRegistry::start() };
        sandbox.log_in(&stage.registry.host(), USER, PASSWORD);
        arrange(&stage);
        let reference = stage.registry.reference("1");
        let ran = sandbox.pack().push(&pack).arg(&reference).args(LIMITS).run();
        assert_eq!(ran.code, exit_code(kind), "{name}: {ran:?}");
        for text in [&[*kind, reference.as_str()], *message].concat() {
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
