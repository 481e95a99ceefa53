//! Text of lists of bindings.

use crate::render::{empty_cell, shown};
use crate::table::{Cell, Style, Table};
use gtc_core::ops::bindings::ListedBinding;

pub(crate) fn bound_row(place: String, bound: &ListedBinding) -> [Cell; 6] {
    let previous = match (&bound.previous, bound.has_previous) {
        (Some(previous), _) => previous.kind.to_string(),
        (None, true) => "unreadable".to_owned(),
        (None, false) => "no".to_owned(),
    };
    [
        Style::Bold.cell(place),
        Style::Plain.cell(&bound.kind),
        Style::Plain.cell(bound.generation),
        Style::Plain.cell(previous),
        bound.answers_ref.as_ref().map_or_else(empty_cell, |path| Style::Plain.cell(shown(path))),
        pack_cell(bound),
    ]
}

/// The cell of the pack of a binding.
pub(crate) fn pack_cell(bound: &ListedBinding) -> Cell {
    let note = if bound.unpinned {
        " (unpinned)"
    } else if bound.without_handler {
        " (no handler)"
    } else {
        ""
    };
    Style::Plain.cell(format!("{}{note}", bound.pack_ref))
}

pub(crate) fn listing(environment: &str, what: &str, table: &Table) -> String {
    if table.is_empty() {
        format!("environment `{environment}` has no {what}\n")
    } else {
        format!("{what} of environment `{environment}`\n\n{}", table.render())
    }
}
