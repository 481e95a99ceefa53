//! Untrusted text: from a pack, a tool, a registry or a file.
//!
//! Displaying it cannot move the cursor, recolour the screen, reverse the reading direction
//! or fake a second line.

use std::fmt;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize, Serializer};

/// Text from an untrusted source.
///
/// [`Display`](fmt::Display) escapes control characters and bidirectional marks.
/// Serialising keeps the exact text, for programs that read the JSON.
///
/// ```
/// use env_pack_domain::ForeignText;
/// assert_eq!(ForeignText::new("\u{1b}[2Jall \u{202e}good").to_string(), r"\u{1b}[2Jall \u{202e}good");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(transparent)]
pub struct ForeignText(String);

/// Maximum length of a quotation in an error message, in characters.
const EXCERPT_CHARS: usize = 80;
/// Maximum length of an explanation in an error message, in characters.
const SENTENCE_CHARS: usize = 400;

impl ForeignText {
    /// Wraps a text of any length.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Wraps the first 80 characters of a text, to quote it in an error message.
    pub fn excerpt(text: &str) -> Self {
        Self(truncate(text, EXCERPT_CHARS))
    }

    /// Wraps the first 400 characters of an explanation.
    pub fn sentence(text: &str) -> Self {
        Self(truncate(text, SENTENCE_CHARS))
    }

    /// Returns true if [`sentence`](Self::sentence) has shortened this text.
    pub fn is_truncated(sentence: &str) -> bool {
        sentence.ends_with('…') && sentence.chars().count() > SENTENCE_CHARS
    }

    /// Returns true if a text has nothing to escape.
    pub fn is_plain(text: &str) -> bool {
        text.chars().all(is_safe)
    }

    /// Returns the exact text. Do not display it.
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

/// Rewrites JSON so that a terminal can display it safely: characters that a terminal
/// interprets become JSON escape sequences. The value stays the same.
///
/// ```
/// use env_pack_domain::terminal_safe_json;
/// assert_eq!(terminal_safe_json("[\"a\u{9b}b\u{202e}\"]".to_owned()), r#"["a\u009bb\u202e"]"#);
/// ```
pub fn terminal_safe_json(json: String) -> String {
    if json.chars().all(is_safe_in_json) {
        return json;
    }
    let mut safe = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if is_safe_in_json(c) {
            safe.push(c);
            continue;
        }
        // JSON escapes are UTF-16, so some characters take two
        for unit in c.encode_utf16(&mut [0; 2]) {
            safe.push_str(&format!("\\u{unit:04x}"));
        }
    }
    safe
}

/// Characters that a terminal does not display as themselves: control characters and
/// invisible formatting (soft hyphen, zero-width characters, line and paragraph separators,
/// bidirectional marks, embeddings, overrides and isolates, the byte-order mark, and the
/// tag block, which can hide text).
const UNSAFE: [RangeInclusive<char>; 14] = [
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

/// Returns true if this character is safe in JSON. ASCII control characters are too: in
/// strings JSON does not allow them, and between tokens they are line breaks.
fn is_safe_in_json(c: char) -> bool {
    c.is_ascii() && c != '\u{7f}' || is_safe(c)
}

/// Returns true if a terminal displays this character as itself.
fn is_safe(c: char) -> bool {
    // printable ASCII first, because it is the most common
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

    #[test]
    fn sentences_tell_whether_they_were_cut() {
        let exact = "é".repeat(SENTENCE_CHARS);
        assert_eq!(ForeignText::sentence(&exact).as_exact(), exact);
        assert!(!ForeignText::is_truncated(&exact));
        let cut = ForeignText::sentence(&format!("{exact}é"));
        assert_eq!(cut.as_exact(), format!("{exact}…"));
        assert!(ForeignText::is_truncated(cut.as_exact()));
        // the author of a text can end it with an ellipsis, or write a long one
        let ends_so = format!("{}…", "é".repeat(SENTENCE_CHARS - 1));
        assert!(!ForeignText::is_truncated(&ends_so));
        assert!(!ForeignText::is_truncated(&"é".repeat(SENTENCE_CHARS + 1)));
    }

    #[test]
    fn json_keeps_its_value_and_loses_control_characters() {
        for (json, safe) in [
            ("{\n\t\"a\": 1\r\n}", "{\n\t\"a\": 1\r\n}"),
            ("[\"señor 東京 🦀\"]", "[\"señor 東京 🦀\"]"),
            ("[\"\u{7f}é\u{9b}\u{202e}b\"]", r#"["\u007fé\u009b\u202eb"]"#),
            ("\"\u{e0041}\"", r#""\udb40\udc41""#),
        ] {
            assert_eq!(terminal_safe_json(json.to_owned()), safe);
        }
    }
}
