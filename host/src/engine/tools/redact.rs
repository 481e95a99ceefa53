//! What programs say, without what looks like a credential: neither a guest nor a report gets to see one.
//!
//! It errs on the side of hiding. What a preflight wants to know, a version or a yes, looks like no credential.

use std::ffi::OsString;
use std::sync::LazyLock;

use regex_lite::{Captures, Regex};

const HIDDEN: &str = "[redacted]";
/// A secret shorter than this would be found in innocent words.
const SECRET_BYTES: usize = 6;

/// Forms of credentials that are known by themselves.
const FORMS: [&str; 9] = [
    // private keys
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z0-9 ]*-----[\s\S]*?(-----END [A-Z0-9 ]*PRIVATE KEY[A-Z0-9 ]*-----|$)",
    // JSON web tokens
    r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(\.[A-Za-z0-9_-]*)?",
    // AWS
    r"\b(AKIA|ASIA|AIDA|AROA)[A-Z0-9]{12,}",
    // Vault
    r"\bhv[sbr]\.[A-Za-z0-9_-]{8,}|\b[sbr]\.[A-Za-z0-9]{20,}",
    // GitHub and GitLab
    r"\b(gh[pousr]_|github_pat_|glpat-)[A-Za-z0-9_-]{10,}",
    // Slack
    r"\bxox[a-z]-[A-Za-z0-9-]{8,}",
    // Google
    r"\b(ya29\.[A-Za-z0-9_-]{8,}|AIza[A-Za-z0-9_-]{20,})",
    // credentials in a URL
    r"://[^\s/@:]+:[^\s/@]+@",
    // authorization headers
    r"(?i)\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{8,}",
];

/// Values that are secret because of their name: `password: x`, `"client_secret": "x"`, `token   x`.
const NAMED: &str = r#"(?i)([a-z0-9_.-]*(password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)[a-z0-9_.-]*["']?(\s*[:=]\s*|[ \t]{2,}|\t))("[^"]*"|'[^']*'|[^\s,;]+)"#;

struct Patterns {
    forms: Vec<Regex>,
    named: Regex,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let compiled = |pattern: &str| Regex::new(pattern).expect("a pattern of ours");
    Patterns { forms: FORMS.iter().map(|form| compiled(form)).collect(), named: compiled(NAMED) }
});

/// Hides what looks like a credential, and the values of the variables whose names say that they are one.
pub(super) fn redact(text: String, variables: &[(OsString, OsString)]) -> String {
    let mut text = text;
    for secret in variables.iter().filter(|(name, _)| is_secret(name)).map(|(_, value)| value.to_string_lossy()) {
        if secret.len() >= SECRET_BYTES && text.contains(secret.as_ref()) {
            text = text.replace(secret.as_ref(), HIDDEN);
        }
    }
    for form in &PATTERNS.forms {
        if form.is_match(&text) {
            text = form.replace_all(&text, HIDDEN).into_owned();
        }
    }
    if PATTERNS.named.is_match(&text) {
        text = PATTERNS.named.replace_all(&text, |found: &Captures<'_>| format!("{}{HIDDEN}", &found[1])).into_owned();
    }
    text
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

    #[track_caller]
    fn check(text: &str, shown: &str) {
        assert_eq!(redact(text.to_owned(), &[]), shown);
    }

    #[test]
    fn credentials_are_hidden_wherever_they_stand() {
        check("id hvs.CAESIJ8aBcDeFgHiJk policies root", "id [redacted] policies root");
        check("key AKIAIOSFODNN7EXAMPLE.", "key [redacted].");
        check("Authorization: Bearer abcdef0123456789", "Authorization: [redacted]");
        check("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc_def-x end", "jwt [redacted] end");
        check("ghp_0123456789abcdefghij", "[redacted]");
        check("fetch https://user:hunter2@example.org/x", "fetch https[redacted]example.org/x");
        check("-----BEGIN RSA PRIVATE KEY-----\nMII\nabc\n-----END RSA PRIVATE KEY-----\nnext", "[redacted]\nnext");
        check("-----BEGIN PRIVATE KEY-----\nMII cut off", "[redacted]");
    }

    #[test]
    fn a_value_is_hidden_when_its_name_says_so() {
        check("password: hunter2", "password: [redacted]");
        check("{\"client_secret\": \"s3cr3t value\", \"n\": 1}", "{\"client_secret\": [redacted], \"n\": 1}");
        check("AWS_SECRET_ACCESS_KEY=wJalrXUtn", "AWS_SECRET_ACCESS_KEY=[redacted]");
        check("token               1234-5678\naccessor x", "token               [redacted]\naccessor x");
        check("api-key=abc,next=1", "api-key=[redacted],next=1");
    }

    #[test]
    fn what_a_preflight_wants_to_know_stays() {
        for text in [
            "Vault v1.15.2 (cf1b5cafa047bc8e4a3f93444fcb4011593b92cb), built 2023-11-06T11:33:28Z",
            "{\n  \"terraform_version\": \"1.5.7\",\n  \"platform\": \"linux_amd64\"\n}",
            "aws-cli/2.13.0 Python/3.11.4 Linux/5.15 exe/x86_64.ubuntu.22",
            "Error: the token is expired",
            "123456789012 arn:aws:iam::123456789012:user/alice",
            "yes\n",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn the_values_of_secret_variables_are_hidden() {
        let variables =
            [("MY_TOKEN", "canary-1"), ("HOME", "/home/me"), ("DB_PASSWORD", "tiny"), ("KEY_FILE", "/k/path")];
        let variables = variables.map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let text = redact("a canary-1 in /home/me, tiny, /k/path".to_owned(), &variables);
        assert_eq!(text, "a [redacted] in /home/me, tiny, /k/path");
    }
}
