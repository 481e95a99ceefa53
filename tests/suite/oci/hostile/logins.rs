//! Logins: without a challenge, or with one that sends the password to another host. A
//! password is configured in all cases.

use super::{Case, Stage};
use test_support::registry::reply::Reply;

/// Demands a token from the registry itself, which responds like this.
fn token(stage: &Stage, reply: Reply) -> String {
    stage.registry.respond("/token", [reply]);
    stage.manifest([Reply::bearer(&stage.registry.url("/token"))])
}

pub const CASES: &[Case] = &[
    Case::new(
        "401 without a challenge",
        |stage| stage.manifest([Reply::new(401)]),
        "registry-unauthorized",
        &["401"],
    ),
    Case::new(
        "401 with unsupported challenges",
        |stage| {
            stage.manifest([
                Reply::new(401).header("WWW-Authenticate", "Negotiate, Digest realm=\"x\"")
            ])
        },
        "registry-unauthorized",
        &["401"],
    ),
    Case::new(
        "a long challenge",
        |stage| {
            stage.manifest([
                Reply::new(401).header("WWW-Authenticate", &"Bearer ,=\",".repeat(4_000))
            ])
        },
        "registry-unauthorized",
        &["401"],
    ),
    Case::new(
        "403",
        |stage| stage.manifest([Reply::error(403, "DENIED", "\u{1b}[2Jno")]),
        "registry-unauthorized",
        &["403"],
    ),
    Case::new(
        "401 after a login",
        |stage| stage.manifest([Reply::new(401).header("WWW-Authenticate", "Basic realm=\"x\"")]),
        "registry-unauthorized",
        &["401"],
    ),
    Case::new(
        "a realm on another host",
        |stage| stage.manifest([Reply::bearer(&stage.elsewhere.url("/token"))]),
        "registry-login-refused",
        &["which is another host"],
    ),
    Case::new(
        "a realm that is a file",
        |stage| stage.manifest([Reply::bearer("file:///etc/passwd")]),
        "registry-login-refused",
        &["file:///etc/passwd"],
    ),
    Case::new(
        "a realm that only begins like the registry",
        |stage| {
            stage.manifest([Reply::bearer(&format!(
                "http://{}@other.example/",
                stage.registry.host()
            ))])
        },
        "registry-login-refused",
        &["other.example"],
    ),
    Case::new(
        "a realm that a terminal would obey",
        |stage| stage.manifest([Reply::bearer("http://\u{9b}2J\u{202e}.example/")]),
        "registry-",
        &[],
    ),
    Case::new(
        "a token without end",
        |stage| token(stage, Reply::ok("{\"token\":\"").without_length().endless()),
        "registry-too-large",
        &["65536"],
    ),
    Case::new(
        "a token that never comes",
        |stage| token(stage, Reply::silent()),
        "registry-unreachable",
        &["stopped responding"],
    ),
    Case::new(
        "a token at a byte a second",
        |stage| {
            token(
                stage,
                Reply::ok("{\"token\":\"abc\"}").slow_body(std::time::Duration::from_millis(500)),
            )
        },
        "registry-unreachable",
        &["did not finish within 2 s"],
    ),
    Case::new(
        "a token that is none",
        |stage| token(stage, Reply::ok("<html></html>")),
        "registry-malformed",
        &["a token from", "cannot be read"],
    ),
    Case::new(
        "a token that is a header of its own",
        |stage| token(stage, Reply::ok("{\"token\":\"a\\r\\nHost: other.example\"}")),
        "registry-malformed",
        &["is not valid in an HTTP header"],
    ),
    Case::new(
        "an answer without a token",
        |stage| token(stage, Reply::ok("{\"token\":null,\"expires_in\":1e400}")),
        "registry-malformed",
        &["a token from"],
    ),
    Case::new(
        "a redirect of the token request",
        |stage| token(stage, Reply::redirect(&stage.elsewhere.url("/token"))),
        "registry-redirect",
        &["redirects are not followed for tokens"],
    ),
    Case::new(
        "a token service that denies access",
        |stage| token(stage, Reply::error(401, "UNAUTHORIZED", "wrong password")),
        "registry-unauthorized",
        &["401"],
    ),
    Case::new(
        "a token that is not accepted",
        |stage| token(stage, Reply::ok("{\"token\":\"abc\"}")),
        "registry-unauthorized",
        &["401"],
    ),
];
