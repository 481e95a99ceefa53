//! The signs of texts for people: ASCII in a locale whose characters are not UTF-8.
#![expect(clippy::disallowed_methods, reason = "the locale is set by variables")]

use std::borrow::Cow;
use std::env;
use std::sync::LazyLock;

/// The variables of the locale. As POSIX says, the first that is not empty counts.
const VARIABLES: [&str; 3] = ["LC_ALL", "LC_CTYPE", "LANG"];

/// The signs of this program, and what takes their place.
const SIGNS: [(char, &str); 6] =
    [('✓', "+"), ('✗', "x"), ('·', "-"), ('–', "-"), ('…', "..."), ('µ', "u")];

/// Whether terminals show UTF-8. Without a locale they do: POSIX leaves the default to the
/// system, and systems of today use UTF-8.
pub(crate) static IS_UTF8: LazyLock<bool> = LazyLock::new(|| {
    let mut set = VARIABLES.iter().filter_map(env::var_os).filter(|locale| !locale.is_empty());
    set.next().is_none_or(|locale| is_utf8(&locale.to_string_lossy()))
});

/// Returns true if a locale such as `en_US.UTF-8` has UTF-8 as its character set. Without a
/// character set it has an older one.
fn is_utf8(locale: &str) -> bool {
    let locale = locale.split('@').next().unwrap_or_default();
    let charset = locale.split_once('.').map_or("", |(_, charset)| charset);
    matches!(charset.to_ascii_lowercase().as_str(), "utf-8" | "utf8")
}

/// Replaces the signs of this program in a text, if the locale needs that.
pub(crate) fn with_signs(text: &str) -> Cow<'_, str> {
    if *IS_UTF8 { text.into() } else { in_ascii(text) }
}

fn in_ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return text.into();
    }
    let mut ascii = String::with_capacity(text.len());
    for c in text.chars() {
        match SIGNS.iter().find(|(sign, _)| *sign == c) {
            Some((_, replacement)) => ascii.push_str(replacement),
            None => ascii.push(c),
        }
    }
    ascii.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_character_set_of_a_locale_decides() {
        for utf8 in ["en_US.UTF-8", "C.utf8", "de_DE.UTF-8@euro"] {
            assert!(is_utf8(utf8), "{utf8}");
        }
        for other in ["C", "POSIX", "en_US", "de_DE@euro", "ja_JP.eucJP", "UTF-8"] {
            assert!(!is_utf8(other), "{other}");
        }
    }

    #[test]
    fn only_our_signs_are_replaced() {
        assert_eq!(in_ascii("✓ ready – 3 µs, ü…"), "+ ready - 3 us, ü...");
    }
}
