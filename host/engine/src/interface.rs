//! Reads the imports and handler exports of a component from its binary, before any of
//! its code is compiled.

use env_pack_domain::ForeignText;
use env_pack_domain::abi::{AbiVersion, is_handler_interface, is_own_interface};
use wasmparser::{
    Chunk, ComponentExport, ComponentImport, ComponentTypeRef, Encoding, Parser, Payload,
    SectionLimited,
};

use super::error::LoadError;

/// The most imports that are read: five times as many as WASI 0.2 has interfaces.
const MAX_IMPORTS: usize = 256;
/// The longest name of an import or export that is read, in bytes.
const MAX_NAME_BYTES: usize = 256;

/// The first bytes of every WebAssembly binary.
const MAGIC: &[u8] = b"\0asm";
/// WASI 0.2 core. `wasi:http` and others are not linked.
const WASI_CORE: [&str; 6] =
    ["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:io/", "wasi:random/", "wasi:sockets/"];
const WASI_VERSION: &str = "@0.2.";

/// The versions of the handler interface whose components an engine loads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AcceptedVersions {
    /// Those that are released.
    #[default]
    Released,
    /// Also those that are not, for their tests. A pack that loads today may not load tomorrow.
    WithUnreleased,
}

/// The imports of a component that this host supports, and the version of its handler
/// interface.
#[derive(Clone, Debug)]
pub(super) struct ComponentInterface {
    /// The version of the handler interface that it exports.
    pub version: AbiVersion,
    /// The names of its imports, in order of declaration.
    pub imports: Vec<String>,
}

impl ComponentInterface {
    /// Returns true if it imports WASI.
    pub(crate) fn needs_wasi(&self) -> bool {
        self.imports.iter().any(|import| is_wasi(import))
    }
}

/// Reads the top-level imports and exports of a component.
///
/// # Errors
/// [`LoadError`] for the first import that is not supported, or when the component does
/// not export a supported handler interface.
pub(super) fn read(
    bytes: &[u8],
    accepted: AcceptedVersions,
) -> Result<ComponentInterface, LoadError> {
    let mut found = ImportsAndExports::default();
    walk(bytes, &mut found, &mut check_import)?;
    let version = choose_version(&found.exports, accepted)?;
    Ok(ComponentInterface { version, imports: found.imports })
}

/// The interface of any component, including components that this host cannot load.
#[derive(Debug)]
pub struct InspectedInterface {
    /// The names of its imports, including unsupported ones.
    pub imports: Vec<ForeignText>,
    /// The handler interfaces that it exports, with their versions.
    pub interfaces: Vec<ForeignText>,
    /// The first reason why it cannot be loaded.
    pub problem: Option<LoadError>,
}

/// Reads as much as possible of the interface of a component. Nothing is compiled.
pub fn inspect_interface(bytes: &[u8]) -> InspectedInterface {
    let mut found = ImportsAndExports::default();
    let mut rejected = None;
    let walked = walk(bytes, &mut found, &mut |name, ty| {
        rejected = rejected.take().or(check_import(name, ty).err());
        Ok(())
    });
    let ImportsAndExports { imports, mut exports } = found;
    let problem = walked.err().or(rejected);
    let problem = problem.or_else(|| choose_version(&exports, AcceptedVersions::Released).err());
    exports.retain(|export| is_handler_interface(export));
    InspectedInterface { imports: escaped(&imports), interfaces: escaped(&exports), problem }
}

/// Returns the first accepted version among the exports, preferably a released one.
fn choose_version(exports: &[String], accepted: AcceptedVersions) -> Result<AbiVersion, LoadError> {
    let mut released = exports.iter().filter_map(|export| AbiVersion::of_handler(export));
    if let Some(version) = released.next() {
        return Ok(version);
    }
    let mut unreleased =
        exports.iter().filter_map(|export| AbiVersion::of_unreleased_handler(export));
    if accepted == AcceptedVersions::WithUnreleased
        && let Some(version) = unreleased.next()
    {
        return Ok(version);
    }
    match exports.iter().find(|export| is_handler_interface(export)) {
        Some(found) => Err(LoadError::UnsupportedWit { found: ForeignText::excerpt(found) }),
        None => Err(LoadError::NoHandler),
    }
}

fn escaped(names: &[String]) -> Vec<ForeignText> {
    names.iter().map(|name| ForeignText::sentence(name)).collect()
}

/// Top-level names, in order of declaration.
#[derive(Default)]
struct ImportsAndExports {
    imports: Vec<String>,
    /// Only exports of our own package.
    exports: Vec<String>,
}

type CheckImport<'a> = &'a mut dyn FnMut(&str, ComponentTypeRef) -> Result<(), LoadError>;

impl ImportsAndExports {
    fn add_imports(
        &mut self,
        section: SectionLimited<'_, ComponentImport<'_>>,
        check_import: CheckImport<'_>,
    ) -> Result<(), LoadError> {
        for import in section {
            let import = import.map_err(|error| not_a_component(&error.to_string()))?;
            check_import(import.name.name, import.ty)?;
            if self.imports.len() == MAX_IMPORTS {
                return Err(LoadError::TooComplex {
                    what: "imports",
                    found: MAX_IMPORTS as u64 + 1,
                    limit: MAX_IMPORTS as u64,
                });
            }
            self.imports.push(import.name.name.to_owned());
        }
        Ok(())
    }

    fn add_exports(
        &mut self,
        section: SectionLimited<'_, ComponentExport<'_>>,
    ) -> Result<(), LoadError> {
        for export in section {
            let export = export.map_err(|error| not_a_component(&error.to_string()))?;
            let name = export.name.name;
            // other exports decide nothing, and there may be very many of them
            if is_own_interface(name)
                && name.len() <= MAX_NAME_BYTES
                && self.exports.len() < MAX_IMPORTS
            {
                self.exports.push(name.to_owned());
            }
        }
        Ok(())
    }
}

fn walk(
    bytes: &[u8],
    found: &mut ImportsAndExports,
    check_import: CheckImport<'_>,
) -> Result<(), LoadError> {
    if !bytes.starts_with(MAGIC) {
        return Err(not_a_component("it does not begin with the WebAssembly magic number"));
    }
    let mut parser = Parser::new(0);
    let mut at = 0;
    loop {
        let rest = bytes.get(at..).ok_or_else(|| not_a_component("unexpected end of file"))?;
        let Chunk::Parsed { consumed, payload } =
            parser.parse(rest, true).map_err(|error| not_a_component(&error.to_string()))?
        else {
            return Err(not_a_component("unexpected end of file"));
        };
        at += consumed;
        match payload {
            Payload::Version { encoding: Encoding::Module, .. } => {
                return Err(not_a_component(
                    "it is a core module; wrap it with `wasm-tools component new`",
                ));
            }
            Payload::ModuleSection { unchecked_range, .. }
            | Payload::ComponentSection { unchecked_range, .. } => {
                at = unchecked_range.end;
            }
            Payload::ComponentImportSection(section) => {
                found.add_imports(section, check_import)?;
            }
            Payload::ComponentExportSection(section) => found.add_exports(section)?,
            Payload::End(_) => return Ok(()),
            _ => {}
        }
    }
}

fn not_a_component(reason: &str) -> LoadError {
    LoadError::NotAComponent { reason: ForeignText::sentence(reason) }
}

fn check_import(name: &str, ty: ComponentTypeRef) -> Result<(), LoadError> {
    let is_instance = matches!(ty, ComponentTypeRef::Instance(_));
    let is_known = is_own_interface(name) || is_wasi(name);
    if is_instance && name.len() <= MAX_NAME_BYTES && is_known {
        Ok(())
    } else {
        Err(LoadError::UnsupportedImport { import: ForeignText::excerpt(name) })
    }
}

fn is_wasi(name: &str) -> bool {
    WASI_CORE.iter().any(|interface| name.starts_with(interface)) && name.contains(WASI_VERSION)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(exports: &[&str]) -> Result<AbiVersion, &'static str> {
        let exports: Vec<String> = exports.iter().copied().map(String::from).collect();
        choose_version(&exports, AcceptedVersions::Released).map_err(|error| error.kind())
    }

    #[test]
    fn the_exported_interface_selects_the_version() {
        for exports in [
            ["wasi:cli/run@0.2.0", "greentic:env-pack/handler@0.1.0"].as_slice(),
            &["greentic:env-pack/handler@0.1.7"],
            &["greentic:env-pack/handler@0.2.0", "greentic:env-pack/handler@0.1.0"],
        ] {
            assert_eq!(choose(exports), Ok(AbiVersion::V0_1), "{exports:?}");
        }
        assert_eq!(choose(&[]), Err("no-handler"));
        assert_eq!(choose(&["greentic:env-pack/handlers@0.1.0"]), Err("no-handler"));
        for other in [
            "greentic:env-pack/handler",
            "greentic:env-pack/handler@0.2.0",
            "greentic:env-pack/handler@0.1.0-rc.1",
        ] {
            assert_eq!(choose(&[other]), Err("unsupported-wit-version"), "{other}");
        }
    }

    #[test]
    fn a_released_version_is_preferred() {
        let exports = ["greentic:env-pack/handler@0.2.0", "greentic:env-pack/handler@0.1.0"]
            .map(String::from);
        let choose = |exports| choose_version(exports, AcceptedVersions::WithUnreleased).ok();
        assert_eq!(choose(&exports), Some(AbiVersion::V0_1));
        assert_eq!(choose(&exports[..1]), Some(AbiVersion::V0_2));
    }
}
