//! Counts the items of a component and compares them with the limits.

use env_pack_domain::ForeignText;
use wasmparser::{Chunk, Encoding, FunctionBody, Operator, Parser, Payload};

use super::expansion::{Expansion, ExpansionError};
use super::limits::ComplexityLimits;
use crate::error::LoadError;

/// The items counted so far.
#[derive(Default)]
struct Counts {
    parts: u64,
    description_bytes: u64,
    types: u64,
    names: u64,
    module_items: u64,
    functions: u64,
}

/// Checks a component against its limits, in one pass over its binary.
///
/// # Errors
/// [`LoadError::TooComplex`] for the first limit that is exceeded, or
/// [`LoadError::NotAComponent`].
pub(crate) fn check(bytes: &[u8], limits: &ComplexityLimits) -> Result<(), LoadError> {
    check_limit("bytes", bytes.len() as u64, limits.component_bytes)?;
    let mut counts = Counts::default();
    let mut expansion = Expansion::default();
    let mut parsers: Vec<(Parser, Encoding)> = Vec::new();
    let mut parser = Parser::new(0);
    let mut encoding = Encoding::Component;
    let mut at = 0;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let (consumed, payload) =
            match parser.parse(rest, true).map_err(|error| malformed(&error))? {
                Chunk::Parsed { consumed, payload } => (consumed, payload),
                Chunk::NeedMoreData(_) => return Err(malformed(&"unexpected end of file")),
            };
        at += consumed;
        counts.add_description(&payload, encoding, limits)?;
        match payload {
            Payload::Version { encoding: found, .. } => {
                encoding = found;
                counts.parts += 1;
                check_limit("components and modules", counts.parts, limits.parts)?;
                if encoding == Encoding::Component {
                    expansion.begin();
                }
            }
            Payload::ModuleSection { parser: inner, .. }
            | Payload::ComponentSection { parser: inner, .. } => {
                parsers.push((std::mem::replace(&mut parser, inner), encoding));
                check_limit("levels of nested components", parsers.len() as u64, limits.nesting)?;
            }
            Payload::End(_) => {
                if encoding == Encoding::Component {
                    expansion.end();
                }
                let Some(outer) = parsers.pop() else { return Ok(()) };
                (parser, encoding) = outer;
            }
            Payload::CodeSectionEntry(body) => check_function(&body, limits)?,
            payload if encoding == Encoding::Component => {
                let items = expansion.add(&payload).map_err(|error| match error {
                    ExpansionError::ImportedComponent => {
                        LoadError::TooComplex { what: "imported components", found: 1, limit: 0 }
                    }
                    error => malformed(&error),
                })?;
                check_limit("items of the component model", items, limits.component_items)?;
            }
            payload => counts.add(&payload, limits)?,
        }
    }
}

impl Counts {
    fn add(&mut self, payload: &Payload<'_>, limits: &ComplexityLimits) -> Result<(), LoadError> {
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
        check_limit(what, *count, limit)
    }

    /// Adds a section to the description, unless it is code, data or a custom section.
    fn add_description(
        &mut self,
        payload: &Payload<'_>,
        encoding: Encoding,
        limits: &ComplexityLimits,
    ) -> Result<(), LoadError> {
        let is_content = match payload {
            // their sections are counted one by one
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
        check_limit(
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

fn check_function(body: &FunctionBody<'_>, limits: &ComplexityLimits) -> Result<(), LoadError> {
    check_limit("bytes of one function", body.range().len() as u64, limits.function_bytes)?;
    let mut locals = 0;
    for group in body.get_locals_reader().map_err(|error| malformed(&error))? {
        locals += u64::from(group.map_err(|error| malformed(&error))?.0);
        check_limit("locals of one function", locals, limits.locals)?;
    }
    let mut depth = 0_u64;
    let mut targets = 0;
    for operator in body.get_operators_reader().map_err(|error| malformed(&error))? {
        match operator.map_err(|error| malformed(&error))? {
            Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::TryTable { .. } => {
                depth += 1;
                check_limit("levels of nested blocks", depth, limits.block_nesting)?;
            }
            Operator::End => depth = depth.saturating_sub(1),
            Operator::BrTable { targets: table } => {
                targets += u64::from(table.len());
                check_limit("branch targets of one function", targets, limits.branch_targets)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn check_limit(what: &'static str, found: u64, limit: u64) -> Result<(), LoadError> {
    if found <= limit { Ok(()) } else { Err(LoadError::TooComplex { what, found, limit }) }
}

fn malformed(reason: &dyn std::fmt::Display) -> LoadError {
    LoadError::NotAComponent { reason: ForeignText::sentence(&reason.to_string()) }
}
