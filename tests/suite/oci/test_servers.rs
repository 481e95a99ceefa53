//! Tests of the registries that other tests use.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

use test_support::BACKSTOP;
use test_support::registry::authority::Authority;
use test_support::registry::docker::{DockerRegistry, PASSWORD, USER};
use test_support::registry::image::Image;
use test_support::registry::reply::Reply;
use test_support::registry::scripted::{ScriptedRegistry, blob_path, manifest_path};
use test_support::registry::tokens::TokenServer;

/// The most that is read of a response, in bytes.
const MAX_RESPONSE_BYTES: u64 = 200_000;

/// Sends a request and returns the response.
fn send(mut to: impl Read + Write, request: &str, headers: &[&str]) -> String {
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    write!(to, "{request} HTTP/1.1\r\nHost: tests\r\nConnection: close\r\n{headers}\r\n")
        .expect("it listens");
    let mut response = Vec::new();
    to.take(MAX_RESPONSE_BYTES).read_to_end(&mut response).expect("it answers");
    String::from_utf8_lossy(&response).into_owned()
}

fn request(host: &str, request: &str, headers: &[&str]) -> String {
    let stream = TcpStream::connect(host).expect("it listens");
    stream.set_read_timeout(Some(BACKSTOP)).expect("a socket");
    send(stream, request, headers)
}

#[test]
fn a_scripted_registry_follows_its_script() {
    let image = Image::pack(b"some archive");
    let registry = ScriptedRegistry::with_image(&image);
    let get = |path: &str| request(&registry.host(), &format!("GET {path}"), &["Accept: anything"]);
    assert!(get(&manifest_path("1")).ends_with(&image.manifest.to_string()));
    assert!(get(&manifest_path(&image.digest())).contains(&image.digest()));
    assert!(get(&blob_path(image.layer())).ends_with("\r\n\r\nsome archive"));
    assert!(get(&manifest_path("2")).starts_with("HTTP/1.1 404 "));
    let head = request(&registry.host(), &format!("HEAD {}", manifest_path("1")), &[]);
    assert!(head.contains("Content-Length: ") && head.ends_with("\r\n\r\n"), "{head}");

    registry.respond(
        "/x",
        [Reply::new(503).header("Retry-After", "1"), Reply::closed(), Reply::ok("good")],
    );
    assert!(get("/x").contains("Retry-After: 1\r\n"));
    assert_eq!(get("/x"), "");
    assert!(get("/x?a=b%2Fc+d").ends_with("good"));
    assert!(get("/x").ends_with("good"));
    assert_eq!(registry.request_count("/x"), 4);
    let last = &registry.requests()[registry.requests().len() - 2];
    assert_eq!(
        (last.method.as_str(), last.query["a"].as_str(), last.header("accept")),
        ("GET", "b/c d", Some("anything"))
    );

    registry.respond("/x", [Reply::ok("12345").claims(9)]);
    assert!(get("/x").ends_with("Content-Length: 9\r\n\r\n12345"));
    for endless in [Reply::ok("x").without_length().endless(), Reply::endless_headers()] {
        registry.respond("/x", [endless]);
        assert_eq!(get("/x").len() as u64, MAX_RESPONSE_BYTES);
    }
    registry.respond("/x", [Reply::ok("abc").slow_body(Duration::from_millis(30))]);
    let start = Instant::now();
    assert!(get("/x").ends_with("abc"));
    assert!(start.elapsed() >= Duration::from_millis(90));
}

#[test]
fn a_tls_registry_has_a_certificate_of_its_authority() {
    let authority = Authority::new();
    let registry = ScriptedRegistry::tls(&authority);
    let handshake = |trusted: &[&Authority]| {
        let mut roots = RootCertStore::empty();
        for authority in trusted {
            let certificate =
                CertificateDer::from_pem_slice(authority.pem().as_bytes()).expect("a certificate");
            roots.add(certificate).expect("a root");
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.expect("protocols").with_root_certificates(roots).with_no_client_auth();
        let name = ServerName::try_from("localhost").expect("a name");
        let mut session = ClientConnection::new(Arc::new(config), name).expect("a session");
        let mut stream = TcpStream::connect(registry.host()).expect("it listens");
        session.complete_io(&mut stream).map(|_| StreamOwned::new(session, stream))
    };
    let stream = handshake(&[&authority]).expect("the authority is trusted");
    assert!(send(stream, "GET /v2/", &[]).ends_with("{}"));
    handshake(&[&Authority::new()]).expect_err("the authority is not trusted");
    assert_eq!(registry.request_count("/v2/"), 1);
}

#[test]
#[ignore = "needs docker-registry; `cargo xtask test` runs it"]
fn the_docker_registry_authenticates() {
    let status = |registry: &DockerRegistry, authorization: Option<&str>| {
        let header = authorization.map(|value| format!("Authorization: {value}"));
        let path = "/v2/team/vault/tags/list";
        let headers: Vec<&str> = header.iter().map(String::as_str).collect();
        request(registry.host(), &format!("GET {path}"), &headers)[9..12].to_owned()
    };
    let basic = |password: &str| format!("Basic {}", STANDARD.encode(format!("{USER}:{password}")));
    // 404: access is allowed, and the repository does not exist
    assert_eq!(status(&DockerRegistry::open(), None), "404");

    let registry = DockerRegistry::with_passwords();
    assert_eq!(status(&registry, None), "401");
    assert_eq!(status(&registry, Some(&basic("wrong"))), "401");
    assert_eq!(status(&registry, Some(&basic(PASSWORD))), "404");

    let tokens = TokenServer::start();
    let registry = DockerRegistry::with_tokens(&tokens);
    let token = |name: &str, authorization: &str| {
        let target =
            format!("/token?service={}&scope=repository:{name}:pull", TokenServer::SERVICE);
        let response = request(
            &tokens.host(),
            &format!("GET {target}"),
            &[&format!("Authorization: {authorization}")],
        );
        let body: Value =
            serde_json::from_str(response.split("\r\n\r\n").nth(1).expect("a body")).expect("JSON");
        body["token"].as_str().map(|token| format!("Bearer {token}"))
    };
    assert_eq!(status(&registry, None), "401");
    assert_eq!(status(&registry, Some("Bearer a.b.c")), "401");
    assert_eq!(status(&registry, token("team/other", &basic(PASSWORD)).as_deref()), "401");
    assert_eq!(status(&registry, token("team/vault", &basic(PASSWORD)).as_deref()), "404");
    assert_eq!(token("team/vault", &basic("wrong")), None);
}
