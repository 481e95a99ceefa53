//! Modules some of whose answers are honest, so that what comes after them is reached
//! too.

use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, Function, FunctionSection, InstructionSink, Module,
    RawSection,
};
use wasmparser::{ExternalKind, Parser, Payload, TypeRef};

/// Where the honest answers write what they answer.
const BUFFER: u64 = 1024;

/// The section of function bodies, whose entries come one by one.
const CODE: u8 = 10;

/// An export, and how to answer it honestly.
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

/// Leaves an address on the stack where address and length of a text are written; texts
/// have sixteen bytes here.
fn text(code: &mut InstructionSink<'_>, at: u64, text: &[u8; 16]) {
    let here =
        |offset: u64| wasm_encoder::MemArg { offset: at + offset, align: 0, memory_index: 0 };
    let (first, second) = text.split_at(8);
    let number = |bytes: &[u8]| i64::from_le_bytes(bytes.try_into().expect("eight bytes"));
    code.i32_const(0).i64_const(((text.len() as i64) << 32) | (at as i64 + 16)).i64_store(here(0));
    code.i32_const(0).i64_const(number(first)).i64_store(here(16));
    code.i32_const(0).i64_const(number(second)).i64_store(here(24));
    code.i32_const(at as i32);
}

/// The module with those of its exports replaced by honest ones whose bit is set: slot,
/// descriptor path, supported versions.
pub fn replace_exports(module: &[u8], bits: u8) -> Vec<u8> {
    let chosen: Vec<&WellFormedExport> = EXPORTS
        .iter()
        .enumerate()
        .filter(|(at, _)| bits >> at & 1 == 1)
        .map(|(_, answer)| answer)
        .collect();
    let mut out = Module::new();
    let (mut functions, mut types, mut code) = (0, Vec::new(), CodeSection::new());
    let mut replaced = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload.expect("a module") {
            Payload::ImportSection(section) => {
                out.section(&RawSection { id: 2, data: &module[section.range()] });
                let is_function =
                    |ty: &TypeRef| matches!(ty, TypeRef::Func(_) | TypeRef::FuncExact(_));
                functions += section
                    .into_imports()
                    .filter(|import| is_function(&import.as_ref().expect("an import").ty))
                    .count() as u32;
            }
            Payload::FunctionSection(section) => {
                types = section.into_iter().map(|ty| ty.expect("a type")).collect();
                // the exports come later, and all of these have one type
                let own = functions + types.len() as u32;
                replaced =
                    chosen.iter().zip(own..).map(|(answer, index)| (answer.0, index)).collect();
                let export_type = slot_type(module, functions, &types);
                let mut section = FunctionSection::new();
                for ty in types.iter().chain(std::iter::repeat_n(&export_type, chosen.len())) {
                    section.function(*ty);
                }
                out.section(&section);
            }
            Payload::ExportSection(section) => {
                let mut exports = ExportSection::new();
                for export in section {
                    let export = export.expect("an export");
                    let index = replaced
                        .iter()
                        .find(|(name, _)| *name == export.name)
                        .map_or(export.index, |(_, index)| *index);
                    exports.export(export.name, kind(export.kind), index);
                }
                out.section(&exports);
            }
            Payload::CodeSectionEntry(body) => {
                code.raw(&module[body.range()]);
                if code.len() as usize == types.len() {
                    chosen.iter().for_each(|(_, answer)| {
                        let mut function = Function::new([]);
                        answer(&mut function.instructions());
                        function.instructions().end();
                        code.function(&function);
                    });
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

/// The type of the exported `slot`, which all answers have.
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
