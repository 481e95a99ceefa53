//! Secrets in addresses.

use super::forms::{Of, Sight, is_random, run};

/// How far an address is looked at, in bytes.
const ADDRESS: usize = 300;
/// What manuals write in the place of a password.
const PLACEHOLDERS: &str = "admin changeme default example foobar guest hunter2 letmein mypass mypassword none null pass passwd password
    postgres qwerty redacted root secret secretpassword test token user username your-password your_password yourpassword";
/// Ends of names that nobody can have, or that are this machine.
const NOWHERE: [&str; 8] = [
    ".example",
    ".example.com",
    ".example.net",
    ".example.org",
    ".invalid",
    ".local",
    ".localhost",
    ".test",
];
const NOBODY: &str =
    "127.0.0.1 0.0.0.0 [::1] db example.com example.net example.org host hostname localhost server";

/// Whether an address with this `://` in it has a user with a password that may be one.
pub(super) fn has_password(sight: &Sight<'_>) -> bool {
    let scheme = sight.content[..sight.at]
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_alphanumeric())
        .take(16)
        .count();
    let after = &sight.content[sight.at + 3..];
    let ends = |byte: &u8| !byte.is_ascii_graphic() || b"/?#\"'`<>\\{}|^,()[]*;".contains(byte);
    let end = after.iter().take(ADDRESS).position(ends).unwrap_or(after.len().min(ADDRESS));
    let Ok(authority) = std::str::from_utf8(&after[..end]) else { return false };
    let Some((user, host)) = authority.rsplit_once('@') else { return false };
    let Some((_, password)) = user.split_once(':') else { return false };
    scheme > 1 && is_host(host) && may_be_one(password)
}

fn is_host(host: &str) -> bool {
    let name = host.split(':').next().unwrap_or(host).to_ascii_lowercase();
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
        && !NOBODY.split_ascii_whitespace().any(|nobody| nobody == name)
        && !NOWHERE.iter().any(|end| name.ends_with(end))
}

fn may_be_one(password: &str) -> bool {
    let lower = password.to_ascii_lowercase();
    let is_filled_in = password.starts_with(['$', '%', '@', ':'])
        || lower.starts_with("xxx")
        || lower.starts_with("...");
    let is_placeholder = PLACEHOLDERS.split_ascii_whitespace().any(|word| word == lower);
    password.len() >= 6 && !is_filled_in && !is_placeholder
}

/// Whether a team, a channel and a key follow.
pub(super) fn is_slack_hook(sight: &Sight<'_>) -> bool {
    let after = &sight.content[sight.at + b"hooks.slack.com/services/".len()..];
    is_random(run(after, Of::Base64, 80), 40)
}
