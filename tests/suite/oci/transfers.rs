//! Faults that pass, and layers that are kept somewhere else.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{archive, bind, kept};
use crate::support::registry::docker::{PASSWORD, USER};
use crate::support::registry::hostile::{Hostile, blob_path, manifest_path};
use crate::support::registry::image::Image;
use crate::support::registry::reply::Reply;
use crate::support::registry::server::Request;
use crate::support::{Sandbox, run};

/// A sandbox with a cache of its own, and a registry with the pack.
fn stage() -> (Sandbox, Hostile, Image) {
    let image = Image::pack(&archive());
    (Sandbox::with_local().with_own_cache(), Hostile::with(&image), image)
}

#[test]
fn what_passes_is_waited_for() {
    type Fault = fn(&[u8]) -> Reply;
    let unavailable = || Reply::refusal(503, "UNAVAILABLE", "not now");
    let cases: [(&str, Fault); 3] = [
        ("a status", |_| Reply::refusal(502, "UNAVAILABLE", "not now")),
        ("a connection", |_| Reply::dropped()),
        ("a body", |bytes| Reply::of(&bytes[..bytes.len() / 2]).claims(bytes.len() as u64)),
    ];
    for (name, fault) in cases {
        let (sandbox, registry, image) = stage();
        let (manifest, layer) = (image.manifest_bytes(), image.blobs[1].clone());
        let path = blob_path(image.layer());
        registry.says(&manifest_path("1"), [unavailable(), unavailable(), Reply::of(manifest)]);
        registry.says(&path, [fault(&layer), fault(&layer), Reply::of(layer)]);
        bind(&sandbox, &registry.reference("1"), &[]).succeeded();
        assert_eq!((registry.asked(&manifest_path("1")), registry.asked(&path)), (3, 3), "{name}");
        assert_eq!(kept(&sandbox).len(), 1, "{name}");
    }
}

#[test]
fn what_came_before_a_break_is_not_asked_for_again() {
    let (sandbox, registry, image) = stage();
    let (layer, path) = (image.blobs[1].clone(), blob_path(image.layer()));
    let broken = Reply::of(&layer[..100]).claims(layer.len() as u64);
    registry.says(&path, [broken, Reply::new(206).body(&layer[100..])]);
    bind(&sandbox, &registry.reference("1"), &[]).succeeded();
    let ranges: Vec<_> =
        registry.requests().into_iter().filter(|request| request.path == path).collect();
    let asked: Vec<_> = ranges.iter().map(|request| request.header("range")).collect();
    assert_eq!(asked, [None, Some("bytes=100-")]);
}

#[test]
fn a_registry_that_is_busy_is_left_alone_for_as_long_as_it_says() {
    let (sandbox, registry, image) = stage();
    let busy = Reply::refusal(429, "TOOMANYREQUESTS", "slow down").header("Retry-After", "1");
    registry.says(&manifest_path("1"), [busy.clone(), Reply::of(image.manifest_bytes())]);
    let start = Instant::now();
    bind(&sandbox, &registry.reference("1"), &[]).succeeded();
    assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());

    registry.says(&manifest_path("1"), [busy.header("Retry-After", "0")]);
    let before = registry.asked(&manifest_path("1"));
    bind(&sandbox, &registry.reference("1"), &["--limit", "registry.attempts=3"])
        .refused(2, "registry-refused");
    assert_eq!(registry.asked(&manifest_path("1")) - before, 3);
}

#[test]
fn who_keeps_layers_for_a_registry_is_told_no_secret() {
    let (sandbox, registry, image) = stage();
    let (path, elsewhere) = (blob_path(image.layer()), Hostile::start());
    let secret = format!("Basic {}", STANDARD.encode(format!("{USER}:{PASSWORD}")));
    sandbox.log_in(&registry.host(), USER, PASSWORD);
    let refusal = Reply::new(401)
        .header("WWW-Authenticate", "Basic realm=\"x\"")
        .header("Set-Cookie", "session=x");
    registry.says(&manifest_path("1"), [refusal, Reply::of(image.manifest_bytes())]);
    let redirect = Reply::redirect(&elsewhere.url("/store/layer?signature=abc"));
    registry.says(&path, [redirect.header("Set-Cookie", "session=x")]);
    elsewhere.says("/store/layer", [Reply::of(image.blobs[1].clone())]);
    bind(&sandbox, &registry.reference("1"), &[]).succeeded();

    let told = |request: &Request| request.header("authorization") == Some(&secret);
    // the manifest, the layer, and the looks for signatures with the same login
    assert!(
        registry.requests().iter().filter(|request| told(request)).count() >= 2,
        "{:#?}",
        registry.requests()
    );
    let [asked] = &elsewhere.requests()[..] else { panic!("{:#?}", elsewhere.requests()) };
    assert_eq!((asked.method.as_str(), asked.query["signature"].as_str()), ("GET", "abc"));
    for header in ["authorization", "cookie", "referer", "proxy-authorization"] {
        assert_eq!(asked.header(header), None, "{header}");
    }
}

#[test]
fn offline_nobody_is_asked() {
    let (sandbox, registry, _) = stage();
    let reference = registry.reference("1");
    let refusal = bind(&sandbox, &reference, &["--offline"]).refused(2, "offline");
    assert!(refusal.contains(&reference) && refusal.contains("not in the cache"), "{refusal}");
    assert!(registry.requests().is_empty(), "{:#?}", registry.requests());

    bind(&sandbox, &reference, &[]).succeeded();
    let before = registry.requests().len();
    bind(&sandbox, &reference, &["--offline"]).succeeded();
    sandbox.gtc(["op", "env", "doctor", "local", "--offline"]).succeeded();
    let mut variable = sandbox.command(env!("CARGO_BIN_EXE_gtc"));
    run(variable.args(["op", "env", "doctor", "local"]).env("GTC_OFFLINE", "1")).succeeded();
    assert_eq!(registry.requests().len(), before);
}
