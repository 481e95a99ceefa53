//! The secrets that the host itself holds in its variables, in every spelling that a
//! program may print them in.

use std::ffi::OsString;

/// A secret shorter than this would be found in innocent words.
const SECRET_BYTES: usize = 6;
/// Fewer characters of a secret in Base64 would be found in innocent ones.
const BASE64_CHARS: usize = 8;
/// The alphabet of Base64 but for its last two characters, in which its variants differ.
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// The values of the variables whose names say that they are secret: as they are, and in
/// Base64.
pub(super) fn spellings(variables: &[(OsString, OsString)]) -> Vec<String> {
    let secrets = variables
        .iter()
        .filter(|(name, _)| is_secret(name))
        .map(|(_, value)| value.to_string_lossy());
    let secrets = secrets.filter(|secret| secret.len() >= SECRET_BYTES);
    secrets
        .flat_map(|secret| [vec![secret.to_string()], base64(secret.as_bytes())].concat())
        .collect()
}

/// What Base64 makes of a secret, wherever it stands in a longer text: there are three
/// ways to lie in groups of three bytes, and two alphabets. The characters at both ends
/// are left out, as they depend on the neighbours.
fn base64(secret: &[u8]) -> Vec<String> {
    let mut spellings: Vec<String> = Vec::new();
    for before in 0..3 {
        let bits: Vec<bool> = secret
            .iter()
            .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1))
            .collect();
        let bits = bits.get((6 - before * 8 % 6) % 6..).unwrap_or_default();
        for last in [*b"+/", *b"-_"] {
            let number =
                |bits: &[bool]| bits.iter().fold(0, |number, bit| number << 1 | usize::from(*bit));
            let all = || ALPHABET.iter().chain(&last);
            let character = |bits: &[bool]| all().nth(number(bits)).map(|byte| char::from(*byte));
            let spelling: String = bits.chunks_exact(6).filter_map(character).collect();
            if spelling.len() >= BASE64_CHARS && !spellings.contains(&spelling) {
                spellings.push(spelling);
            }
        }
    }
    spellings
}

/// Whether the name of a variable says that its value is a secret.
fn is_secret(name: &OsString) -> bool {
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
    fn a_secret_is_known_in_base64_wherever_it_stands() {
        // `canary-value?>` alone, after one and after two bytes, and in the other alphabet
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
