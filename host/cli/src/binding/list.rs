//! Text of lists of bindings.

use crate::table::{Cell, Style, Table};
use gtc_core::ops::bindings::ListedBinding;

pub(crate) fn bound_row(place: String, bound: &ListedBinding) -> [Cell; 5] {
    let previous = if bound.has_previous { "yes" } else { "no" };
    [
        Style::Bold.cell(place),
        Style::Plain.cell(&bound.kind),
        Style::Plain.cell(bound.generation),
        Style::Plain.cell(previous),
        Style::Plain.cell(&bound.pack_ref),
    ]
}

pub(crate) fn listing(environment: &str, what: &str, table: &Table) -> String {
    if table.is_empty() {
        format!("environment `{environment}` has no {what}\n")
    } else {
        format!("{what} of environment `{environment}`\n\n{}", table.render())
    }
}
