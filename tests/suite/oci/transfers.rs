//! Retries, resumed downloads, redirects to storage, and offline mode.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{archive, bind, cached};
use test_support::registry::docker::{PASSWORD, USER};
use test_support::registry::image::Image;
use test_support::registry::reply::Reply;
use test_support::registry::scripted::{ScriptedRegistry, blob_path, manifest_path};
use test_support::registry::server::Request;
use test_support::{Sandbox, run};

/// A sandbox with a cache of its own, and a registry with the pack.
fn with_registry() -> (Sandbox, ScriptedRegistry, Image) {
    let image = Image::pack(&archive());
    (Sandbox::with_local().with_own_cache(), ScriptedRegistry::with_image(&image), image)
}

#[test]
fn transient_failures_are_retried() {
    type Fault = fn(&[u8]) -> Reply;
    let unavailable = || Reply::error(503, "UNAVAILABLE", "not now");
    let cases: [(&str, Fault); 3] = [
        ("a status", |_| Reply::error(502, "UNAVAILABLE", "not now")),
        ("a connection", |_| Reply::closed()),
        ("a body", |bytes| Reply::ok(&bytes[..bytes.len() / 2]).claims(bytes.len() as u64)),
    ];
    for (name, fault) in cases {
        let (sandbox, registry, image) = with_registry();
        let (manifest, layer) = (image.manifest_bytes(), image.blobs[1].clone());
        let path = blob_path(image.layer());
        registry.respond(&manifest_path("1"), [unavailable(), unavailable(), Reply::ok(manifest)]);
        registry.respond(&path, [fault(&layer), fault(&layer), Reply::ok(layer)]);
        bind(&sandbox, &registry.reference("1"), &[]).succeeded();
        assert_eq!(
            (registry.request_count(&manifest_path("1")), registry.request_count(&path)),
            (3, 3),
            "{name}"
        );
        assert_eq!(cached(&sandbox).len(), 1, "{name}");
    }
}

#[test]
fn a_broken_download_resumes() {
    let (sandbox, registry, image) = with_registry();
    let layer = image.blobs[1].clone();
    let path = blob_path(image.layer());
    let broken = Reply::ok(&layer[..100]).claims(layer.len() as u64);
    registry.respond(&path, [broken, Reply::new(206).body(&layer[100..])]);
    bind(&sandbox, &registry.reference("1"), &[]).succeeded();
    let ranges: Vec<_> =
        registry.requests().into_iter().filter(|request| request.path == path).collect();
    let ranges: Vec<_> = ranges.iter().map(|request| request.header("range")).collect();
    assert_eq!(ranges, [None, Some("bytes=100-")]);
}

#[test]
fn retry_after_is_respected() {
    let (sandbox, registry, image) = with_registry();
    let busy = Reply::error(429, "TOOMANYREQUESTS", "slow down").header("Retry-After", "1");
    registry.respond(&manifest_path("1"), [busy.clone(), Reply::ok(image.manifest_bytes())]);
    let start = Instant::now();
    bind(&sandbox, &registry.reference("1"), &[]).succeeded();
    assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());

    registry.respond(&manifest_path("1"), [busy.header("Retry-After", "0")]);
    let before = registry.request_count(&manifest_path("1"));
    bind(&sandbox, &registry.reference("1"), &["--limit", "registry.attempts=3"])
        .refused(2, "registry-refused");
    assert_eq!(registry.request_count(&manifest_path("1")) - before, 3);
}

#[test]
fn a_redirect_to_storage_carries_no_credential() {
    let (sandbox, registry, image) = with_registry();
    let path = blob_path(image.layer());
    let storage = ScriptedRegistry::start();
    let secret = format!("Basic {}", STANDARD.encode(format!("{USER}:{PASSWORD}")));
    sandbox.log_in(&registry.host(), USER, PASSWORD);
    let refusal = Reply::new(401)
        .header("WWW-Authenticate", "Basic realm=\"x\"")
        .header("Set-Cookie", "session=x");
    registry.respond(&manifest_path("1"), [refusal, Reply::ok(image.manifest_bytes())]);
    let redirect = Reply::redirect(&storage.url("/store/layer?signature=abc"));
    registry.respond(&path, [redirect.header("Set-Cookie", "session=x")]);
    storage.respond("/store/layer", [Reply::ok(image.blobs[1].clone())]);
    bind(&sandbox, &registry.reference("1"), &[]).succeeded();

    let has_secret = |request: &Request| request.header("authorization") == Some(&secret);
    // the manifest, the layer, and the lists of signatures use the same login
    assert!(
        registry.requests().iter().filter(|request| has_secret(request)).count() >= 2,
        "{:#?}",
        registry.requests()
    );
    let [request] = &storage.requests()[..] else { panic!("{:#?}", storage.requests()) };
    assert_eq!((request.method.as_str(), request.query["signature"].as_str()), ("GET", "abc"));
    for header in ["authorization", "cookie", "referer", "proxy-authorization"] {
        assert_eq!(request.header(header), None, "{header}");
    }
}

/// A user name and password in an address are a login that the registry chose.
#[test]
fn user_info_in_addresses_of_a_registry_is_dropped() {
    let (sandbox, registry, image) = with_registry();
    let storage = ScriptedRegistry::start();
    let with_user_info = |url: String| url.replacen("://", "://mallory:s3cret@", 1);
    let token = Reply::json(200, &serde_json::json!({"token": "a-token"}));
    registry.respond("/token", [token]);
    let challenge = Reply::bearer(&with_user_info(registry.url("/token")));
    registry.respond(&manifest_path("1"), [challenge, Reply::ok(image.manifest_bytes())]);
    let redirect = Reply::redirect(&with_user_info(storage.url("/layer")));
    registry.respond(&blob_path(image.layer()), [redirect]);
    storage.respond("/layer", [Reply::ok(image.blobs[1].clone())]);
    bind(&sandbox, &registry.reference("1"), &[]).succeeded();
    let token_requests = registry.requests().into_iter().filter(|it| it.path == "/token");
    let requests: Vec<_> = token_requests.chain(storage.requests()).collect();
    assert_eq!(requests.len(), 2, "{requests:#?}");
    for request in requests {
        assert_eq!(request.header("authorization"), None, "{request:#?}");
    }

    // neither do messages show it, in front of the host that is meant
    let other = with_user_info(storage.url("/token"));
    registry.respond(&manifest_path("1"), [Reply::bearer(&other)]);
    let sandbox = Sandbox::with_local().with_own_cache();
    let refusal =
        bind(&sandbox, &registry.reference("1"), &[]).refused(1, "registry-login-refused");
    assert!(refusal.contains(&storage.url("/token")) && !refusal.contains("mallory"), "{refusal}");
    registry.respond(&manifest_path("1"), [Reply::redirect(&other)]);
    let refusal = bind(&sandbox, &registry.reference("1"), &[]).refused(1, "registry-redirect");
    assert!(refusal.contains(&storage.url("/token")) && !refusal.contains("mallory"), "{refusal}");
}

#[test]
fn offline_mode_sends_no_request() {
    let (sandbox, registry, _) = with_registry();
    let reference = registry.reference("1");
    let refusal = bind(&sandbox, &reference, &["--offline"]).refused(2, "offline");
    assert!(refusal.contains(&reference) && refusal.contains("not in the cache"), "{refusal}");
    assert!(registry.requests().is_empty(), "{:#?}", registry.requests());

    bind(&sandbox, &reference, &[]).succeeded();
    let before = registry.requests().len();
    bind(&sandbox, &reference, &["--offline"]).succeeded();
    sandbox.env().doctor().offline().succeeded();
    run(sandbox.env().doctor().command().env("GTC_OFFLINE", "1")).succeeded();
    assert_eq!(registry.requests().len(), before);
}
