//! Manifests: too large, of other artifacts, or with invalid fields.

use serde_json::json;

use super::Case;
use test_support::registry::image::Image;
use test_support::registry::reply::Reply;
use test_support::registry::scripted::manifest_path;

const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

pub const CASES: &[Case] = &[
    Case::new(
        "another manifest than its digest says",
        |stage| {
            let other = Image::pack(b"another archive").manifest_bytes();
            stage.registry.respond(&manifest_path(&stage.image.digest()), [Reply::ok(other)]);
            stage.registry.reference(&format!("@{}", stage.image.digest()))
        },
        "registry-digest-mismatch",
        &["the manifest from", "instead of sha256:"],
    ),
    Case::new(
        "another manifest than the registry itself says",
        |stage| {
            let reply = Reply::ok(stage.image.manifest_bytes());
            stage.manifest([reply.header("Docker-Content-Digest", DIGEST)])
        },
        "registry-digest-mismatch",
        &["the manifest from", DIGEST],
    ),
    Case::new(
        "a manifest of 5 MB",
        |stage| stage.manifest([Reply::ok(vec![b' '; 5_000_000])]),
        "registry-too-large",
        &["the manifest from", "1048576"],
    ),
    Case::new(
        "a manifest without end",
        |stage| stage.manifest([Reply::ok("{").without_length().endless()]),
        "registry-too-large",
        &["the manifest from", "1048576"],
    ),
    Case::new(
        "a manifest that claims to be enormous",
        |stage| stage.manifest([Reply::ok("{").claims(u64::MAX).endless()]),
        "registry-too-large",
        &["the manifest from", "1048576"],
    ),
    Case::new(
        "a manifest that is somewhere else",
        |stage| {
            let (image, elsewhere) = (&stage.image, &stage.elsewhere);
            elsewhere.serve("1", image);
            stage.manifest([Reply::redirect(&elsewhere.url(&manifest_path("1")))])
        },
        "registry-redirect",
        &["redirects are not followed for manifests"],
    ),
    Case::new(
        "a manifest that is at another path",
        |stage| stage.manifest([Reply::redirect(&manifest_path(&stage.image.digest()))]),
        "registry-redirect",
        &["redirects are not followed for manifests"],
    ),
    Case::new(
        "a redirect with control characters",
        |stage| stage.manifest([Reply::redirect("http://\u{9b}2J.example/\u{202e}")]),
        "registry-redirect",
        &[],
    ),
    Case::new(
        "no manifest",
        |stage| stage.manifest([Reply::new(404)]),
        "not-in-registry",
        &["does not have the manifest"],
    ),
    Case::new(
        "an empty manifest",
        |stage| stage.manifest([Reply::ok("")]),
        "registry-malformed",
        &["cannot be read"],
    ),
    Case::new(
        "no content",
        |stage| stage.manifest([Reply::new(204)]),
        "registry-malformed",
        &["the manifest", "cannot be read"],
    ),
    Case::new(
        "a page for people",
        |stage| {
            stage.manifest([Reply::ok("<html>Welcome</html>").header("Content-Type", "text/html")])
        },
        "registry-malformed",
        &["the manifest", "cannot be read"],
    ),
    Case::new(
        "brackets a thousand deep",
        |stage| stage.manifest([Reply::ok("[".repeat(1_000_000))]),
        "registry-malformed",
        &["the manifest", "cannot be read"],
    ),
    Case::new(
        "an index",
        |stage| stage.image(&Image::index(&stage.image)),
        "not-a-pack",
        &["an index of several images"],
    ),
    Case::new(
        "a container",
        |stage| stage.image(&Image::container()),
        "not-a-pack",
        &["a container image"],
    ),
    Case::new(
        "something else",
        |stage| {
            stage.image(&Image::new(
                "text/plain",
                b"{}",
                &[("text/x-poem", b"roses"), ("text/plain", b"x")],
            ))
        },
        "not-a-pack",
        &["text/x-poem"],
    ),
    Case::new(
        "a media type that a terminal would obey",
        |stage| {
            stage.image(&Image::new("text/plain", b"{}", &[("text/\u{1b}]0;owned\u{7}", b"x")]))
        },
        "not-a-pack",
        &["owned"],
    ),
    Case::new(
        "17 layers",
        |stage| {
            stage.edited(|manifest| {
                manifest["layers"] = json!(vec![manifest["layers"][0].clone(); 17])
            })
        },
        "registry-malformed",
        &["17 layers"],
    ),
    Case::new(
        "two packs",
        |stage| {
            stage.edited(|manifest| {
                manifest["layers"] = json!(vec![manifest["layers"][0].clone(); 2])
            })
        },
        "registry-malformed",
        &["2 layers that could be the pack"],
    ),
    Case::new(
        "no layers",
        |stage| stage.edited(|manifest| manifest["layers"] = json!([])),
        "not-a-pack",
        &["layers"],
    ),
    Case::new(
        "a layer of all the bytes there are",
        |stage| stage.edited(|manifest| manifest["layers"][0]["size"] = json!(u64::MAX)),
        "registry-too-large",
        &["the layer from"],
    ),
    Case::new(
        "a layer of fewer than no bytes",
        |stage| stage.edited(|manifest| manifest["layers"][0]["size"] = json!(-1)),
        "registry-malformed",
        &["the manifest", "-1"],
    ),
    Case::new(
        "a digest that leads out of the store",
        |stage| {
            stage.edited(|manifest| {
                manifest["layers"][0]["digest"] = json!("sha256:../../../../etc/passwd")
            })
        },
        "registry-malformed",
        &["the manifest"],
    ),
    Case::new(
        "a digest of another kind",
        |stage| {
            stage.edited(|manifest| {
                manifest["layers"][0]["digest"] = json!(format!("sha512:{}", "0".repeat(128)))
            })
        },
        "registry-malformed",
        &["the manifest"],
    ),
    Case::new(
        "a digest that a terminal would obey",
        |stage| {
            stage.edited(|manifest| {
                manifest["layers"][0]["digest"] = json!("sha256:\u{1b}[2J\u{202e}")
            })
        },
        "registry-malformed",
        &["the manifest"],
    ),
    Case::new(
        "another schema",
        |stage| stage.edited(|manifest| manifest["schemaVersion"] = json!(1)),
        "registry-malformed",
        &["schema version is 1"],
    ),
    Case::new(
        "two answers to one question",
        |stage| {
            let twice = stage.image.manifest.to_string().replacen(
                "\"layers\"",
                "\"layers\":[],\"layers\"",
                1,
            );
            stage.manifest([Reply::ok(twice)])
        },
        "registry-malformed",
        &["the manifest", "layers"],
    ),
    Case::new(
        "a refusal that a terminal would obey",
        |stage| {
            stage.manifest([Reply::error(
                400,
                "\u{1b}[2J",
                "\u{1b}]52;c;b3duZWQ=\u{7}\u{202e}owned\r\n\nsecond line",
            )])
        },
        "registry-refused",
        &["status 400", "owned"],
    ),
    Case::new(
        "a refusal without end",
        |stage| stage.manifest([Reply::new(418).body("no").without_length().endless()]),
        "registry-refused",
        &["status 418"],
    ),
];
