//! What a component asks for and offers, read from its binary before any of its code is
//! compiled or runs.

use env_pack_domain::ForeignText;
use wasmparser::{Chunk, ComponentTypeRef, Encoding, Parser, Payload};

use super::LoadError;
use super::lane::Lane;

/// How many imports are read: five times what all of WASI comes to.
const IMPORTS: usize = 256;
/// How long the name of an import may be, in bytes.
const NAME_BYTES: usize = 256;

const OURS: &str = "greentic:env-pack/";
/// The bytes that every WebAssembly binary begins with.
const MAGIC: &[u8] = b"\0asm";
/// WASI 0.2 core; `wasi:http` and the rest are not linked.
const WASI: [&str; 6] =
    ["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:io/", "wasi:random/", "wasi:sockets/"];
const WASI_VERSION: &str = "@0.2.";

/// The outside of a component.
#[derive(Clone, Debug)]
pub(super) struct Outside {
    /// The version of the handler interface it exports.
    pub lane: Lane,
    /// The names of its imports, in its own order.
    pub imports: Vec<String>,
}

impl Outside {
    /// Whether it needs WASI to be linked.
    pub fn needs_wasi(&self) -> bool {
        self.imports.iter().any(|import| is_wasi(import))
    }
}

/// Reads imports and exports, and nothing nested inside.
pub(super) fn read(bytes: &[u8]) -> Result<Outside, LoadError> {
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    walk(bytes, &mut imports, &mut exports, &mut admit)?;
    let lane = Lane::choose(exports.iter().map(String::as_str))?;
    Ok(Outside { lane, imports })
}

/// What can be read of the outside of a component, whatever is wrong with it.
#[derive(Debug)]
pub struct Seen {
    /// The names of its imports, those too that no handler is given.
    pub imports: Vec<ForeignText>,
    /// The handler interfaces that it exports, each with its version.
    pub interfaces: Vec<ForeignText>,
    /// The first thing for which no host could use it.
    pub problem: Option<LoadError>,
}

/// Looks at a component that nobody is going to use.
pub(super) fn look(bytes: &[u8]) -> Seen {
    let (mut imports, mut exports, mut refused) = (Vec::new(), Vec::new(), None);
    let mut note = |name: &str, ty| {
        refused = refused.take().or(admit(name, ty).err());
        Ok(())
    };
    let walked = walk(bytes, &mut imports, &mut exports, &mut note);
    let problem = walked.err().or(refused);
    let problem = problem.or_else(|| Lane::choose(exports.iter().map(String::as_str)).err());
    exports.retain(|export| Lane::is_of_handlers(export));
    let shown = |names: Vec<String>| names.iter().map(|name| ForeignText::sentence(name)).collect();
    Seen { imports: shown(imports), interfaces: shown(exports), problem }
}

/// Whether an import may be there.
type Admit<'a> = &'a mut dyn FnMut(&str, ComponentTypeRef) -> Result<(), LoadError>;

fn walk(
    bytes: &[u8],
    imports: &mut Vec<String>,
    exports: &mut Vec<String>,
    admit: Admit<'_>,
) -> Result<(), LoadError> {
    let broken =
        |reason: String| LoadError::NotAComponent { reason: ForeignText::sentence(&reason) };
    if !bytes.starts_with(MAGIC) {
        return Err(broken("it does not begin as WebAssembly does".to_owned()));
    }
    let mut parser = Parser::new(0);
    let mut at = 0;
    loop {
        let rest = bytes.get(at..).ok_or_else(|| broken("it ends too early".to_owned()))?;
        let Chunk::Parsed { consumed, payload } =
            parser.parse(rest, true).map_err(|error| broken(error.to_string()))?
        else {
            return Err(broken("it ends too early".to_owned()));
        };
        at += consumed;
        match payload {
            Payload::Version { encoding: Encoding::Module, .. } => {
                return Err(broken(
                    "it is a core module; wrap it with `wasm-tools component new`".to_owned(),
                ));
            }
            Payload::ModuleSection { unchecked_range, .. }
            | Payload::ComponentSection { unchecked_range, .. } => {
                at = unchecked_range.end;
            }
            Payload::ComponentImportSection(section) => {
                for import in section {
                    let import = import.map_err(|error| broken(error.to_string()))?;
                    admit(import.name.name, import.ty)?;
                    if imports.len() == IMPORTS {
                        let (found, limit) = (IMPORTS as u64 + 1, IMPORTS as u64);
                        return Err(LoadError::TooComplex { what: "imports", found, limit });
                    }
                    imports.push(import.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    let name = export.map_err(|error| broken(error.to_string()))?.name.name;
                    // no other export decides anything, and there may be very many
                    if name.starts_with(OURS) && name.len() <= NAME_BYTES && exports.len() < IMPORTS
                    {
                        exports.push(name.to_owned());
                    }
                }
            }
            Payload::End(_) => return Ok(()),
            _ => {}
        }
    }
}

fn admit(name: &str, ty: ComponentTypeRef) -> Result<(), LoadError> {
    let is_instance = matches!(ty, ComponentTypeRef::Instance(_));
    match is_instance && name.len() <= NAME_BYTES && (name.starts_with(OURS) || is_wasi(name)) {
        true => Ok(()),
        false => Err(LoadError::UnsupportedImport { import: ForeignText::excerpt(name) }),
    }
}

fn is_wasi(name: &str) -> bool {
    WASI.iter().any(|interface| name.starts_with(interface)) && name.contains(WASI_VERSION)
}
