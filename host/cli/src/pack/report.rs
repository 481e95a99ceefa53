//! Text that reports on packs share: declared permissions, imports and signatures.

use env_pack_domain::ForeignText;

use crate::render::{join_or_none, plural};

pub(super) fn permission_lines(tools: &[String], network: &[String]) -> String {
    let tools = join_or_none(tools.iter().map(|tool| format!("`{tool}`")));
    let network = join_or_none(network.iter().cloned());
    format!("  tools     {tools}\n  network   {network}\n")
}

pub(super) fn import_line(imports: &[ForeignText]) -> String {
    format!("  imports   {}\n", join_or_none(imports.iter().map(ToString::to_string)))
}

/// Says how many signatures a pack has.
pub(super) fn signed(signatures: usize) -> String {
    match signatures {
        0 => "unsigned".to_owned(),
        count => format!("with {}", plural(count, "signature")),
    }
}
