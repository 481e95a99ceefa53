//! [PEM] files with one block. Text before and after it is ignored, as RFC 7468 has it, and so
//! is a byte order mark.
//!
//! [PEM]: https://www.rfc-editor.org/rfc/rfc7468

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use env_pack_domain::ForeignText;

use super::error::KeyError;

/// Maximum length of a line of Base64.
const LINE_CHARS: usize = 64;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";

/// Decodes the only block of a file, which must have this label.
pub(super) fn decode(text: &[u8], expected: &'static str) -> Result<Vec<u8>, KeyError> {
    let not_pem = |reason| KeyError::NotPem { reason };
    let text = std::str::from_utf8(text).map_err(|_| not_pem("it is not text"))?;
    // spaces at the end of a line are invisible, and common in copied text
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim_end);
    let mut block = lines.skip_while(|line| label(line, BEGIN).is_none());
    let begin = block.next().ok_or_else(|| not_pem("it has no line `-----BEGIN …-----`"))?;
    let found = label(begin, BEGIN).unwrap_or_default();
    if found != expected {
        return Err(KeyError::WrongLabel { found: ForeignText::excerpt(found), expected });
    }
    let mut body = String::new();
    loop {
        let line = block.next().ok_or_else(|| not_pem("its block has no end"))?;
        match label(line, END) {
            Some(end) if end == expected => break,
            Some(_) => return Err(not_pem("its block ends with another label")),
            None if line.is_empty() || line.len() > LINE_CHARS => {
                return Err(not_pem("its block has a line that is empty or too long"));
            }
            None => body.push_str(line),
        }
    }
    if block.any(|line| label(line, BEGIN).is_some()) {
        return Err(not_pem("it has several blocks"));
    }
    STANDARD.decode(body).map_err(|_| not_pem("its content is not Base64"))
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
