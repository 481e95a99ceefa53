//! Reports as text for people: aligned, with a sign and a word for each state, and what
//! to do next.

mod bench;
mod cache;
mod carry;
mod env;
mod machine;
mod pack;
mod packs;
mod registry;
mod signing;
mod test;
mod tools;
mod validate;

pub use packs::difference;
pub use validate::{github, junit, sarif};

use super::table::Tone;

/// A report that people can read.
pub trait Human {
    /// The report as text, ending in a line break.
    fn human(&self, verb: &str) -> String;
}

const GOOD: &str = "✓";
const BAD: &str = "✗";
const NOTICE: &str = "!";

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<_> = items.collect();
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn shown(text: &str) -> String {
    env_pack_domain::ForeignText::new(text).to_string()
}

/// Warnings, one a line.
fn warnings(warnings: &[String]) -> String {
    let sign = Tone::Notice.paint(NOTICE);
    warnings.iter().map(|warning| format!("  {sign} {warning}\n")).collect()
}

fn dash() -> (String, Tone) {
    ("–".to_owned(), Tone::Faint)
}
