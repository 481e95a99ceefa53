//! Connections: silent, slow, broken, or without valid HTTP.

use std::time::Duration;

use super::{Case, Stage};
use test_support::registry::reply::Reply;
use test_support::registry::scripted::manifest_path;

/// Shorter than the limit of a read, so that only the whole response exceeds its limit.
const PAUSE: Duration = Duration::from_millis(500);

/// The registry answers everything so.
fn all(stage: &Stage, reply: Reply) -> String {
    stage.registry.respond("/v2/", [reply.clone()]);
    stage.manifest([reply])
}

pub const CASES: &[Case] = &[
    Case::new(
        "headers at a byte a second",
        |stage| stage.manifest([Reply::ok("{}").slow(PAUSE)]),
        "registry-unreachable",
        &["did not finish within 2 s"],
    ),
    Case::new(
        "a manifest at a byte a second",
        |stage| stage.manifest([Reply::ok(stage.image.manifest_bytes()).slow_body(PAUSE)]),
        "registry-unreachable",
        &["did not finish within 2 s"],
    ),
    Case::new(
        "everything at a byte a second",
        |stage| all(stage, Reply::ok("{}").slow(PAUSE)),
        "registry-unreachable",
        &["did not finish within 2 s"],
    ),
    Case::new("no word", |stage| all(stage, Reply::silent()), "registry-unreachable", &[]),
    Case::new(
        "no response for the manifest",
        |stage| stage.manifest([Reply::silent()]),
        "registry-unreachable",
        &["stopped responding"],
    ),
    Case::new(
        "a closed connection",
        |stage| all(stage, Reply::closed()),
        "registry-unreachable",
        &["sent an incomplete response"],
    ),
    Case::new(
        "a connection closed instead of the manifest",
        |stage| stage.manifest([Reply::closed()]),
        "registry-unreachable",
        &["sent an incomplete response"],
    ),
    Case::new(
        "a connection closed in the middle of the manifest",
        |stage| stage.manifest([Reply::ok("{\"schema").claims(500)]),
        "registry-unreachable",
        &["sent an incomplete response"],
    ),
    Case::new(
        "bytes that are not HTTP",
        |stage| all(stage, Reply::raw("220 mail.example ESMTP \u{1b}[2J ready\r\n".repeat(100))),
        "registry-unreachable",
        &["sent an incomplete response"],
    ),
    Case::new(
        "endless bytes that are not HTTP",
        |stage| stage.manifest([Reply::raw([]).repeat("x")]),
        "registry-unreachable",
        &["sent an incomplete response"],
    ),
    Case::new(
        "endless zeros",
        |stage| stage.manifest([Reply::raw([]).repeat([0; 1000])]),
        "registry-unreachable",
        &["sent an incomplete response"],
    ),
    Case::new(
        "endless headers",
        |stage| stage.manifest([Reply::endless_headers()]),
        "registry-unreachable",
        &["sent an incomplete response"],
    ),
    Case::new(
        "an endless header",
        |stage| stage.manifest([Reply::raw("HTTP/1.1 200 OK\r\nX-Long: ").repeat("a")]),
        "registry-unreachable",
        &["sent an incomplete response"],
    ),
    Case::new(
        "endless interim responses",
        |stage| stage.manifest([Reply::raw([]).repeat("HTTP/1.1 103 Early Hints\r\n\r\n")]),
        "registry-unreachable",
        &[],
    ),
    Case::new(
        "two lengths",
        |stage| {
            let reply = Reply::ok(stage.image.manifest_bytes()).claims(10);
            stage.manifest([reply.header("Content-Length", "2")])
        },
        "registry-",
        &[],
    ),
    Case::new(
        "a length that is not a number",
        |stage| stage.manifest([Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}")]),
        "registry-",
        &[],
    ),
    Case::new(
        "invalid chunks",
        |stage| {
            let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
            stage.manifest([Reply::raw(format!("{head}ffffffffffffffffff\r\n")).repeat("x")])
        },
        "registry-unreachable",
        &["sent an incomplete response"],
    ),
    Case::new(
        "an endless chunk size",
        |stage| {
            let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
            stage.manifest([Reply::raw(head).repeat("0")])
        },
        "registry-unreachable",
        &[],
    ),
    Case::new(
        "endless errors",
        |stage| stage.manifest([Reply::error(503, "UNAVAILABLE", "not now")]),
        "registry-refused",
        &["status 503", "not now"],
    ),
    Case::new(
        "repeated 429",
        |stage| {
            stage.manifest([
                Reply::error(429, "TOOMANYREQUESTS", "slow down").header("Retry-After", "0")
            ])
        },
        "registry-",
        &["status 429"],
    ),
    Case::new(
        "429 with a date in another year",
        |stage| stage.manifest([Reply::new(429).header("Retry-After", "99999999")]),
        "registry-busy",
        &["99999999 s", "status 429"],
    ),
    Case::new(
        "429 with a huge number of seconds",
        |stage| stage.manifest([Reply::new(429).header("Retry-After", &u64::MAX.to_string())]),
        "registry-busy",
        &["status 429"],
    ),
    Case::new(
        "503 with a date",
        |stage| {
            stage.manifest([Reply::new(503).header("Retry-After", "Thu, 31 Dec 2099 23:59:59 GMT")])
        },
        "registry-busy",
        &["status 503"],
    ),
    Case::new(
        "429 with an invalid time",
        |stage| stage.manifest([Reply::new(429).header("Retry-After", "-1e999")]),
        "registry-",
        &["status 429"],
    ),
    Case::new(
        "a switch to another protocol",
        |stage| {
            stage.manifest([Reply::raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n")])
        },
        "registry-",
        &[],
    ),
    Case::new(
        "a redirect of the manifest to itself",
        |stage| stage.manifest([Reply::redirect(&manifest_path("1"))]),
        "registry-redirect",
        &["redirects are not followed for manifests"],
    ),
];
