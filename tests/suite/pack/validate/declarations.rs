//! Packs with invalid declarations, or with declarations that differ from the handler.

use env_pack_domain::Permissions;
use env_pack_domain::abi::PERMISSIONS_SECTION;
use greentic_types::{PackManifest, decode_pack_manifest, encode_pack_manifest};
use gtc_archive::{HandlerDeclaration, NewHandler, NewPack};

use wasm_encoder::{Component, CustomSection};

use super::archives::valid;
use super::{Broken, handler, pack_of};
use test_support::packs::{self, permissions};
use test_support::wat::Handler;
use test_support::zips::{Entry, Zip, sealed};

pub fn broken() -> Vec<Broken> {
    let mut broken = manifests();
    broken.extend(answers());
    broken.extend(imports());
    let schema = "{\"type\": \"object\", \"$ref\": \"https://evil.example/schema\"}";
    let archive = handler().archive_with_schema("1.0.0", schema);
    broken.push(Broken::new("answers-schema-invalid", "a reference to a server", archive));
    broken
}

fn with_manifest(change: impl FnOnce(&mut PackManifest)) -> Vec<u8> {
    let mut entries = valid();
    let mut manifest = decode_pack_manifest(&entries[0].1).expect("a manifest");
    // the manifest of the component would contradict the change
    entries.retain(|(name, _)| !name.ends_with(".manifest.cbor"));
    manifest
        .extensions
        .as_mut()
        .expect("extensions")
        .remove("greentic.pack.component_manifests@v1");
    change(&mut manifest);
    entries[0].1 = encode_pack_manifest(&manifest).expect("a manifest");
    Zip::stored(&sealed(entries)).bytes()
}

/// A valid pack without a handler.
pub fn without_handler() -> Vec<u8> {
    with_manifest(|manifest| {
        manifest.components[0].world = "acme:other/world@1.0.0".to_owned();
        manifest.extensions = None;
    })
}

fn manifests() -> Vec<Broken> {
    let second = |manifest: &mut PackManifest| {
        let mut component = manifest.components[0].clone();
        component.id = "other".parse().expect("an id");
        manifest.components.push(component);
    };
    let elsewhere = |manifest: &mut PackManifest| {
        let extensions = manifest.extensions.as_mut().expect("extensions");
        extensions.get_mut("greentic.env-pack.v1").expect("ours").version = "2.0.0".to_owned();
    };
    let own = |change: &dyn Fn(&mut Vec<Entry>)| {
        let mut entries = valid();
        change(&mut entries);
        Zip::stored(&sealed(entries)).bytes()
    };
    let file = "components/handler.manifest.cbor";
    let content = |entries: &mut Vec<Entry>, change: &dyn Fn(&mut Vec<u8>)| {
        let entry = entries
            .iter_mut()
            .find(|(name, _)| name == file)
            .expect("the manifest of the component");
        change(&mut entry.1);
    };
    let another = |name: &str| {
        let component = wat::parse_str("(component)").expect("a component");
        own(&|entries| entries.push((name.to_owned(), component.clone())))
    };
    let world = "greentic:env-pack/env-pack-handler@0.2.0";
    vec![
        Broken::new(
            "component-undeclared",
            "a component that no manifest names",
            another("components/other.wasm"),
        ),
        Broken::new("component-undeclared", "a component elsewhere", another("assets/other.bin")),
        Broken::new(
            "component-manifest-missing",
            "a component without its manifest",
            own(&|entries| entries.retain(|(name, _)| name != file)),
        ),
        Broken::new(
            "component-manifest-invalid",
            "no manifest of a component",
            own(&|entries| content(entries, &|bytes| *bytes = vec![0xa0])),
        ),
        Broken::new(
            "component-manifest-invalid",
            "a manifest of a component that is larger than that of a pack may be",
            own(&|entries| content(entries, &|bytes| *bytes = vec![0x80; (1 << 20) + 1])),
        ),
        Broken::new(
            "component-manifest-differs",
            "a manifest of another version of the component",
            own(&|entries| content(entries, &|bytes| replace(bytes, b"1.0.0", b"1.0.1"))),
        ),
        Broken::new(
            "component-manifest-differs",
            "a manifest of another world",
            own(&|entries| {
                content(entries, &|bytes| replace(bytes, b"env-pack-handler", b"env-pack-deputys"))
            }),
        ),
        Broken::new(
            "component-manifest-differs",
            "a manifest of another component",
            own(&|entries| content(entries, &|bytes| replace(bytes, b"handler", b"another"))),
        ),
        Broken::new("component-missing", "a component that is not there", with_manifest(second)),
        Broken::new(
            "declaration-invalid",
            "a declaration of another version",
            with_manifest(elsewhere),
        ),
        Broken::new(
            "handler-undeclared",
            "no declaration",
            with_manifest(|manifest| manifest.extensions = None),
        ),
        Broken::new(
            "world-differs",
            "another version of the world",
            with_manifest(|manifest| world.clone_into(&mut manifest.components[0].world)),
        ),
        Broken::new(
            "publisher-empty",
            "no publisher",
            with_manifest(|manifest| manifest.publisher.clear()),
        ),
        Broken::new("pack-without-handler", "no handler", without_handler())
            .flags(&["--require-handler"]),
        Broken::new("pack-without-handler", "no handler, and none required", without_handler()),
    ]
}

/// Replaces the first occurrence of `from`.
fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    let at = bytes.windows(from.len()).position(|window| window == from).expect("what is replaced");
    bytes[at..at + to.len()].copy_from_slice(to);
}

/// A pack with this handler and this declaration.
fn stating(handler: &Handler, slot: &str, path: &str, versions: &str) -> Vec<u8> {
    packs::archive(slot, path, versions, handler.component(), Permissions::default())
}

fn answers() -> Vec<Broken> {
    let valid = |code, name: &str, handler: &Handler| {
        Broken::new(code, name, stating(handler, handler.slot, &handler.path, &handler.versions))
    };
    let of = |slot, path: &str, versions: &str| Handler::new(slot, path, versions);
    let path = "test.state.broken";
    vec![
        Broken::new("slot-differs", "another slot", stating(&handler(), "sessions", path, "^1")),
        Broken::new(
            "descriptor-path-differs",
            "another path",
            stating(&handler(), "state", "test.state.x", "^1"),
        ),
        Broken::new(
            "supported-versions-differ",
            "another requirement",
            stating(&handler(), "state", path, "^1.0"),
        ),
        valid(
            "own-version-unsupported",
            "a requirement beyond its own version",
            &of("state", path, "^2"),
        ),
        valid("supports-every-version", "no requirement at all", &of("state", path, "*")),
        valid(
            "supports-later-versions",
            "a requirement without an end",
            &of("state", path, ">=0.1.0"),
        ),
        valid(
            "supports-later-versions",
            "a requirement of two parts without an end",
            &of("state", path, ">0.1, >=0.2"),
        ),
        valid(
            "descriptor-names-other-slot",
            "the name of another slot",
            &of("state", "test.secrets.x", "^1"),
        ),
        valid(
            "path-of-builtin",
            "the path of a built-in",
            &of("state", "greentic.state.in-memory", "^1"),
        ),
        Broken::new("path-answered-twice", "two handlers of one path", twice()),
    ]
}

fn twice() -> Vec<u8> {
    pack_of_handlers([handler(), handler()])
}

/// A pack of these handlers, each with a valid declaration.
pub fn pack_of_handlers(handlers: impl IntoIterator<Item = Handler>) -> Vec<u8> {
    let one = |(at, handler): (usize, Handler)| NewHandler {
        component: format!("handler{at}"),
        bytes: handler.component(),
        declared: HandlerDeclaration {
            slot: "state".parse().expect("a slot"),
            descriptor_path: handler.path.parse().expect("a path"),
            supported_versions: "^1".parse().expect("a requirement"),
            permissions: Permissions::default(),
        },
    };
    let id = "test.many".to_owned();
    let version = "1.0.0".parse().expect("a version");
    let handlers = handlers.into_iter().enumerate().map(one).collect();
    gtc_archive::write(&NewPack {
        id,
        version,
        publisher: "test".to_owned(),
        answers_schema: None,
        handlers,
    })
    .expect("a pack")
}

const PROBE: &str = "(import \"greentic:env-pack/tools@0.1.0\" \"probe\" (func $probe (param i32 i32 i32 i32 i32)))";
const REACH: &str =
    "(import \"greentic:env-pack/network@0.1.0\" \"reach\" (func $reach (param i32 i32 i32 i32)))";

/// A pack whose handler imports what these permissions need, and that declares them.
pub fn asking(handler: &Handler, tools: &[&str], network: &[&str]) -> Vec<u8> {
    let imports = [(PROBE, tools), (REACH, network)];
    let imports =
        imports.into_iter().filter(|(_, wanted)| !wanted.is_empty()).map(|(import, _)| import);
    let handler = Handler { imports: imports.collect(), ..handler.clone() };
    packs::archive(
        "state",
        "test.state.broken",
        "^1",
        handler.component(),
        permissions(tools, network),
    )
}

fn imports() -> Vec<Broken> {
    let importing =
        |import: &str| pack_of(Handler { imports: import.to_owned(), ..handler() }.component());
    let declaring = |tools: &[&str], network: &[&str]| {
        let permissions = permissions(tools, network);
        packs::archive("state", "test.state.broken", "^1", handler().component(), permissions)
    };
    let saying = |section: &str| {
        let custom =
            CustomSection { name: PERMISSIONS_SECTION.into(), data: section.as_bytes().into() };
        let mut more = Component::new();
        more.section(&custom);
        let handler = Handler { imports: PROBE.to_owned(), ..handler() };
        // all but the header of a component
        let component = [handler.component(), more.finish()[8..].to_vec()].concat();
        packs::archive(
            "state",
            "test.state.broken",
            "^1",
            component,
            permissions(&["vault version"], &[]),
        )
    };
    let more = r#"{"tools":[{"tool":"vault","args":["version"]},{"tool":"vault","args":["status"]}],"network":[]}"#;
    vec![
        Broken::new(
            "permissions-section-malformed",
            "a section that is not CBOR",
            saying("not CBOR"),
        ),
        Broken::new("permissions-incomplete", "a command that the component needs", saying(more)),
        Broken::new("tools-not-declared", "undeclared programs", importing(PROBE)),
        Broken::new("network-not-declared", "undeclared connections", importing(REACH)),
        Broken::new(
            "tools-not-imported",
            "programs for nothing",
            declaring(&["vault version"], &[]),
        ),
        Broken::new(
            "network-not-imported",
            "connections for nothing",
            declaring(&[], &["vault.example:8200"]),
        ),
    ]
}
