//! Layers: wrong, truncated, endless, or redirected.

use std::time::Duration;

use serde_json::json;

use super::Case;
use test_support::registry::reply::Reply;
use test_support::registry::scripted::blob_path;

const SECOND: Duration = Duration::from_secs(1);

pub const CASES: &[Case] = &[
    Case::new(
        "wrong bytes",
        |stage| {
            let mut bytes = stage.bytes();
            bytes[100] ^= 1;
            stage.layer([Reply::ok(bytes)])
        },
        "registry-digest-mismatch",
        &["the layer from", "instead of sha256:"],
    ),
    Case::new(
        "a truncated layer",
        |stage| stage.layer([Reply::ok(&stage.bytes()[..100]).claims(stage.bytes().len() as u64)]),
        "registry-unreachable",
        &["sent an incomplete response"],
    ),
    Case::new(
        "a short layer",
        |stage| stage.layer([Reply::ok(&stage.bytes()[..100])]),
        "registry-unreachable",
        &["100 of "],
    ),
    Case::new(
        "an empty layer",
        |stage| stage.layer([Reply::ok("")]),
        "registry-unreachable",
        &["0 of "],
    ),
    Case::new(
        "a layer with one byte more",
        |stage| stage.layer([Reply::ok([stage.bytes(), vec![0]].concat())]),
        "registry-digest-mismatch",
        &["bytes instead of"],
    ),
    Case::new(
        "an endless layer",
        |stage| stage.layer([Reply::ok(stage.bytes()).without_length().endless()]),
        "registry-digest-mismatch",
        &["bytes instead of"],
    ),
    Case::new(
        "a descriptor with a smaller size",
        |stage| stage.edited(|manifest| manifest["layers"][0]["size"] = json!(10)),
        "registry-digest-mismatch",
        &["11 bytes instead of 10"],
    ),
    Case::new(
        "a descriptor with a larger size",
        |stage| stage.edited(|manifest| manifest["layers"][0]["size"] = json!(60 << 20)),
        "registry-unreachable",
        &["of 62914560 bytes"],
    ),
    Case::new(
        "a missing layer",
        |stage| stage.layer([Reply::error(404, "BLOB_UNKNOWN", "gone")]),
        "not-in-registry",
        &["does not have the layer"],
    ),
    Case::new(
        "a byte a second",
        |stage| stage.layer([Reply::ok(stage.bytes()).slow_body(SECOND / 2)]),
        "registry-unreachable",
        &["did not finish within 2 s"],
    ),
    Case::new(
        "a layer that stalls",
        |stage| stage.layer([Reply::ok(&stage.bytes()[..100]).claims(5_000).then_silent()]),
        "registry-unreachable",
        &["stopped responding"],
    ),
    Case::new(
        "a resumed download with other bytes",
        |stage| {
            let broken = Reply::ok(&stage.bytes()[..100]).claims(stage.bytes().len() as u64);
            let rest = vec![b'x'; stage.bytes().len() - 100];
            stage.layer([broken, Reply::new(206).header("Content-Range", "bytes 0-1/2").body(rest)])
        },
        "registry-",
        &["the layer from"],
    ),
    Case::new(
        "a redirect to itself",
        |stage| stage.layer([Reply::redirect(&blob_path(stage.image.layer()))]),
        "registry-redirect",
        &["too many redirects (limit 3)"],
    ),
    Case::new(
        "two servers that redirect to each other",
        |stage| {
            let path = blob_path(stage.image.layer());
            stage.elsewhere.respond(&path, [Reply::redirect(&stage.registry.url(&path))]);
            stage.layer([Reply::redirect(&stage.elsewhere.url(&path))])
        },
        "registry-redirect",
        &["too many redirects (limit 3)"],
    ),
    Case::new(
        "a redirect to a file",
        |stage| stage.layer([Reply::redirect("file:///etc/passwd")]),
        "registry-redirect",
        &["file:///etc/passwd"],
    ),
    Case::new(
        "a redirect to nowhere",
        |stage| stage.layer([Reply::new(307)]),
        "registry-redirect",
        &["nowhere"],
    ),
    Case::new(
        "a redirect to a host without TLS",
        |stage| stage.layer([Reply::redirect("http://registry.example/layer")]),
        "registry-redirect",
        &["it is not encrypted"],
    ),
    Case::new(
        "a redirect with control characters",
        |stage| stage.layer([Reply::redirect("gopher://\u{9b}2J\u{202e}/")]),
        "registry-redirect",
        &[],
    ),
    Case::new(
        "other bytes from another host",
        |stage| {
            let path = blob_path(stage.image.layer());
            stage.elsewhere.respond(&path, [Reply::ok(vec![0; stage.bytes().len()])]);
            stage.layer([Reply::redirect(&stage.elsewhere.url(&path))])
        },
        "registry-digest-mismatch",
        &["the layer from"],
    ),
];
