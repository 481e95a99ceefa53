//! What of a component is there for debuggers only.

use wasmparser::{Parser, Payload};

/// The bytes of a component in sections that hold names and debug information, which
/// nothing but a debugger reads. As far as it can be read; whether it is a component at
/// all, others say.
pub fn debug_bytes(bytes: &[u8]) -> u64 {
    let payloads = Parser::new(0).parse_all(bytes).map_while(Result::ok);
    let sections = payloads.filter_map(|payload| match payload {
        Payload::CustomSection(section) if is_for_debuggers(section.name()) => {
            Some(section.range())
        }
        _ => None,
    });
    sections.map(|range| (range.end - range.start) as u64).sum()
}

fn is_for_debuggers(name: &str) -> bool {
    name == "name" || name.starts_with(".debug_") || name == "sourceMappingURL"
}
