//! Views of a text in which a secret is found however it was written: each decodes or drops some
//! characters, and knows which part of the text every byte comes from.

use std::ops::Range;

/// A decoded text. ASCII letters are lower case, except in [`View::without_space`].
pub(super) struct View {
    pub bytes: Vec<u8>,
    /// For each byte, where it begins and ends in the text.
    source: Vec<Range<usize>>,
}

impl View {
    /// The text itself.
    pub(super) fn plain(text: &str) -> Self {
        Self::filtered(text, |_| true).into_lower_case()
    }

    /// Without quotes and backslashes, which shells and programming languages add.
    pub(super) fn without_quotes(text: &str) -> Self {
        Self::filtered(text, |byte| !is_quote(byte)).into_lower_case()
    }

    /// Without white space, where a long line was wrapped, and with letters of both cases.
    pub(super) fn without_space(text: &str) -> Self {
        Self::filtered(text, |byte| !byte.is_ascii_whitespace())
    }

    /// Without white space and the characters that separate hexadecimal numbers.
    pub(super) fn without_separators(text: &str) -> Self {
        let is_separator = |byte: u8| byte.is_ascii_whitespace() || b":,-".contains(&byte);
        Self::filtered(text, |byte| !is_separator(byte)).into_lower_case()
    }

    /// With the escapes of JSON, of C and of `$'…'` in shells decoded.
    pub(super) fn without_backslashes(text: &str) -> Self {
        let mut view = Self::empty();
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            let (decoded, length) =
                if *byte == b'\\' { backslash_escape(&bytes[at..]) } else { (vec![*byte], 1) };
            view.push(&decoded, at..at + length);
            at += length;
        }
        view.into_lower_case()
    }

    /// With `%41` decoded as in URLs, and `+` as a space as in forms: every `+` is a space,
    /// because one form does not encode it.
    pub(super) fn without_percent(text: &str) -> Self {
        let mut view = Self::empty();
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            let digits = bytes.get(at + 1..at + 3).filter(|_| *byte == b'%');
            let (decoded, length) =
                digits.and_then(number).map_or((*byte, 1), |number| (number as u8, 3));
            let decoded = if decoded == b'+' { b' ' } else { decoded };
            view.push(&[decoded], at..at + length);
            at += length;
        }
        view.into_lower_case()
    }

    fn empty() -> Self {
        Self { bytes: Vec::new(), source: Vec::new() }
    }

    fn filtered(text: &str, is_kept: impl Fn(u8) -> bool) -> Self {
        let mut view = Self::empty();
        for (at, byte) in text.bytes().enumerate().filter(|(_, byte)| is_kept(*byte)) {
            view.push(&[byte], at..at + 1);
        }
        view
    }

    fn push(&mut self, decoded: &[u8], source: Range<usize>) {
        self.bytes.extend(decoded);
        self.source.extend(decoded.iter().map(|_| source.clone()));
    }

    fn into_lower_case(mut self) -> Self {
        self.bytes.make_ascii_lowercase();
        self
    }

    /// The parts of the text in which `needle` is found.
    pub(super) fn find(&self, needle: &[u8]) -> impl Iterator<Item = Range<usize>> {
        memchr::memmem::find_iter(&self.bytes, needle).map(|at| {
            let last = at + needle.len() - 1;
            self.source[at].start..self.source[last].end
        })
    }
}

/// Returns true for characters that quote others, and that a secret is compared without.
pub(super) fn is_quote(byte: u8) -> bool {
    b"'\"\\".contains(&byte)
}

/// Decodes the escape at the start of `text`; returns its bytes, and its length in the text.
fn backslash_escape(text: &[u8]) -> (Vec<u8>, usize) {
    let digits = |range: Range<usize>| text.get(range).and_then(number);
    match text.get(1) {
        Some(b'n') => (b"\n".to_vec(), 2),
        Some(b'r') => (b"\r".to_vec(), 2),
        Some(b't') => (b"\t".to_vec(), 2),
        Some(b'x') => match digits(2..4) {
            Some(number) => (vec![number as u8], 4),
            None => (b"x".to_vec(), 2),
        },
        Some(b'u') => match digits(2..6) {
            Some(number) => unicode_escape(number, text),
            None => (b"u".to_vec(), 2),
        },
        Some(b'0'..=b'3') if text.len() >= 4 && text[2..4].iter().all(is_octal_digit) => {
            let value = |at: usize| text[at] - b'0';
            (vec![value(1) << 6 | value(2) << 3 | value(3)], 4)
        }
        Some(other) => (vec![*other], 2),
        None => (vec![b'\\'], 1),
    }
}

/// Decodes `\u` with four digits, or two of them for a character beyond U+FFFF.
fn unicode_escape(first: u32, text: &[u8]) -> (Vec<u8>, usize) {
    let second = text.get(6..8).filter(|escape| *escape == b"\\u");
    let second = second.and_then(|_| text.get(8..12)).and_then(number);
    let mut units = vec![first as u16];
    units.extend(second.map(|second| second as u16));
    let mut characters = char::decode_utf16(units);
    match characters.next() {
        Some(Ok(character)) => {
            let length = if character.len_utf16() == 2 { 12 } else { 6 };
            (character.to_string().into_bytes(), length)
        }
        _ => (b"?".to_vec(), 6),
    }
}

fn is_octal_digit(byte: &u8) -> bool {
    (b'0'..=b'7').contains(byte)
}

/// The value of hexadecimal digits.
fn number(digits: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(digits).ok().filter(|_| digits[0] != b'+')?;
    u32::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(view: fn(&str) -> View, text: &str, expected: &str) {
        let view = view(text);
        assert_eq!(String::from_utf8_lossy(&view.bytes), expected, "{text}");
        assert_eq!(view.bytes.len(), view.source.len());
    }

    #[test]
    fn each_view_decodes_or_drops_its_characters() {
        check(View::plain, "A \\x é", "a \\x é");
        check(View::without_quotes, r#"'it'\''S "x""#, "its x");
        check(View::without_space, "aB c\n\td", "aBcd");
        check(View::without_separators, "6A:6b, 6c-6D\n", "6a6b6c6d");
        check(View::without_percent, "a%2Fb%2fc+d%2B%4", "a/b/c d %4");
        check(View::without_percent, "%+1%zz%", "% 1%zz%");
    }

    #[test]
    fn escapes_of_json_c_and_shells_are_decoded() {
        check(View::without_backslashes, r#"a\"b\\c\/d"#, "a\"b\\c/d");
        check(View::without_backslashes, r"\u0041\u00e9\ud83d\ude00\u20AC", "aé😀€");
        check(View::without_backslashes, r"\x41\101\n\t\r\?\$", "aa\n\t\r?$");
        check(View::without_backslashes, r"\ud83dx\ude00", "?x?");
        check(View::without_backslashes, r"\xz\uz\+\19\", "xzuz+19\\");
        check(View::without_backslashes, "\\", "\\");
    }

    #[test]
    fn what_is_found_has_its_place_in_the_text() {
        let text = r"one \u0041\x42 two AB";
        let view = View::without_backslashes(text);
        let found: Vec<&str> = view.find(b"ab").map(|range| &text[range]).collect();
        assert_eq!(found, [r"\u0041\x42", "AB"]);
        let text = "x 61 62\n63 y";
        let view = View::without_separators(text);
        let found: Vec<&str> = view.find(b"616263").map(|range| &text[range]).collect();
        assert_eq!(found, ["61 62\n63"]);
    }
}
