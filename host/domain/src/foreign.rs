//! Text that somebody else wrote: a pack, a tool, a registry, a file.
//!
//! This type does not know where the text goes. It only makes sure that showing it to a
//! person cannot move the cursor, recolour the screen, reverse the reading direction or
//! fake a second line.

use std::fmt;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize, Serializer};

/// Text of foreign origin.
///
/// [`Display`](fmt::Display) escapes control characters and bidirectional marks;
/// serialising keeps the exact text, because a program that reads JSON wants the truth
/// and escapes for its own reader.
///
/// ```
/// use env_pack_domain::ForeignText;
/// assert_eq!(ForeignText::new("\u{1b}[2Jall \u{202e}good").to_string(), r"\u{1b}[2Jall \u{202e}good");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(transparent)]
pub struct ForeignText(String);

/// How much of a foreign text an error sentence quotes, in characters: enough to
/// recognise it, too little to bury the rest.
const EXCERPT_CHARS: usize = 80;
/// How much of a foreign explanation an error sentence takes over, in characters: one
/// honest sentence.
const SENTENCE_CHARS: usize = 400;

impl ForeignText {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Wraps the beginning of a text, as much of it as belongs into a sentence.
    pub fn excerpt(text: &str) -> Self {
        Self(truncate(text, EXCERPT_CHARS))
    }

    /// Wraps the beginning of an explanation, as much of it as one reads.
    pub fn sentence(text: &str) -> Self {
        Self(truncate(text, SENTENCE_CHARS))
    }

    /// Whether this is what became of an explanation of which only the beginning was
    /// taken.
    pub fn is_truncated(sentence: &str) -> bool {
        sentence.ends_with('…') && sentence.chars().count() > SENTENCE_CHARS
    }

    /// Whether a text is shown as itself: it holds nothing that would be escaped.
    pub fn is_plain(text: &str) -> bool {
        text.chars().all(is_safe)
    }

    /// The exact text, for everything but showing it.
    pub fn as_exact(&self) -> &str {
        &self.0
    }
}

fn truncate(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl fmt::Display for ForeignText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut clean = 0;
        for (at, c) in self.0.char_indices() {
            if is_safe(c) {
                continue;
            }
            f.write_str(&self.0[clean..at])?;
            match c {
                '\n' => f.write_str("\\n")?,
                '\t' => f.write_str("\\t")?,
                '\r' => f.write_str("\\r")?,
                _ => write!(f, "\\u{{{:x}}}", u32::from(c))?,
            }
            clean = at + c.len_utf8();
        }
        f.write_str(&self.0[clean..])
    }
}

impl Serialize for ForeignText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// JSON that means the same, and that a terminal shows as it is: what stands for itself
/// in JSON, but not on a terminal, is written as an escape sequence of JSON.
///
/// ```
/// use env_pack_domain::terminal_safe_json;
/// assert_eq!(terminal_safe_json("[\"a\u{9b}b\u{202e}\"]".to_owned()), r#"["a\u009bb\u202e"]"#);
/// ```
pub fn terminal_safe_json(json: String) -> String {
    // between tokens there may be line breaks, and in strings JSON allows none
    let is_fine = |c: char| c.is_ascii() && c != '\u{7f}' || is_safe(c);
    if json.chars().all(is_fine) {
        return json;
    }
    let mut plain = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        match is_fine(c) {
            true => plain.push(c),
            // as JSON has it: characters beyond 16 bits are two numbers
            false => c
                .encode_utf16(&mut [0; 2])
                .iter()
                .for_each(|unit| plain.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    plain
}

/// What a terminal does not show as itself: control characters, and invisible formatting:
/// soft hyphen, zero-width characters, line and paragraph separators, bidi marks,
/// embeddings, overrides and isolates, the byte-order mark, and the tag block used to
/// hide text.
pub(crate) const UNSAFE: [RangeInclusive<char>; 14] = [
    '\u{0}'..='\u{1f}',
    '\u{7f}'..='\u{9f}',
    '\u{ad}'..='\u{ad}',
    '\u{61c}'..='\u{61c}',
    '\u{115f}'..='\u{1160}',
    '\u{180e}'..='\u{180e}',
    '\u{200b}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{3164}'..='\u{3164}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff9}'..='\u{fffb}',
    '\u{e0000}'..='\u{e007f}',
];

/// Whether a terminal shows this character as itself and nothing else.
fn is_safe(c: char) -> bool {
    // most characters are among the first
    matches!(c, ' '..='~') || !UNSAFE.iter().any(|range| range.contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, shown: &str) {
        assert_eq!(ForeignText::new(text).to_string(), shown);
    }

    #[test]
    fn ordinary_text_is_unchanged() {
        check("", "");
        check("vault 1.15.2 – señor 東京 🦀", "vault 1.15.2 – señor 東京 🦀");
    }

    #[test]
    fn control_sequences_are_escaped() {
        check("a\u{7}b", r"a\u{7}b");
        check("one\r\ntwo\tthree", r"one\r\ntwo\tthree");
        check("\u{1b}]0;title\u{7}", r"\u{1b}]0;title\u{7}");
        check("\u{9b}31m", r"\u{9b}31m");
        check("\u{7f}", r"\u{7f}");
    }

    #[test]
    fn invisible_characters_are_escaped() {
        check("user\u{202e}nimda", r"user\u{202e}nimda");
        check("zero\u{200b}width", r"zero\u{200b}width");
        check("\u{2066}isolate\u{2069}", r"\u{2066}isolate\u{2069}");
        check("\u{e0041}tag", r"\u{e0041}tag");
    }

    #[test]
    fn excerpts_are_bounded_and_cut_between_characters() {
        let long = "é".repeat(10_000);
        assert_eq!(ForeignText::excerpt(&long).as_exact().chars().count(), EXCERPT_CHARS + 1);
        assert_eq!(ForeignText::excerpt("short").as_exact(), "short");
    }
}
