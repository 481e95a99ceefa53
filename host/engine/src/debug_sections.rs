//! Measures the debug information of a component.

use wasmparser::{Parser, Payload};

/// Returns the size of all custom sections that hold names or debug information, in
/// bytes. Stops counting at the first malformed section.
pub fn debug_section_bytes(bytes: &[u8]) -> u64 {
    let payloads = Parser::new(0).parse_all(bytes).map_while(Result::ok);
    let sections = payloads.filter_map(|payload| match payload {
        Payload::CustomSection(section) if is_debug_section(section.name()) => {
            Some(section.range())
        }
        _ => None,
    });
    sections.map(|range| (range.end - range.start) as u64).sum()
}

fn is_debug_section(name: &str) -> bool {
    name == "name" || name.starts_with(".debug_") || name == "sourceMappingURL"
}
