//! Tests `docs/components.md`, with substitutes for programs that a machine may not have, and
//! with the programs themselves if they are installed.

use wit_component::{ComponentEncoder, StringEncoding};

use super::code_blocks::blocks;
use super::text_of;
use crate::toolchains::toolchains;
use test_support::toolchain::path;
use test_support::{Output, Sandbox, repository};

/// A folder with the core module and the component of the handler in text format, built with the
/// libraries of `wasm-tools`.
pub(super) struct TextHandler(tempfile::TempDir);

impl TextHandler {
    pub(super) fn new() -> Self {
        let text = repository().join("tests/guests/text/handler.wat");
        let mut core = wat::parse_file(text).expect("a module");
        let mut resolve = wit_parser::Resolve::default();
        let (package, _) =
            resolve.push_dir(repository().join("wit/env-pack/0.1.0")).expect("our WIT");
        let world = resolve.select_world(&[package], Some("env-pack-handler")).expect("our world");
        wit_component::embed_component_metadata(&mut core, &resolve, world, StringEncoding::UTF8)
            .expect("metadata");
        let mut encoder = ComponentEncoder::default()
            .validate(true)
            .module(&core)
            .expect("a module of our world");
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("handler.wasm"), encoder.encode().expect("a component"))
            .expect("a file");
        std::fs::write(folder.path().join("core.wasm"), core).expect("a file");
        Self(folder)
    }

    /// The commands of the page, and the commands that replace them.
    pub(super) fn commands(&self) -> Vec<(String, String)> {
        let copy = |name: &str| format!("cp {} {name}", self.0.path().join(name).display());
        vec![
            (
                "wasm-tools component embed wit --world env-pack-handler handler.wat -o core.wasm"
                    .to_owned(),
                copy("core.wasm"),
            ),
            ("wasm-tools component new core.wasm -o handler.wasm".to_owned(), copy("handler.wasm")),
        ]
    }
}

/// Runs the commands of the page unchanged.
#[test]
#[ignore = "needs wit-bindgen, zig and wasm-tools; `cargo xtask test` runs it"]
fn a_handler_in_c_is_made_as_the_page_says() {
    let page = text_of("docs/components.md");
    let blocks = blocks(&page);
    let mut code = blocks.iter().map(|(_, _, code)| code);
    let script = code.find(|code| code.starts_with("wit-bindgen c ")).expect("commands");
    let mut sandbox = Sandbox::with_local();
    for entry in std::fs::read_dir(repository().join("wit/env-pack/0.1.0")).expect("a folder") {
        let file = entry.expect("an entry").path();
        let text = std::fs::read(&file).expect("a file");
        sandbox.write(std::path::Path::new("wit").join(file.file_name().expect("a name")), text);
    }
    sandbox.write(
        "redis.c",
        std::fs::read(repository().join("tests/guests/c/redis.c")).expect("a file"),
    );
    let inherited = std::env::var("PATH").unwrap_or_default();
    let mut shell = sandbox.command("/bin/sh");
    shell.args(["-ec", script]).env("PATH", format!("{}:{inherited}", path()));
    // keeps the C library that zig builds first, which takes a minute
    shell.env("ZIG_GLOBAL_CACHE_DIR", toolchains().join("zig"));
    Output::from(shell.output().expect("it starts")).succeeded();
    let pack = "acme.state.redis-c-0.1.0.gtpack";
    sandbox.pack().validate(pack).strict().succeeded();
    let update = sandbox.env_packs().update("state").kind("acme.state.redis-c@0.1.0");
    update.pack_ref(pack).succeeded();
    sandbox.program("redis-cli", "echo redis-cli 7.2.4");
    sandbox.env().tool_check().succeeded().shows(&["redis-cli 7.2.4"]);
}
