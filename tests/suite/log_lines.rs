//! Log lines: `-v`, `-vv` and `GTC_LOG`.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use test_support::registry::image::Image;
use test_support::registry::reply::Reply;
use test_support::registry::scripted::{ScriptedRegistry, blob_path, manifest_path};
use test_support::wat::Handler;
use test_support::{Output, Sandbox, packs, run};

/// A pull through a storage service, whose URL holds a secret, after a failed attempt.
fn pull(sandbox: &Sandbox, flags: &[&str], filter: Option<&str>) -> Output {
    let component = Handler::new("secrets", "acme.secrets.vault", "^0.4").component();
    let permissions = packs::permissions(&[], &[]);
    let archive = packs::archive("secrets", "acme.secrets.vault", "^0.4", component, permissions);
    let image = Image::pack(&archive);
    let registry = ScriptedRegistry::with_image(&image);
    let unavailable = Reply::error(503, "UNAVAILABLE", "not now");
    registry.respond(&manifest_path("1"), [unavailable, Reply::ok(image.manifest_bytes())]);
    let storage = registry.url("/storage?X-Amz-Signature=secret#fragment");
    registry.respond(&blob_path(image.layer()), [Reply::redirect(&storage)]);
    registry.respond("/storage", [Reply::ok(image.blobs[1].clone())]);
    let pull = sandbox.pack().pull(registry.reference("1")).output("x.gtpack").arg("--force");
    run(pull.args(flags).command().envs(filter.map(|filter| ("GTC_LOG", filter))))
}

#[test]
fn requests_and_retries_are_logged_without_secrets() {
    let sandbox = Sandbox::new().with_own_cache();
    let stderr = pull(&sandbox, &["-v"], None).succeeded().stderr;
    for part in [
        "INFO gtc_fetch::oci::http: GET http://127.0.0.1:",
        "/manifests/1: 503, after ",
        "INFO gtc_fetch::oci::deadline: trying again in 250 ms",
        "/manifests/1: 200, after ",
        ": 307, after ",
        "/storage: 200, after ",
    ] {
        assert!(stderr.contains(part), "`{part}` is missing: {stderr}");
    }
    assert!(!stderr.contains("secret") && !stderr.contains("DEBUG"), "{stderr}");
}

#[test]
fn compilations_and_cached_code_are_logged() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let first = sandbox.env().tool_check().arg("-v").run().stderr;
    assert!(first.contains("INFO gtc_engine::compile: compiled component sha256:"), "{first}");
    let second = sandbox.env().tool_check().arg("-vv").run().stderr;
    assert!(second.contains("DEBUG gtc_engine::compiled::store: the compiled code"), "{second}");
    assert!(!second.contains("compiled component"), "{second}");
}

#[test]
fn a_filter_selects_crates_and_precedes_the_flag() {
    let sandbox = Sandbox::new().with_own_cache();
    let none = pull(&sandbox, &["-vv"], Some("gtc_engine=debug")).succeeded();
    assert_eq!(none.stderr, "");
    let all = pull(&sandbox, &[], Some("gtc_fetch=debug")).succeeded();
    assert!(all.stderr.contains("INFO gtc_fetch"), "{}", all.stderr);
    assert_eq!(pull(&sandbox, &["--quiet"], Some("debug")).succeeded().stderr, "");
    assert_eq!(pull(&sandbox, &[], Some("")).succeeded().stderr, "");
    let malformed = pull(&sandbox, &[], Some("gtc=loud")).refused(2, "invalid-argument");
    let expected =
        "the variable `GTC_LOG` is not a list of levels and crates: `gtc=loud`\nset it to ";
    assert!(malformed.starts_with(expected), "{malformed}");
}

#[test]
fn a_wait_for_a_lock_is_logged() {
    let sandbox = Sandbox::with_local();
    let path = sandbox.environment("local").join(".lock");
    let lock = std::fs::File::open(&path).expect("a lock file");
    lock.lock().expect("locked");
    let mut remove = sandbox.env_packs().remove("secrets").arg("-v").command();
    let mut waiting =
        remove.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    let lines = BufReader::new(waiting.stderr.take().expect("a pipe")).lines();
    let expected = "INFO gtc_fs::lock: waiting for another process to release the lock";
    let mut lock = Some(lock);
    // if the line never comes, the command ends at its own time limit
    for line in lines {
        if line.expect("UTF-8").contains(expected) {
            lock = None;
        }
    }
    assert!(waiting.wait().expect("it ends").success());
    assert!(lock.is_none(), "the wait was not logged");
}
