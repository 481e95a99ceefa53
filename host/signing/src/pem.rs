//! [PEM] files with one block and nothing else.
//!
//! [PEM]: https://www.rfc-editor.org/rfc/rfc7468

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use env_pack_domain::ForeignText;

use super::error::KeyError;

/// Maximum length of a line of Base64.
const LINE_CHARS: usize = 64;

/// Decodes the only block of a file, which must have this label.
pub(super) fn decode(text: &[u8], expected: &'static str) -> Result<Vec<u8>, KeyError> {
    let not_pem = |reason| KeyError::NotPem { reason };
    let text = std::str::from_utf8(text).map_err(|_| not_pem("it is not text"))?;
    let mut lines: Vec<&str> = text.lines().collect();
    while lines.last().is_some_and(|line| line.is_empty()) {
        lines.pop();
    }
    let (begin, rest) = lines.split_first().ok_or_else(|| not_pem("it is empty"))?;
    let (end, body) = rest.split_last().ok_or_else(|| not_pem("it has only one line"))?;
    let found = label(begin, "-----BEGIN ")
        .ok_or_else(|| not_pem("it does not start with `-----BEGIN`"))?;
    if found != expected {
        return Err(KeyError::WrongLabel { found: ForeignText::excerpt(found), expected });
    }
    if label(end, "-----END ") != Some(expected) {
        return Err(not_pem("it does not end with the end of its only block"));
    }
    if body.iter().any(|line| line.is_empty() || line.len() > LINE_CHARS) {
        return Err(not_pem("it has a line that is empty or too long"));
    }
    STANDARD.decode(body.concat()).map_err(|_| not_pem("its content is not Base64"))
}

fn label<'a>(line: &'a str, prefix: &str) -> Option<&'a str> {
    line.strip_prefix(prefix)?.strip_suffix("-----")
}

/// Encodes a file with one block.
pub(super) fn encode(bytes: &[u8], label: &str) -> String {
    let text = STANDARD.encode(bytes);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(LINE_CHARS) {
        pem.extend(line.iter().copied().map(char::from));
        pem.push('\n');
    }
    pem + &format!("-----END {label}-----\n")
}
