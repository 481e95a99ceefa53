//! Registries with TLS, and the authorities that they need.

use super::{archive, bind, files};
use test_support::Sandbox;
use test_support::registry::authority::Authority;
use test_support::registry::image::Image;
use test_support::registry::reply::Reply;
use test_support::registry::scripted::{ScriptedRegistry, blob_path};

#[test]
fn an_authority_is_trusted_only_if_it_is_named() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let authority = Authority::new();
    let image = Image::pack(&archive());
    let registry = ScriptedRegistry::tls(&authority);
    registry.serve("1", &image);
    let reference = registry.reference("1");
    let own = sandbox.write("own.pem", authority.pem()).display().to_string();
    let other = sandbox.write("other.pem", Authority::new().pem()).display().to_string();

    for flags in [&[][..], &["--ca-file", other.as_str()]] {
        let refusal = bind(&sandbox, &reference, flags).refused(2, "registry-untrusted");
        for text in [reference.as_str(), "cannot be trusted", "--ca-file"] {
            assert!(refusal.contains(text), "{text}: {refusal}");
        }
    }
    assert!(files(sandbox.cache_folder()).is_empty(), "{:?}", files(sandbox.cache_folder()));
    assert!(registry.requests().is_empty(), "{:#?}", registry.requests());

    let none = sandbox.write("none.pem", "no certificate").display().to_string();
    bind(&sandbox, &reference, &["--ca-file", &none]).refused(2, "registry-settings");
    bind(&sandbox, &reference, &["--ca-file", &own]).succeeded();
}

#[test]
fn a_certificate_is_valid_only_for_its_names() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let authority = Authority::new();
    let registry = ScriptedRegistry::tls_for_names(&authority, &["registry.example"]);
    registry.serve("1", &Image::pack(&archive()));
    let own = sandbox.write("own.pem", authority.pem()).display().to_string();
    let refusal = bind(&sandbox, &registry.reference("1"), &["--ca-file", &own])
        .refused(2, "registry-untrusted");
    assert!(refusal.contains("cannot be trusted"), "{refusal}");
}

#[test]
fn a_redirect_to_plain_http_is_not_followed() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let authority = Authority::new();
    let image = Image::pack(&archive());
    let registry = ScriptedRegistry::tls(&authority);
    registry.serve("1", &image);
    let own = sandbox.write("own.pem", authority.pem()).display().to_string();
    registry.respond(&blob_path(image.layer()), [Reply::redirect("http://store.example/layer")]);
    let refusal = bind(&sandbox, &registry.reference("1"), &["--ca-file", &own])
        .refused(1, "registry-redirect");
    assert!(refusal.contains("it is not encrypted"), "{refusal}");
}
