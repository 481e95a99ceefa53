//! Reads members of a JSON object. It is much smaller than a JSON library.
//!
//! It does not validate the text: the host has parsed the answers before, and of a tool's
//! output only the requested member is used.

use alloc::string::String;

/// The JSON text of a member's value, in the object at the beginning of `text`.
pub(crate) fn member<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = text.trim_start().strip_prefix('{')?.trim_start();
    while rest.starts_with('"') {
        let (key, after) = rest.split_at_checked(end(rest)?)?;
        let value = after.trim_start().strip_prefix(':')?.trim_start();
        let (value, after) = value.split_at_checked(end(value)?)?;
        if string(key)? == name {
            return Some(value.trim_end());
        }
        rest = after.trim_start().strip_prefix(',')?.trim_start();
    }
    None
}

/// The JSON text of the value that names separated by dots lead to; none if it is missing or
/// null.
pub(crate) fn member_at<'a>(text: &'a str, path: &str) -> Option<&'a str> {
    let mut value = text;
    for name in path.split('.') {
        value = member(value, name)?;
    }
    (value != "null").then_some(value)
}

/// The end of the value at the beginning of `text`.
fn end(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => {
                in_string = !in_string;
                if !in_string && depth == 0 {
                    return Some(at + 1);
                }
            }
            _ if in_string => {}
            b'{' | b'[' => depth += 1,
            b',' | b'}' | b']' | b':' if depth == 0 => return (at > 0).then_some(at),
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// The value of a JSON string, with its escapes decoded.
pub(crate) fn string(raw: &str) -> Option<String> {
    let mut text = String::new();
    let mut characters = raw.strip_prefix('"')?.strip_suffix('"')?.chars();
    while let Some(character) = characters.next() {
        text.push(match character {
            '\\' => match characters.next()? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'b' => '\u{8}',
                'f' => '\u{c}',
                'u' => match code_unit(&mut characters)? {
                    high @ 0xd800..0xdc00 => {
                        let low = characters.as_str().strip_prefix("\\u")?;
                        characters = low.chars();
                        let low = code_unit(&mut characters)?
                            .checked_sub(0xdc00)
                            .filter(|low| *low < 0x400)?;
                        char::from_u32(0x10000 + ((high - 0xd800) << 10) + low)?
                    }
                    unit => char::from_u32(unit)?,
                },
                other => other,
            },
            other => other,
        });
    }
    Some(text)
}

fn code_unit(characters: &mut core::str::Chars<'_>) -> Option<u32> {
    (0..4).try_fold(0, |unit, _| Some(unit << 4 | characters.next()?.to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::{member, member_at, string};

    #[test]
    fn a_path_leads_to_a_member() {
        let text = r#"{"a": "x", "b": {"c": {"d": "y"}}, "e": null}"#;
        for (path, value) in [("a", Some("\"x\"")), ("b.c.d", Some("\"y\"")), ("e", None)] {
            assert_eq!(member_at(text, path), value, "{path}");
        }
        for missing in ["", "b.c.e", "a.b", "f"] {
            assert_eq!(member_at(text, missing), None, "{missing}");
        }
    }

    #[test]
    fn members_are_found_by_their_complete_name() {
        let text =
            r#" { "a" : {"b": "x}", "c": [1, "]"]} , "b":2,"c" : "d\"e", "\u0066" : null, "g":[]}"#;
        for (name, value) in [
            ("a", Some(r#"{"b": "x}", "c": [1, "]"]}"#)),
            ("b", Some("2")),
            ("c", Some(r#""d\"e""#)),
            ("f", Some("null")),
            ("g", Some("[]")),
            ("d", None),
            ("", None),
        ] {
            assert_eq!(member(text, name), value, "{name}");
        }
    }

    #[test]
    fn text_that_is_not_an_object_has_no_members() {
        for odd in [
            "",
            "{",
            "{}",
            "[]",
            "null",
            "{\"a\"",
            "{\"a\":",
            "{\"a\":}",
            "{\"a\" 1}",
            "{a:1}",
            "{\"a",
            "{\"b\":1 \"a\":2}",
        ] {
            assert_eq!(member(odd, "a"), None, "{odd}");
        }
        // every prefix of a valid object
        let object = r#"{"b": {"a": ["\u00e9\\"]}, "a": "x"}"#;
        for end in 0..object.len() {
            let _ = member(&object[..end], "a");
        }
    }

    #[test]
    fn strings_are_unescaped() {
        for (raw, text) in [
            (r#""""#, Some("")),
            (r#""a\n\t\r\b\f\"\\\/b""#, Some("a\n\t\r\u{8}\u{c}\"\\/b")),
            (r#""\u00e9\ud83d\ude00""#, Some("é😀")),
            (r#""\ud83d""#, None),
            (r#""\ud83d\u0041""#, None),
            (r#""\u00""#, None),
            (r#""\u+0e9""#, None),
            ("1", None),
            ("\"", None),
        ] {
            assert_eq!(string(raw).as_deref(), text, "{raw}");
        }
    }
}
