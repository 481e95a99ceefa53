//! Replaces exports of generated modules with well-formed ones, so that the host gets past
//! them.

use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, Function, FunctionSection, InstructionSink, Module,
    RawSection,
};
use wasmparser::{ExportSectionReader, ExternalKind, Parser, Payload, TypeRef};

/// The address at which the exports write their result.
const BUFFER: u64 = 1024;

/// The id of the code section, whose entries the parser returns one by one.
const CODE: u8 = 10;

/// The name of an export, and a function that writes its well-formed code.
type WellFormedExport = (&'static str, fn(&mut InstructionSink<'_>));

const EXPORTS: [WellFormedExport; 3] = [
    ("greentic:env-pack/handler@0.1.0#slot", |code| {
        code.i32_const(4);
    }),
    ("greentic:env-pack/handler@0.1.0#descriptor-path", |code| {
        text(code, BUFFER, b"fuzz.pathfuzz.00")
    }),
    ("greentic:env-pack/handler@0.1.0#supported-versions", |code| {
        text(code, BUFFER + 64, b"^1.0.0,<1000.0.0")
    }),
];

/// Writes code that returns the address of a string: its address and length, then its 16
/// bytes.
fn text(code: &mut InstructionSink<'_>, at: u64, text: &[u8; 16]) {
    let address_and_length = ((text.len() as i64) << 32) | (at as i64 + 16);
    store(code, at, address_and_length);
    for (part, bytes) in text.chunks(8).enumerate() {
        let value = i64::from_le_bytes(bytes.try_into().expect("eight bytes"));
        store(code, at + 16 + 8 * part as u64, value);
    }
    code.i32_const(at as i32);
}

fn store(code: &mut InstructionSink<'_>, offset: u64, value: i64) {
    let address = wasm_encoder::MemArg { offset, align: 0, memory_index: 0 };
    code.i32_const(0).i64_const(value).i64_store(address);
}

/// Replaces the exports whose bit is set, from the lowest: slot, descriptor path, supported
/// versions.
pub(crate) fn replace_exports(module: &[u8], bits: u8) -> Vec<u8> {
    let chosen: Vec<&WellFormedExport> = EXPORTS
        .iter()
        .enumerate()
        .filter(|(at, _)| bits >> at & 1 == 1)
        .map(|(_, export)| export)
        .collect();
    let mut out = Module::new();
    let mut imported = 0;
    let mut types = Vec::new();
    let mut code = CodeSection::new();
    let mut replaced = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload.expect("a module") {
            Payload::ImportSection(section) => {
                out.section(&RawSection { id: 2, data: &module[section.range()] });
                for import in section.into_imports() {
                    let ty = import.expect("an import").ty;
                    imported += u32::from(matches!(ty, TypeRef::Func(_) | TypeRef::FuncExact(_)));
                }
            }
            Payload::FunctionSection(section) => {
                types = section.into_iter().map(|ty| ty.expect("a type")).collect();
                // the exports come later, and all of these have one type
                let first = imported + types.len() as u32;
                replaced = chosen.iter().map(|(name, _)| *name).zip(first..).collect();
                let export_type = slot_type(module, imported, &types);
                let mut section = FunctionSection::new();
                for ty in types.iter().chain(std::iter::repeat_n(&export_type, chosen.len())) {
                    section.function(*ty);
                }
                out.section(&section);
            }
            Payload::ExportSection(section) => {
                out.section(&redirect_exports(section, &replaced));
            }
            Payload::CodeSectionEntry(body) => {
                code.raw(&module[body.range()]);
                if code.len() as usize == types.len() {
                    for (_, write_body) in &chosen {
                        let mut function = Function::new([]);
                        write_body(&mut function.instructions());
                        function.instructions().end();
                        code.function(&function);
                    }
                    out.section(&code);
                }
            }
            other => {
                if let Some((id, range)) = other.as_section().filter(|(id, _)| *id != CODE) {
                    out.section(&RawSection { id, data: &module[range] });
                }
            }
        }
    }
    out.finish()
}

/// The same exports, except that those in `replaced` export another function.
fn redirect_exports(
    section: ExportSectionReader<'_>,
    replaced: &[(&'static str, u32)],
) -> ExportSection {
    let mut exports = ExportSection::new();
    for export in section {
        let export = export.expect("an export");
        let other = replaced.iter().find(|(name, _)| *name == export.name);
        let index = other.map_or(export.index, |(_, index)| *index);
        exports.export(export.name, kind(export.kind), index);
    }
    exports
}

/// The type of the exported `slot`, which all replaced exports have.
fn slot_type(module: &[u8], imported: u32, types: &[u32]) -> u32 {
    let exports = Parser::new(0).parse_all(module).find_map(|payload| match payload {
        Ok(Payload::ExportSection(section)) => Some(section),
        _ => None,
    });
    let slot = exports
        .expect("exports")
        .into_iter()
        .find_map(|export| export.ok().filter(|export| export.name == EXPORTS[0].0));
    types[(slot.expect("the export").index - imported) as usize]
}

fn kind(kind: ExternalKind) -> ExportKind {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => ExportKind::Func,
        ExternalKind::Table => ExportKind::Table,
        ExternalKind::Memory => ExportKind::Memory,
        ExternalKind::Global => ExportKind::Global,
        ExternalKind::Tag => ExportKind::Tag,
    }
}
