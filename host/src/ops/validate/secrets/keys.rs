//! Private keys in their forms, and secrets that are known by what stands before them.

use super::forms::{Of, Sight, is_random, run};

/// How long the kind of a key may be, and how far its first line may be from its head: a
/// passphrase brings two lines of its own.
const LABEL: usize = 48;
const HEAD: usize = 400;
/// The shortest line of a key that is looked for, in bytes.
const LINE: usize = 32;
/// `PRIVATE KEY` in base64, wherever it begins.
const ENCODED: [&[u8]; 3] = [b"UFJJVkFURSBLRV", b"BSSVZBVEUgS0VZ", b"QUklWQVRFIEtFW"];

/// Whether `PRIVATE KEY` stands in the first line of a key, and the key follows: a
/// program that reads keys has such lines too.
pub(super) fn is_pem(sight: &Sight<'_>) -> bool {
    let before = &sight.content[sight.at.saturating_sub(LABEL)..sight.at];
    let Some(begin) = memchr::memmem::rfind(before, b"BEGIN ") else { return false };
    let is_label = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b' ';
    if !before[..begin].trim_ascii_end().ends_with(b"----") || !before[begin..].iter().all(is_label)
    {
        return false;
    }
    let after = &sight.content[sight.at + b"PRIVATE KEY".len()..];
    let after = after.strip_prefix(b" BLOCK").unwrap_or(after).trim_ascii_start();
    let Some(body) = after.strip_prefix(b"----") else { return false };
    let body = &body[..body.len().min(HEAD)];
    let body = body.strip_prefix(b"-").unwrap_or(body);
    let body = &body[..memchr::memmem::find(body, b"----").unwrap_or(body.len())];
    // a line break, or one that is written out
    let breaks = body.first().is_some_and(|byte| byte.is_ascii_whitespace() || *byte == b'\\');
    breaks && lines(body).any(|line| is_random(run(line, Of::Base64, LINE), LINE))
}

/// The pieces between line breaks, whether these are ones or are written out as in JSON.
fn lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    body.split(|byte| byte.is_ascii_whitespace() || *byte == b'\\')
        .map(|line| line.strip_prefix(b"n").filter(|_| line.len() > LINE).unwrap_or(line))
}

/// Whether it is such a key once more in base64, as in a file that says how to reach a
/// cluster.
pub(super) fn is_encoded_pem(sight: &Sight<'_>) -> bool {
    let text = run(&sight.content[sight.at..], Of::Base64, 200);
    let first = &text[..text.len().min(100)];
    text.len() >= 120
        && ENCODED.iter().any(|encoded| memchr::memmem::find(first, encoded).is_some())
}

/// Whether it is a key of PuTTY, its private half included.
pub(super) fn is_putty(sight: &Sight<'_>) -> bool {
    let file = &sight.content[sight.at..];
    memchr::memmem::find(&file[..file.len().min(8 << 10)], b"Private-Lines:").is_some()
}

/// Whether `ecret` belongs to the name of a secret key of AWS, and the key follows.
pub(super) fn is_aws_secret(sight: &Sight<'_>) -> bool {
    let after = &sight.content[sight.at..];
    let names: [&[u8]; 3] = [b"ecret_access_key", b"ecretAccessKey", b"ecret-access-key"];
    let is_name =
        |name: &&&[u8]| after.len() > name.len() && after[..name.len()].eq_ignore_ascii_case(name);
    let Some(name) = names.iter().find(is_name) else { return false };
    let rest = &after[name.len()..];
    let gap = rest.iter().take(6).take_while(|byte| b"\"' \t:=>".contains(byte)).count();
    gap > 0 && is_random(run(&rest[gap..], Of::Base64, 40), 40)
}

/// Whether `.eyJ` begins the second part of a signed token.
pub(super) fn is_web_token(sight: &Sight<'_>) -> bool {
    let is_word = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let head = sight.content[..sight.at].iter().rev().take(1 << 10).take_while(is_word).count();
    let head = &sight.content[sight.at - head..sight.at];
    let claims = run(&sight.content[sight.at + 1..], Of::Words, 8 << 10);
    let rest = &sight.content[sight.at + 1 + claims.len()..];
    let Some(signature) = rest.strip_prefix(b".") else { return false };
    memchr::memmem::find(head, b"eyJ").is_some_and(|at| head.len() - at >= 16)
        && claims.len() >= 16
        && is_random(run(signature, Of::Words, 64), 32)
}
