//! Layers: other bytes, fewer, more, without end, and from anywhere.

use std::time::Duration;

use serde_json::json;

use super::Case;
use crate::support::registry::hostile::blob_path;
use crate::support::registry::reply::Reply;

const SECOND: Duration = Duration::from_secs(1);

pub const CASES: &[Case] = &[
    Case::new(
        "other bytes",
        |stage| {
            let mut bytes = stage.bytes();
            bytes[100] ^= 1;
            stage.layer([Reply::of(bytes)])
        },
        "registry-digest-mismatch",
        &["the layer from", "instead of sha256:"],
    ),
    Case::new(
        "a layer that breaks off",
        |stage| stage.layer([Reply::of(&stage.bytes()[..100]).claims(stage.bytes().len() as u64)]),
        "registry-unreachable",
        &["broke off"],
    ),
    Case::new(
        "a layer that ends early",
        |stage| stage.layer([Reply::of(&stage.bytes()[..100])]),
        "registry-unreachable",
        &["100 of "],
    ),
    Case::new(
        "an empty layer",
        |stage| stage.layer([Reply::of("")]),
        "registry-unreachable",
        &["0 of "],
    ),
    Case::new(
        "a layer with one byte more",
        |stage| stage.layer([Reply::of([stage.bytes(), vec![0]].concat())]),
        "registry-digest-mismatch",
        &["bytes instead of"],
    ),
    Case::new(
        "a layer without end",
        |stage| stage.layer([Reply::of(stage.bytes()).without_length().endless()]),
        "registry-digest-mismatch",
        &["bytes instead of"],
    ),
    Case::new(
        "a descriptor that says less than there is",
        |stage| stage.edited(|manifest| manifest["layers"][0]["size"] = json!(10)),
        "registry-digest-mismatch",
        &["11 bytes instead of 10"],
    ),
    Case::new(
        "a descriptor that says more than there is",
        |stage| stage.edited(|manifest| manifest["layers"][0]["size"] = json!(60 << 20)),
        "registry-unreachable",
        &["of 62914560 bytes"],
    ),
    Case::new(
        "no layer at all",
        |stage| stage.layer([Reply::refusal(404, "BLOB_UNKNOWN", "gone")]),
        "not-in-registry",
        &["does not have the layer"],
    ),
    Case::new(
        "a byte a second",
        |stage| stage.layer([Reply::of(stage.bytes()).slow_body(SECOND / 2)]),
        "registry-unreachable",
        &["did not finish within 2 s"],
    ),
    Case::new(
        "a layer that stops in the middle",
        |stage| stage.layer([Reply::of(&stage.bytes()[..100]).claims(5_000).then_silent()]),
        "registry-unreachable",
        &["stopped answering"],
    ),
    Case::new(
        "a continuation of something else",
        |stage| {
            let broken = Reply::of(&stage.bytes()[..100]).claims(stage.bytes().len() as u64);
            let rest = vec![b'x'; stage.bytes().len() - 100];
            stage.layer([broken, Reply::new(206).header("Content-Range", "bytes 0-1/2").body(rest)])
        },
        "registry-",
        &["the layer from"],
    ),
    Case::new(
        "a redirect that leads to itself",
        |stage| stage.layer([Reply::redirect(&blob_path(stage.image.layer()))]),
        "registry-redirect",
        &["after more redirects than anybody follows"],
    ),
    Case::new(
        "two servers that send each to the other",
        |stage| {
            let path = blob_path(stage.image.layer());
            stage.elsewhere.says(&path, [Reply::redirect(&stage.registry.url(&path))]);
            stage.layer([Reply::redirect(&stage.elsewhere.url(&path))])
        },
        "registry-redirect",
        &["after more redirects than anybody follows"],
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
        "a redirect to where nothing is encrypted",
        |stage| stage.layer([Reply::redirect("http://registry.example/layer")]),
        "registry-redirect",
        &["where nothing is encrypted"],
    ),
    Case::new(
        "a redirect that a terminal would obey",
        |stage| stage.layer([Reply::redirect("gopher://\u{9b}2J\u{202e}/")]),
        "registry-redirect",
        &[],
    ),
    Case::new(
        "other bytes from elsewhere",
        |stage| {
            let path = blob_path(stage.image.layer());
            stage.elsewhere.says(&path, [Reply::of(vec![0; stage.bytes().len()])]);
            stage.layer([Reply::redirect(&stage.elsewhere.url(&path))])
        },
        "registry-digest-mismatch",
        &["the layer from"],
    ),
];
