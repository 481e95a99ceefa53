//! Secrets that somebody packed by mistake.

use std::sync::LazyLock;

use regex_lite::Regex;

use super::{Code, Finding, Findings};

/// The most that is looked at of a pack, in bytes: what people write by hand is shorter, and it takes a second at worst.
pub(super) const LOOKED_AT: u64 = 4 << 20;

/// Forms that nothing but a secret has: what each is, and a word that stands in it. Words such as `password` prove nothing: they stand in every manual.
const FORMS: [(&str, &[&str], &str); 7] = [
    ("a private key", &["PRIVATE KEY"], r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----\s+[A-Za-z0-9+/=]{16}"),
    ("an access key of AWS", &["AKIA", "ASIA"], r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"),
    (
        "a token of GitHub",
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
        r"\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40})",
    ),
    ("a token of GitLab", &["glpat-"], r"\bglpat-[A-Za-z0-9_-]{20}"),
    ("a token of Slack", &["xox"], r"\bxox[abprs]-[0-9]{6,}-[A-Za-z0-9-]{8,}"),
    ("a token of Vault", &["hvs."], r"\bhvs\.[A-Za-z0-9_-]{24}"),
    ("an API key of Google", &["AIza"], r"\bAIza[A-Za-z0-9_-]{35}"),
];

static PATTERNS: LazyLock<Vec<Regex>> =
    LazyLock::new(|| FORMS.iter().map(|(_, _, form)| Regex::new(form).expect("a pattern of ours")).collect());

/// Looks into an entry. What was found is not repeated.
pub(super) fn look(name: &str, content: &[u8], findings: &mut Findings) {
    // compiled code spells anything somewhere
    if name.ends_with(".wasm") {
        return;
    }
    let text = String::from_utf8_lossy(content);
    for ((what, words, _), pattern) in FORMS.iter().zip(PATTERNS.iter()) {
        // finding a word is ten times as fast as finding a form
        let found = words.iter().any(|word| text.contains(word)).then(|| pattern.find(&text)).flatten();
        if let Some(found) = found {
            let line = text[..found.start()].matches('\n').count() + 1;
            let name_shown = env_pack_domain::ForeignText::excerpt(name);
            let message = format!("line {line} of `{name_shown}` holds what looks like {what}");
            findings.push(Finding::new(Code::Secret, message).on(name));
        }
    }
}
