//! Finds the secrets in the host's environment variables, in every spelling that programs are known
//! to print.

use std::ffi::{OsStr, OsString};
use std::ops::Range;

use super::views::{View, is_quote};

/// The shortest secret that is redacted, in bytes. Shorter ones would match ordinary words.
const MIN_SECRET_BYTES: usize = 6;
/// The shortest part of a secret in Base64 or Base32 that is redacted.
const MIN_ENCODED_CHARS: usize = 8;
/// The two alphabets of RFC 4648 for Base64.
const BASE64: [&[u8; 64]; 2] = [
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
];
/// The two alphabets of RFC 4648 for Base32, in lower case.
const BASE32: [&[u8; 32]; 2] =
    [b"abcdefghijklmnopqrstuvwxyz234567", b"0123456789abcdefghijklmnopqrstuv"];

/// Returns the parts of a text that spell the value of a variable with a secret name: as it is, in
/// another case, quoted or escaped, as part of a URL or a form, in hexadecimal, Base32 or Base64.
pub(super) fn find(text: &str, variables: &[(OsString, OsString)]) -> Vec<Range<usize>> {
    let secrets: Vec<String> = variables
        .iter()
        .filter(|(name, _)| has_secret_name(name))
        .map(|(_, value)| value.to_string_lossy().trim().to_owned())
        .filter(|secret| secret.len() >= MIN_SECRET_BYTES)
        .collect();
    if secrets.is_empty() || text.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut search = |view: View, spell: fn(&str) -> Vec<Vec<u8>>| {
        for secret in &secrets {
            for spelling in spell(secret) {
                found.extend(view.find(&spelling));
            }
        }
    };
    search(View::plain(text), |secret| vec![lower_case(secret)]);
    if text.contains(['%', '+']) {
        search(View::without_percent(text), |secret| vec![lower_case(&secret.replace('+', " "))]);
    }
    if text.contains('\\') {
        search(View::without_backslashes(text), |secret| vec![lower_case(secret)]);
    }
    search(View::without_quotes(text), without_quotes);
    search(View::without_separators(text), in_hexadecimal_and_base32);
    search(View::without_space(text), |secret| encodings(secret.as_bytes(), 6, &BASE64));
    found
}

fn lower_case(secret: &str) -> Vec<u8> {
    secret.to_ascii_lowercase().into_bytes()
}

fn without_quotes(secret: &str) -> Vec<Vec<u8>> {
    let mut bytes = lower_case(secret);
    bytes.retain(|byte| !is_quote(*byte));
    if bytes.len() >= MIN_SECRET_BYTES { vec![bytes] } else { Vec::new() }
}

fn in_hexadecimal_and_base32(secret: &str) -> Vec<Vec<u8>> {
    let mut spellings = encodings(secret.as_bytes(), 5, &BASE32);
    let digits = secret.bytes().map(|byte| format!("{byte:02x}"));
    spellings.push(digits.collect::<String>().into_bytes());
    spellings
}

/// Returns the encodings of a secret inside a longer text, with `bits` bits for each character: for
/// each alignment and alphabet. Characters at the ends are left out, because they also depend on
/// the neighbouring bytes.
fn encodings<const N: usize>(secret: &[u8], bits: usize, alphabets: &[&[u8; N]]) -> Vec<Vec<u8>> {
    let secret: Vec<bool> =
        secret.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1)).collect();
    let mut spellings: Vec<Vec<u8>> = Vec::new();
    for offset in 0..bits {
        // the bits that share a character with the bytes before the secret
        let skipped = (bits - 8 * offset % bits) % bits;
        let whole = secret.get(skipped..).unwrap_or_default();
        for alphabet in alphabets {
            let spelling: Vec<u8> =
                whole.chunks_exact(bits).map(|bits| alphabet[number(bits)]).collect();
            if spelling.len() >= MIN_ENCODED_CHARS && !spellings.contains(&spelling) {
                spellings.push(spelling);
            }
        }
    }
    spellings
}

fn number(bits: &[bool]) -> usize {
    bits.iter().fold(0, |number, bit| number << 1 | usize::from(*bit))
}

/// Returns true if the name of a variable suggests that its value is secret.
pub(super) fn has_secret_name(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_ascii_uppercase();
    ["TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "_KEY", "APIKEY"]
        .iter()
        .any(|part| name.contains(part))
        && !name.ends_with("_FILE")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_a_secret_is_found_in_every_alignment() {
        // `canary-value?>` alone, after one byte, after two, and in the other alphabet
        check_encodings(
            encodings(b"canary-value?>", 6, &BASE64),
            &[
                "Y2FuYXJ5LXZhbHVlPz4=",
                "eGNhbmFyeS12YWx1ZT8+",
                "eHhjYW5hcnktdmFsdWU/Pg==",
                "eGNhbmFyeS12YWx1ZT8-",
            ],
        );
    }

    #[test]
    fn base32_of_a_secret_is_found_in_every_alignment() {
        // `canary-value?>` after up to four bytes, and in the other alphabet
        check_encodings(
            encodings(b"canary-value?>", 5, &BASE32),
            &[
                "mnqw4ylspewxmylmovst6pq=",
                "pbrwc3tboj4s25tbnr2wkpz6",
                "pb4ggylomfzhsllwmfwhkzj7hy======",
                "pb4hqy3bnzqxe6jnozqwy5lfh47a====",
                "pb4hq6ddmfxgc4tzfv3gc3dvmu7t4===",
                "cdgmsobif4mncobcelijufg=",
            ],
        );
    }

    #[track_caller]
    fn check_encodings(known: Vec<Vec<u8>>, encoded: &[&str]) {
        for text in encoded {
            let found = known
                .iter()
                .any(|spelling| memchr::memmem::find(text.as_bytes(), spelling).is_some());
            assert!(found, "{text}");
        }
    }
}
