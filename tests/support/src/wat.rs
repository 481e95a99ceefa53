//! Builds components from WebAssembly text: harmless handlers in one line, and handlers
//! that misbehave in one place.

use wit_component::{ComponentEncoder, StringEncoding};

/// A handler as a core module. Every field has a harmless default; a test changes what it
/// is about.
#[derive(Clone)]
pub struct Handler {
    pub slot: &'static str,
    pub path: String,
    pub versions: String,
    /// The bodies of the exported functions, with an `i32` as result.
    pub slot_body: Option<String>,
    pub path_body: Option<String>,
    pub versions_body: Option<String>,
    pub preflight_body: Option<String>,
    pub realloc_body: Option<String>,
    /// Minimum and maximum of the memory, in pages.
    pub memory: String,
    /// Further fields of the module. Imports come first.
    pub imports: String,
    pub fields: String,
    /// Further WIT packages, and replacements in our own WIT.
    pub packages: Vec<(String, String)>,
    pub wit: Vec<(String, String)>,
    /// Replacements in the core module.
    pub core: Vec<(String, String)>,
}

const SLOTS: [&str; 8] = [
    "deployer",
    "secrets",
    "telemetry",
    "sessions",
    "state",
    "revocation",
    "messaging",
    "extension",
];
/// The address of the texts. Before them are the pairs of address and length that the
/// exports return.
const PATH_AT: usize = 4096;
const VERSIONS_AT: usize = 1024;
const FREE_FROM: usize = 64 << 10;
/// The address and length of the name of a slot, and the name itself.
const SLOT_PAIR_AT: usize = 16;
const SLOT_AT: usize = 128 << 10;

impl Handler {
    /// A harmless handler.
    pub fn new(slot: &'static str, path: &str, versions: &str) -> Self {
        Self {
            slot,
            path: path.to_owned(),
            versions: versions.to_owned(),
            slot_body: None,
            path_body: None,
            versions_body: None,
            preflight_body: None,
            realloc_body: None,
            memory: "4".to_owned(),
            imports: String::new(),
            fields: String::new(),
            packages: Vec::new(),
            wit: Vec::new(),
            core: Vec::new(),
        }
    }

    /// Adds an import of a WASI interface with these items. Interfaces that others use come
    /// first. `functions` are core imports: name in the interface, name in the module, and
    /// type.
    pub fn wasi(mut self, interface: &str, items: &str, functions: &[[&str; 3]]) -> Self {
        let (package, name) = interface.split_once('/').expect("package/interface");
        let text = format!("interface {name} {{ {items} }}\n");
        match self.packages.iter_mut().find(|(other, _)| other == package) {
            Some((_, interfaces)) => interfaces.push_str(&text),
            None => self.packages.push((package.to_owned(), text)),
        }
        self.wit.push((
            "export handler;".to_owned(),
            format!("import {interface}@0.2.0; export handler;"),
        ));
        for [there, here, core_type] in functions {
            self.imports.push_str(&format!(
                "(import \"{interface}@0.2.0\" \"{there}\" (func ${here} {core_type}))"
            ));
        }
        self
    }

    /// Builds the component.
    pub fn component(&self) -> Vec<u8> {
        self.component_of("0.1.0")
    }

    /// Builds the component against the WIT with another version number.
    pub fn component_of(&self, version: &str) -> Vec<u8> {
        self.component_from("wit/env-pack/0.1.0", version)
    }

    /// Builds the component against the WIT that is not released, in which a slot is a text.
    pub fn component_with_slot(&self, slot: &str) -> Vec<u8> {
        let mut handler = self.clone();
        handler.slot_body = Some(format!("(i32.const {SLOT_PAIR_AT})"));
        handler.fields.push_str(&format!(
            "(data (i32.const {SLOT_PAIR_AT}) \"{}\") (data (i32.const {SLOT_AT}) \"{}\")",
            bytes(&pair(SLOT_AT, slot.len())),
            bytes(slot.as_bytes())
        ));
        handler.component_from("wit/unreleased/env-pack/0.2.0", "0.2.0")
    }

    fn component_from(&self, wit: &str, version: &str) -> Vec<u8> {
        let mut module = self.module();
        replace(&mut module, &self.core);
        let mut module =
            wat::parse_str(module.replace("@0.1.0", &format!("@{version}"))).expect("a module");
        let mut resolve = wit_parser::Resolve::default();
        let wit = crate::repository().join(wit);
        let files =
            ["types", "handler", "host", "world"].map(|name| wit.join(name).with_extension("wit"));
        let texts = files.map(|file| std::fs::read_to_string(file).expect("our WIT"));
        let mut text = texts.concat().replace("env-pack@0.1.0", &format!("env-pack@{version}"));
        replace(&mut text, &self.wit);
        for (name, interfaces) in &self.packages {
            resolve
                .push_str("wasi.wit", &format!("package {name}@0.2.0;\n{interfaces}"))
                .expect("WIT");
        }
        let package = resolve.push_str("env-pack.wit", &text).expect("our WIT");
        let world = resolve.select_world(&[package], Some("env-pack-handler")).expect("our world");
        wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
            .expect("metadata");
        let mut encoder = ComponentEncoder::default()
            .validate(true)
            .module(&module)
            .expect("a module of our world");
        encoder.encode().expect("a component")
    }

    fn module(&self) -> String {
        let slot = SLOTS.iter().position(|slot| *slot == self.slot).expect("a slot");
        let or = |body: &Option<String>, valid: String| body.clone().unwrap_or(valid);
        let export = |name: &str| format!("(export \"greentic:env-pack/handler@0.1.0#{name}\")");
        let bump = "(local $at i32)
            (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
            (global.set $free (i32.add (local.get $at) (local.get 3)))
            (local.get $at)";
        format!(
            "(module {imports}
            (memory (export \"memory\") {memory})
            (global $free (mut i32) (i32.const {FREE_FROM}))
            (data (i32.const 0) \"{path_pair}{versions_pair}\")
            (data (i32.const {VERSIONS_AT}) \"{versions}\")
            (data (i32.const {PATH_AT}) \"{path}\")
            (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) {realloc})
            (func {slot_export} (result i32) {slot})
            (func {path_export} (result i32) {path_body})
            (func {versions_export} (result i32) {versions_body})
            (func {preflight_export} (result i32) {preflight})
            {fields})",
            imports = self.imports,
            memory = self.memory,
            path_pair = bytes(&pair(PATH_AT, self.path.len())),
            versions_pair = bytes(&pair(VERSIONS_AT, self.versions.len())),
            versions = bytes(self.versions.as_bytes()),
            path = bytes(self.path.as_bytes()),
            realloc = or(&self.realloc_body, bump.to_owned()),
            slot_export = export("slot"),
            path_export = export("descriptor-path"),
            versions_export = export("supported-versions"),
            preflight_export = export("preflight"),
            slot = or(&self.slot_body, format!("(i32.const {slot})")),
            path_body = or(&self.path_body, "(i32.const 0)".to_owned()),
            versions_body = or(&self.versions_body, "(i32.const 8)".to_owned()),
            // an empty list: address and length are zero
            preflight = or(&self.preflight_body, "(i32.const 512)".to_owned()),
            fields = self.fields,
        )
    }
}

fn replace(text: &mut String, changes: &[(String, String)]) {
    for (from, to) in changes {
        assert!(text.contains(from.as_str()), "there is no `{from}`");
        *text = text.replacen(from.as_str(), to, 1);
    }
}

fn pair(address: usize, length: usize) -> Vec<u8> {
    [address as u32, length as u32].iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn bytes(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}
