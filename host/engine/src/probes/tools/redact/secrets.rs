//! Finds the secrets in the host's environment variables, in plain text and Base64.

use std::ffi::OsString;

/// The shortest secret that is redacted, in bytes. Shorter ones would match ordinary words.
const MIN_SECRET_BYTES: usize = 6;
/// The shortest part of a secret in Base64 that is redacted.
const MIN_BASE64_CHARS: usize = 8;
/// The Base64 alphabet without its last two characters, in which the variants differ.
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Returns the values of variables with secret names, in plain text and in Base64.
pub(super) fn spellings(variables: &[(OsString, OsString)]) -> Vec<String> {
    let secrets = variables
        .iter()
        .filter(|(name, _)| has_secret_name(name))
        .map(|(_, value)| value.to_string_lossy());
    secrets
        .filter(|secret| secret.len() >= MIN_SECRET_BYTES)
        .flat_map(|secret| [vec![secret.to_string()], base64(secret.as_bytes())].concat())
        .collect()
}

/// Returns the Base64 encodings of a secret inside a longer text: for each of three
/// alignments and two alphabets. Characters at the ends are left out, because they also
/// depend on the neighbouring bytes.
fn base64(secret: &[u8]) -> Vec<String> {
    let mut spellings: Vec<String> = Vec::new();
    for offset in 0..3 {
        let bits: Vec<bool> = secret
            .iter()
            .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1))
            .collect();
        let bits = bits.get((6 - offset * 8 % 6) % 6..).unwrap_or_default();
        for last in [*b"+/", *b"-_"] {
            let alphabet: Vec<u8> = ALPHABET.iter().chain(&last).copied().collect();
            let spelling: String =
                bits.chunks_exact(6).map(|bits| char::from(alphabet[number(bits)])).collect();
            if spelling.len() >= MIN_BASE64_CHARS && !spellings.contains(&spelling) {
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
fn has_secret_name(name: &OsString) -> bool {
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
        let known = base64(b"canary-value?>");
        for encoded in [
            "Y2FuYXJ5LXZhbHVlPz4=",
            "eGNhbmFyeS12YWx1ZT8+",
            "eHhjYW5hcnktdmFsdWU/Pg==",
            "eGNhbmFyeS12YWx1ZT8-",
        ] {
            assert!(
                known.iter().any(|spelling| encoded.contains(spelling)),
                "{encoded}: {known:?}"
            );
        }
    }
}
