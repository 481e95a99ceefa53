//! Secrets that somebody packed by mistake.

use std::sync::LazyLock;

use regex_lite::Regex;

use super::{Code, Finding, Findings};

/// The most that is looked at of an entry, in bytes: what people write by hand is shorter.
pub(super) const LOOKED_AT: u64 = 256 << 10;

/// Forms that nothing but a secret has, and what each is. Words such as `password` prove nothing: they stand in every manual.
const FORMS: [(&str, &str); 7] = [
    ("a private key", r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----\s+[A-Za-z0-9+/=]{16}"),
    ("an access key of AWS", r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"),
    ("a token of GitHub", r"\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40})"),
    ("a token of GitLab", r"\bglpat-[A-Za-z0-9_-]{20}"),
    ("a token of Slack", r"\bxox[abprs]-[0-9]{6,}-[A-Za-z0-9-]{8,}"),
    ("a token of Vault", r"\bhvs\.[A-Za-z0-9_-]{24}"),
    ("an API key of Google", r"\bAIza[A-Za-z0-9_-]{35}"),
];

static PATTERNS: LazyLock<Vec<(&str, Regex)>> =
    LazyLock::new(|| FORMS.iter().map(|(what, form)| (*what, Regex::new(form).expect("a pattern of ours"))).collect());

/// Looks into an entry. What was found is not repeated.
pub(super) fn look(name: &str, content: &[u8], findings: &mut Findings) {
    // compiled code spells anything somewhere
    if name.ends_with(".wasm") {
        return;
    }
    let text = String::from_utf8_lossy(content);
    for (what, pattern) in PATTERNS.iter() {
        if let Some(found) = pattern.find(&text) {
            let line = text[..found.start()].matches('\n').count() + 1;
            let name_shown = env_pack_domain::ForeignText::excerpt(name);
            let message = format!("line {line} of `{name_shown}` holds what looks like {what}");
            findings.push(Finding::new(Code::Secret, message).on(name));
        }
    }
}
