//! Connections: silent, slow, broken, and full of what is no HTTP.

use std::time::Duration;

use super::{Case, Stage};
use crate::support::registry::hostile::manifest_path;
use crate::support::registry::reply::Reply;

/// Shorter than a read may take, so that only the whole is too slow.
const PAUSE: Duration = Duration::from_millis(500);

/// The registry answers everything so.
fn all(stage: &Stage, reply: Reply) -> String {
    stage.registry.says("/v2/", [reply.clone()]);
    stage.manifest([reply])
}

pub const CASES: &[Case] = &[
    Case::new(
        "headers at a byte a second",
        |stage| stage.manifest([Reply::of("{}").slow(PAUSE)]),
        "registry-unreachable",
        &["did not finish within 2 s"],
    ),
    Case::new(
        "a manifest at a byte a second",
        |stage| stage.manifest([Reply::of(stage.image.manifest_bytes()).slow_body(PAUSE)]),
        "registry-unreachable",
        &["did not finish within 2 s"],
    ),
    Case::new(
        "everything at a byte a second",
        |stage| all(stage, Reply::of("{}").slow(PAUSE)),
        "registry-unreachable",
        &["did not finish within 2 s"],
    ),
    Case::new("no word", |stage| all(stage, Reply::silent()), "registry-unreachable", &[]),
    Case::new(
        "no word about the manifest",
        |stage| stage.manifest([Reply::silent()]),
        "registry-unreachable",
        &["stopped answering"],
    ),
    Case::new(
        "hanging up",
        |stage| all(stage, Reply::dropped()),
        "registry-unreachable",
        &["broke off"],
    ),
    Case::new(
        "hanging up on the manifest",
        |stage| stage.manifest([Reply::dropped()]),
        "registry-unreachable",
        &["broke off"],
    ),
    Case::new(
        "hanging up in the middle of a manifest",
        |stage| stage.manifest([Reply::of("{\"schema").claims(500)]),
        "registry-unreachable",
        &["broke off"],
    ),
    Case::new(
        "no HTTP",
        |stage| all(stage, Reply::raw("220 mail.example ESMTP \u{1b}[2J ready\r\n".repeat(100))),
        "registry-unreachable",
        &["broke off"],
    ),
    Case::new(
        "no HTTP, without end",
        |stage| stage.manifest([Reply::raw([]).and_again("x")]),
        "registry-unreachable",
        &["broke off"],
    ),
    Case::new(
        "zeros without end",
        |stage| stage.manifest([Reply::raw([]).and_again([0; 1000])]),
        "registry-unreachable",
        &["broke off"],
    ),
    Case::new(
        "headers without end",
        |stage| stage.manifest([Reply::endless_headers()]),
        "registry-unreachable",
        &["broke off"],
    ),
    Case::new(
        "one header without end",
        |stage| stage.manifest([Reply::raw("HTTP/1.1 200 OK\r\nX-Long: ").and_again("a")]),
        "registry-unreachable",
        &["broke off"],
    ),
    Case::new(
        "answers to come, without end",
        |stage| stage.manifest([Reply::raw([]).and_again("HTTP/1.1 103 Early Hints\r\n\r\n")]),
        "registry-unreachable",
        &[],
    ),
    Case::new(
        "two lengths",
        |stage| {
            let reply = Reply::of(stage.image.manifest_bytes()).claims(10);
            stage.manifest([reply.header("Content-Length", "2")])
        },
        "registry-",
        &[],
    ),
    Case::new(
        "a length that is no number",
        |stage| stage.manifest([Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}")]),
        "registry-",
        &[],
    ),
    Case::new(
        "chunks of nonsense",
        |stage| {
            let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
            stage.manifest([Reply::raw(format!("{head}ffffffffffffffffff\r\n")).and_again("x")])
        },
        "registry-unreachable",
        &["broke off"],
    ),
    Case::new(
        "a chunk size without end",
        |stage| {
            let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
            stage.manifest([Reply::raw(head).and_again("0")])
        },
        "registry-unreachable",
        &[],
    ),
    Case::new(
        "refusals without end",
        |stage| stage.manifest([Reply::refusal(503, "UNAVAILABLE", "not now")]),
        "registry-refused",
        &["status 503", "not now"],
    ),
    Case::new(
        "a storm of 429",
        |stage| {
            stage.manifest([
                Reply::refusal(429, "TOOMANYREQUESTS", "slow down").header("Retry-After", "0")
            ])
        },
        "registry-",
        &["status 429"],
    ),
    Case::new(
        "429 until another year",
        |stage| stage.manifest([Reply::new(429).header("Retry-After", "99999999")]),
        "registry-busy",
        &["99999999 s", "status 429"],
    ),
    Case::new(
        "429 until the end of time",
        |stage| stage.manifest([Reply::new(429).header("Retry-After", &u64::MAX.to_string())]),
        "registry-busy",
        &["status 429"],
    ),
    Case::new(
        "503 until a date",
        |stage| {
            stage.manifest([Reply::new(503).header("Retry-After", "Thu, 31 Dec 2099 23:59:59 GMT")])
        },
        "registry-busy",
        &["status 503"],
    ),
    Case::new(
        "429 for a time that is none",
        |stage| stage.manifest([Reply::new(429).header("Retry-After", "-1e999")]),
        "registry-",
        &["status 429"],
    ),
    Case::new(
        "a referral to another protocol",
        |stage| {
            stage.manifest([Reply::raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n")])
        },
        "registry-",
        &[],
    ),
    Case::new(
        "a manifest that leads in circles",
        |stage| stage.manifest([Reply::redirect(&manifest_path("1"))]),
        "registry-redirect",
        &["where no manifest is fetched from"],
    ),
];
