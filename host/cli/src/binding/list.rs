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
    let note = if bound.unpinned {
        " (unpinned)"
    } else if bound.without_handler {
        " (no handler)"
    } else {
        ""
    };
    let pack_ref = format!("{}{note}", bound.pack_ref);
    [
        Style::Bold.cell(place),
        Style::Plain.cell(&bound.kind),
        Style::Plain.cell(bound.generation),
        Style::Plain.cell(previous),
        bound.answers_ref.as_ref().map_or_else(empty_cell, |path| Style::Plain.cell(shown(path))),
        Style::Plain.cell(pack_ref),
    ]
}

pub(crate) fn listing(environment: &str, what: &str, table: &Table) -> String {
    if table.is_empty() {
        format!("environment `{environment}` has no {what}\n")
    } else {
        format!("{what} of environment `{environment}`\n\n{}", table.render())
    }
}
