//! Finds private keys in the entries of a pack: PEM blocks (RFC 7468), and files with the
//! usual name of a key.
//!
//! A finding never repeats any part of a key. Other secrets are left to a secret scanner
//! (docs/ci.md).

use env_pack_domain::ForeignText;
use memchr::memmem::{self, Finder};

use super::finding::{PackFinding, PackFindings};
use super::table::Code;

/// The bytes that every WebAssembly binary begins with.
const WASM: &[u8] = b"\0asm";
const BEGIN: &[u8] = b"-----BEGIN ";
const DASHES: &[u8] = b"-----";
/// The longest label of a PEM block, in bytes.
const LABEL_BYTES: usize = 48;
/// Largest distance of the first line of a key from its label, in bytes: an encrypted key has
/// header lines first.
const HEADER_BYTES: usize = 400;
/// The shortest line of a key, in characters of Base64.
const LINE_CHARS: usize = 32;
const KEY_FILES: [&str; 6] =
    ["id_dsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk", "id_rsa"];
const KEY_FILE_ENDINGS: [&str; 5] = [".jks", ".keystore", ".p12", ".pfx", ".ppk"];

/// Adds a finding if an entry has the name of a key file, and one if it holds a private key.
pub(super) fn check_entry(name: &str, content: &[u8], findings: &mut PackFindings) {
    let excerpt = ForeignText::excerpt(name);
    if is_key_file(name) {
        let message = format!("`{excerpt}` is the name of a private-key file");
        findings.push(PackFinding::new(Code::PrivateFile, message).on(name));
    }
    if let Some(offset) = find_pem_key(content) {
        let position = if content.starts_with(WASM) {
            format!("byte {offset}")
        } else {
            let lines_before = memchr::memchr_iter(b'\n', &content[..offset]).count();
            format!("line {}", lines_before + 1)
        };
        let message = format!("a private key begins at {position} of `{excerpt}`");
        findings.push(PackFinding::new(Code::Secret, message).on(name));
    }
}

fn is_key_file(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let file = name.rsplit('/').next().unwrap_or(&name);
    KEY_FILES.contains(&file) || KEY_FILE_ENDINGS.iter().any(|ending| file.ends_with(ending))
}

/// The offset of the first PEM block with a private key.
fn find_pem_key(content: &[u8]) -> Option<usize> {
    Finder::new(BEGIN)
        .find_iter(content)
        .find(|offset| is_private_key(&content[offset + BEGIN.len()..]))
}

/// Returns true if `block`, which follows `-----BEGIN `, has the label of a private key and
/// then a line of Base64. Programs that read keys contain the label alone.
fn is_private_key(block: &[u8]) -> bool {
    let Some((label, body)) = split_at_dashes(block, LABEL_BYTES) else { return false };
    if !label.ends_with(b"PRIVATE KEY") && !label.ends_with(b"PRIVATE KEY BLOCK") {
        return false;
    }
    let body = &body[..body.len().min(HEADER_BYTES)];
    let body = split_at_dashes(body, HEADER_BYTES).map_or(body, |(body, _)| body);
    // in JSON, the line breaks of a key are `\n`
    let is_break = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'\\';
    body.first().is_some_and(is_break) && body.split(is_break).any(is_key_line)
}

/// Returns the text before and after the first five dashes, if at most `limit` bytes are before them.
fn split_at_dashes(bytes: &[u8], limit: usize) -> Option<(&[u8], &[u8])> {
    let searched = &bytes[..bytes.len().min(limit + DASHES.len())];
    let at = memmem::find(searched, DASHES)?;
    Some((&bytes[..at], &bytes[at + DASHES.len()..]))
}

fn is_key_line(line: &[u8]) -> bool {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    line.len() >= LINE_CHARS && line[..LINE_CHARS].iter().all(is_base64)
}
