//! Renders reports as text: aligned columns, a symbol and a word for each state, and the
//! next command to run.

use env_pack_domain::ForeignText;
use serde_json::value::RawValue;

use super::table::{Cell, Style};
use gtc_core::ops::answers::RedactedValues;

/// Number of hex digits of a digest that are shown.
const DIGITS: usize = 16;

/// A report that can be rendered as text.
pub(crate) trait RenderHuman {
    /// Renders the report; the text ends with a line break. `verb` is the verb that ran,
    /// for reports that several verbs share.
    fn render_human(&self, verb: &str) -> String;
}

pub(crate) const GOOD: &str = "✓";

pub(crate) const BAD: &str = "✗";

pub(crate) const NOTICE: &str = "!";

/// The symbol and style of a check that passed or failed.
pub(crate) fn verdict_sign(passed: bool) -> (&'static str, Style) {
    if passed { (GOOD, Style::Good) } else { (BAD, Style::Bad) }
}

/// Joins items with commas; `none` if there are none.
pub(crate) fn join_or_none(items: impl Iterator<Item = String>) -> String {
    let items: Vec<_> = items.collect();
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}

/// A count and a noun, in the plural unless the count is 1.
pub(crate) fn plural(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

pub(crate) fn shown(text: &str) -> String {
    ForeignText::new(text).to_string()
}

/// The text of answers, and of how many values are hidden in it.
pub(crate) fn answers_text(answers: &RawValue, redacted: Option<&RedactedValues>) -> String {
    let mut text: String = answers.get().lines().map(|line| shown(line) + "\n").collect();
    if let Some(RedactedValues { count, places }) = redacted {
        let sign = Style::Notice.paint(NOTICE);
        let values = plural(*count, "value");
        let mut places: Vec<_> = places.iter().map(|place| format!("`{place}`")).collect();
        places.extend((places.len() < *count).then(|| "…".to_owned()));
        let places = places.join(", ");
        text.push_str(&format!("\n{sign} credentials are not shown: {values} at {places}\n"));
    }
    text
}

/// Renders warnings, one per line.
pub(crate) fn warnings(warnings: &[String]) -> String {
    let sign = Style::Notice.paint(NOTICE);
    warnings.iter().map(|warning| format!("  {sign} {warning}\n")).collect()
}

/// The cell of a missing value.
pub(crate) fn empty_cell() -> Cell {
    Style::Faint.cell("–")
}

/// Shortens a name that begins with a digest.
pub(crate) fn short(name: &str) -> String {
    let is_digest = name.len() >= 64 && name.bytes().take(64).all(|byte| byte.is_ascii_hexdigit());
    if is_digest { format!("{}…", &name[..DIGITS]) } else { name.to_owned() }
}
