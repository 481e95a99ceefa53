//! How large and how nested a component is, found out by reading it once, before anybody
//! compiles it.
//!
//! A compiler takes more than proportional time or memory for some shapes. Each cap here
//! is several times what the largest honest components reach (interpreters of Python and
//! JavaScript); what slips through meets the worker's budget.

mod expansion;

use env_pack_domain::ForeignText;
use serde::{Deserialize, Serialize};
use wasmparser::{Chunk, Encoding, FunctionBody, Operator, Parser, Payload};

use super::LoadError;
use expansion::{Expansion, Unknown};

/// Caps on the shape of a component. Counts are over everything nested inside.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ShapeLimits {
    /// Its size, in bytes.
    pub component_bytes: u64,
    /// How deep components and modules lie in each other.
    pub nesting: u64,
    /// Components and modules.
    pub parts: u64,
    /// Items of every section of the component model: instances, aliases, types,
    /// canonical functions, imports, exports; those of a component inside as often as
    /// there are instances of it.
    pub component_items: u64,
    /// Everything that describes code and data without being either, in bytes: the host
    /// keeps some of it in memory.
    pub description_bytes: u64,
    /// The section in which it says what permissions it needs, in bytes; it is read when
    /// a pack is built.
    pub permissions_bytes: u64,
    /// Core types.
    pub types: u64,
    /// Core imports and exports.
    pub names: u64,
    /// Tables, memories, globals, tags, element and data segments.
    pub module_items: u64,
    /// Core functions.
    pub functions: u64,
    /// The code of one function, in bytes.
    pub function_bytes: u64,
    /// The locals of one function.
    pub locals: u64,
    /// How deep blocks lie in each other in one function.
    pub block_nesting: u64,
    /// The targets of all branch tables of one function.
    pub branch_targets: u64,
}

impl Default for ShapeLimits {
    fn default() -> Self {
        Self {
            component_bytes: 32 << 20,
            nesting: 8,
            parts: 512,
            component_items: 20_000,
            description_bytes: 1 << 20,
            permissions_bytes: 64 << 10,
            types: 50_000,
            names: 50_000,
            module_items: 100_000,
            functions: 200_000,
            function_bytes: 1 << 20,
            locals: 10_000,
            block_nesting: 5_000,
            branch_targets: 50_000,
        }
    }
}

/// What has been counted so far.
#[derive(Default)]
struct Counts {
    parts: u64,
    description_bytes: u64,
    types: u64,
    names: u64,
    module_items: u64,
    functions: u64,
}

/// Holds a component to its limits.
///
/// # Errors
/// [`LoadError::TooComplex`] with what there is too much of, or
/// [`LoadError::NotAComponent`].
pub(super) fn check(bytes: &[u8], limits: &ShapeLimits) -> Result<(), LoadError> {
    at_most("bytes", bytes.len() as u64, limits.component_bytes)?;
    let mut counts = Counts::default();
    let mut expansion = Expansion::default();
    let mut parsers: Vec<(Parser, Encoding)> = Vec::new();
    let (mut parser, mut encoding) = (Parser::new(0), Encoding::Component);
    let mut at = 0;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let (consumed, payload) = match parser.parse(rest, true).map_err(|error| broken(&error))? {
            Chunk::Parsed { consumed, payload } => (consumed, payload),
            Chunk::NeedMoreData(_) => return Err(broken(&"it ends too early")),
        };
        at += consumed;
        counts.describe(&payload, encoding, limits)?;
        match payload {
            Payload::Version { encoding: found, .. } => {
                encoding = found;
                counts.parts += 1;
                at_most("components and modules", counts.parts, limits.parts)?;
                if encoding == Encoding::Component {
                    expansion.begin();
                }
            }
            Payload::ModuleSection { parser: inner, .. }
            | Payload::ComponentSection { parser: inner, .. } => {
                parsers.push((std::mem::replace(&mut parser, inner), encoding));
                at_most(
                    "components and modules in each other",
                    parsers.len() as u64,
                    limits.nesting,
                )?;
            }
            Payload::End(_) => {
                if encoding == Encoding::Component {
                    expansion.end();
                }
                let Some(outer) = parsers.pop() else { return Ok(()) };
                (parser, encoding) = outer;
            }
            Payload::CodeSectionEntry(body) => function(&body, limits)?,
            payload if encoding == Encoding::Component => {
                let items = expansion.add(&payload).map_err(|unknown| match unknown {
                    Unknown::Elsewhere => LoadError::TooComplex {
                        what: "components taken from elsewhere",
                        found: 1,
                        limit: 0,
                    },
                    broken_off => broken(&broken_off),
                })?;
                at_most("items of the component model", items, limits.component_items)?;
            }
            payload => counts.add(&payload, limits)?,
        }
    }
}

impl Counts {
    fn add(&mut self, payload: &Payload<'_>, limits: &ShapeLimits) -> Result<(), LoadError> {
        let (what, count, limit, more) = match payload {
            Payload::TypeSection(s) => ("core types", &mut self.types, limits.types, s.count()),
            Payload::ImportSection(s) => {
                ("core imports and exports", &mut self.names, limits.names, s.count())
            }
            Payload::ExportSection(s) => {
                ("core imports and exports", &mut self.names, limits.names, s.count())
            }
            Payload::FunctionSection(s) => {
                ("functions", &mut self.functions, limits.functions, s.count())
            }
            other => match module_items(other) {
                Some(more) => (
                    "tables, memories, globals and segments",
                    &mut self.module_items,
                    limits.module_items,
                    more,
                ),
                None => return Ok(()),
            },
        };
        *count += u64::from(more);
        at_most(what, *count, limit)
    }

    /// Adds a section to the bytes that describe.
    fn describe(
        &mut self,
        payload: &Payload<'_>,
        encoding: Encoding,
        limits: &ShapeLimits,
    ) -> Result<(), LoadError> {
        let is_content = match payload {
            // the bytes inside are looked at one by one
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => true,
            Payload::CustomSection(_) => true,
            Payload::CodeSectionStart { .. } | Payload::DataSection(_) => {
                encoding == Encoding::Module
            }
            _ => false,
        };
        if let (Some((_, range)), false) = (payload.as_section(), is_content) {
            self.description_bytes += range.len() as u64;
        }
        at_most(
            "bytes that are neither code nor data",
            self.description_bytes,
            limits.description_bytes,
        )
    }
}

fn module_items(payload: &Payload<'_>) -> Option<u32> {
    Some(match payload {
        Payload::TableSection(s) => s.count(),
        Payload::MemorySection(s) => s.count(),
        Payload::TagSection(s) => s.count(),
        Payload::GlobalSection(s) => s.count(),
        Payload::ElementSection(s) => s.count(),
        Payload::DataSection(s) => s.count(),
        _ => return None,
    })
}

fn function(body: &FunctionBody<'_>, limits: &ShapeLimits) -> Result<(), LoadError> {
    at_most("bytes of one function", body.range().len() as u64, limits.function_bytes)?;
    let mut locals = 0;
    for group in body.get_locals_reader().map_err(|error| broken(&error))? {
        locals += u64::from(group.map_err(|error| broken(&error))?.0);
        at_most("locals of one function", locals, limits.locals)?;
    }
    let (mut depth, mut targets) = (0_u64, 0);
    for operator in body.get_operators_reader().map_err(|error| broken(&error))? {
        match operator.map_err(|error| broken(&error))? {
            Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::TryTable { .. } => {
                depth += 1;
                at_most("blocks in each other", depth, limits.block_nesting)?;
            }
            Operator::End => depth = depth.saturating_sub(1),
            Operator::BrTable { targets: table } => {
                targets += u64::from(table.len());
                at_most("branch targets of one function", targets, limits.branch_targets)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn at_most(what: &'static str, found: u64, limit: u64) -> Result<(), LoadError> {
    if found <= limit { Ok(()) } else { Err(LoadError::TooComplex { what, found, limit }) }
}

fn broken(reason: &dyn std::fmt::Display) -> LoadError {
    LoadError::NotAComponent { reason: ForeignText::sentence(&reason.to_string()) }
}
