//! Redacts credentials from the output of tools, before a guest or a report gets it.
//!
//! False positives are acceptable: versions and yes-or-no answers, which preflights need,
//! do not look like credentials.

mod secrets;
mod views;

use std::ffi::OsString;
use std::ops::Range;
use std::sync::LazyLock;

use regex_lite::{Captures, Regex};

/// The text that is shown in place of a credential.
pub const REDACTED: &str = "[redacted]";

/// Credentials with a recognisable form.
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

/// Values after a secret name: `password: x`, `"client_secret": "x"`, `token   x`. There may
/// be colour codes in between, and truncation may have removed a closing quote.
const NAMED: &str = r#"(?i)([a-z0-9_.-]*(password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)[a-z0-9_.-]*["']?(\x1b\[[0-9;]*m)*(\s*[:=](\s|\x1b\[[0-9;]*m)*|[ \t]{2,}|\t))("[^"]*("|$)|'[^']*('|$)|[^\s,;]+)"#;

struct Patterns {
    forms: Vec<Regex>,
    named: Regex,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| Patterns {
    forms: FORMS.iter().map(|form| compile(form)).collect(),
    named: compile(NAMED),
});

fn compile(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is valid")
}

/// Redacts everything that looks like a credential, and the values of environment
/// variables with secret names.
pub(super) fn redact(mut text: String, variables: &[(OsString, OsString)]) -> String {
    let found = secrets::find(&text, variables);
    if !found.is_empty() {
        text = replace(&text, found);
    }
    for form in &PATTERNS.forms {
        if form.is_match(&text) {
            text = form.replace_all(&text, REDACTED).into_owned();
        }
    }
    if PATTERNS.named.is_match(&text) {
        let replaced = PATTERNS.named.replace_all(&text, |found: &Captures<'_>| {
            let value = found.get(1).map_or(0, |name| name.end());
            if is_request(&text[value..]) {
                found[0].to_owned()
            } else {
                format!("{}{REDACTED}", &found[1])
            }
        });
        text = replaced.into_owned();
    }
    text
}

/// Endings of the names of values that say where a secret is: `password_env`, `token_ref`.
const REFERENCE_NAMES: [&str; 8] =
    ["_ref", "_refs", "_env", "_file", "_path", "_name", "_id", "_url"];

/// Returns whether the value of a configuration looks like a credential, by its form or by its
/// name. A value that names where a secret is kept does not, such as `secret://prod/db`.
///
/// ```
/// use gtc_engine::is_credential;
///
/// assert!(is_credential("password", "hunter2"));
/// assert!(is_credential("address", "https://user:hunter2@db.example"));
/// assert!(!is_credential("password_env", "DB_PASSWORD"));
/// assert!(!is_credential("token", "secret://prod/db"));
/// ```
pub fn is_credential(name: &str, value: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('-', "_");
    let is_reference = value.trim().is_empty()
        || value.contains("://")
        || name.starts_with("public")
        || REFERENCE_NAMES.iter().any(|ending| name.ends_with(ending));
    let has_secret_name = secrets::has_secret_name(name.as_ref());
    PATTERNS.forms.iter().any(|form| form.is_match(value)) || (has_secret_name && !is_reference)
}

/// Returns true if a text holds something with the form of a credential, such as a private key or
/// a URL with a password. This is the rule by which the output of tools is redacted.
///
/// ```
/// use gtc_engine::holds_credential;
/// assert!(holds_credential("postgres://app:s3cr3t@db.example/app"));
/// assert!(holds_credential("host=db.example password=s3cr3t"));
/// assert!(!holds_credential("https://vault.example:8200"));
/// ```
pub fn holds_credential(text: &str) -> bool {
    redact(text.to_owned(), &[]) != text
}

/// Replaces parts of a text, which may overlap.
fn replace(text: &str, mut parts: Vec<Range<usize>>) -> String {
    parts.sort_unstable_by_key(|part| part.start);
    let mut replaced = String::with_capacity(text.len());
    let mut end = 0;
    for part in parts {
        let start = text.floor_char_boundary(part.start);
        if start >= end {
            replaced.push_str(&text[end..start]);
            replaced.push_str(REDACTED);
        }
        end = end.max(text.ceil_char_boundary(part.end));
    }
    replaced.push_str(&text[end..]);
    replaced
}

/// Returns true if the text begins like the error of a failed request in a Go program, as
/// after "token:" in `Error looking up token: Get "https://…": …`.
fn is_request(text: &str) -> bool {
    let methods = ["Get", "Head", "Post", "Put", "Patch", "Delete"];
    methods
        .iter()
        .any(|method| text.strip_prefix(method).is_some_and(|rest| rest.starts_with(" \"http")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(redact(text.to_owned(), &[]), expected);
    }

    #[test]
    fn credentials_are_redacted_anywhere_in_a_text() {
        check("id hvs.CAESIJ8aBcDeFgHiJk policies root", "id [redacted] policies root");
        check("key AKIAIOSFODNN7EXAMPLE.", "key [redacted].");
        check("Authorization: Bearer abcdef0123456789", "Authorization: [redacted]");
        check("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc_def-x end", "jwt [redacted] end");
        check("ghp_0123456789abcdefghij", "[redacted]");
        check("fetch https://user:hunter2@example.org/x", "fetch https[redacted]example.org/x");
        check(
            "-----BEGIN RSA PRIVATE KEY-----\nMII\nabc\n-----END RSA PRIVATE KEY-----\nnext",
            "[redacted]\nnext",
        );
        check("-----BEGIN PRIVATE KEY-----\nMII cut off", "[redacted]");
    }

    #[test]
    fn values_with_secret_names_are_redacted() {
        check("password: hunter2", "password: [redacted]");
        check(
            "{\"client_secret\": \"s3cr3t value\", \"n\": 1}",
            "{\"client_secret\": [redacted], \"n\": 1}",
        );
        check("AWS_SECRET_ACCESS_KEY=wJalrXUtn", "AWS_SECRET_ACCESS_KEY=[redacted]");
        check(
            "token               1234-5678\naccessor x",
            "token               [redacted]\naccessor x",
        );
        check("api-key=abc,next=1", "api-key=[redacted],next=1");
        check("password: \"cut off in the mid", "password: [redacted]");
        check(
            "\u{1b}[1mtoken\u{1b}[0m: \u{1b}[32mabc\u{1b}[0m",
            "\u{1b}[1mtoken\u{1b}[0m: \u{1b}[32m[redacted]",
        );
    }

    #[test]
    fn values_of_configurations_are_credentials_by_form_or_name() {
        for (name, value) in [
            ("password", "hunter2"),
            ("client-secret", "x"),
            ("apiKey", "x"),
            ("anything", "ghp_0123456789abcdefghij"),
            ("anything", "-----BEGIN PRIVATE KEY-----\nMII"),
            ("url", "postgres://user:hunter2@db.example/x"),
            ("token_ref", "hvs.CAESIJ8aBcDeFgHiJk"),
        ] {
            assert!(is_credential(name, value), "{name}: {value}");
        }
        for (name, value) in [
            ("password", ""),
            ("password", "secret://prod/db"),
            ("password_env", "DB_PASSWORD"),
            ("secret-path", "kv/data/prod"),
            ("public_key", "MCowBQYDK2VwAyEA"),
            ("address", "https://vault.example:8200"),
            ("auth_method", "token"),
        ] {
            assert!(!is_credential(name, value), "{name}: {value}");
        }
    }

    #[test]
    fn versions_and_answers_are_not_redacted() {
        for text in [
            "Vault v1.15.2 (cf1b5cafa047bc8e4a3f93444fcb4011593b92cb), built 2023-11-06T11:33:28Z",
            "{\n  \"terraform_version\": \"1.5.7\",\n  \"platform\": \"linux_amd64\"\n}",
            "aws-cli/2.13.0 Python/3.11.4 Linux/5.15 exe/x86_64.ubuntu.22",
            "Error: the token is expired",
            "Error looking up token: Get \"https://vault.example:8200/v1/auth/token/lookup-self\": connection refused",
            "123456789012 arn:aws:iam::123456789012:user/alice",
            "yes\n",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn values_of_secret_variables_are_redacted() {
        let variables = [
            ("MY_TOKEN", "canary-1"),
            ("HOME", "/home/me"),
            ("DB_PASSWORD", "tiny"),
            ("KEY_FILE", "/k/path"),
        ];
        let variables =
            variables.map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let text = redact("a canary-1 in /home/me, tiny, /k/path".to_owned(), &variables);
        assert_eq!(text, "a [redacted] in /home/me, tiny, /k/path");
    }

    #[track_caller]
    fn check_spelling(secret: &str, spelling: &str) {
        let variables = [("A_TOKEN", secret)].map(|(name, value)| (name.into(), value.into()));
        let text = redact(format!("a {spelling} b"), &variables);
        assert_eq!(text, format!("a {REDACTED} b"), "{spelling}");
    }

    #[test]
    fn secrets_are_found_in_every_spelling() {
        let secret = r#"it's "é 50%" + \n/<x>"#;
        for spelling in [
            secret,
            &secret.to_uppercase().replace('É', "é"),
            // JSON: of Rust, of Go, of Python
            r#"it's \"é 50%\" + \\n/<x>"#,
            r#"it's \"é 50%\" + \\n/\u003cx\u003e"#,
            r#"it's \"\u00e9 50%\" + \\n\/<x>"#,
            // URLs and forms
            "it%27s%20%22%C3%A9%2050%25%22%20%2B%20%5Cn%2F%3Cx%3E",
            "it's+%22%c3%a9+50%25%22+%2b+%5cn%2f%3cx%3e",
            "it's%20%22%C3%A9%2050%25%22%20+%20%5Cn/%3Cx%3E",
            // shells: single quotes, double quotes, backslashes, `$'…'`
            r#"it'\''s "é 50%" + \n/<x>"#,
            r#"it's \"é 50%\" + \\n/<x>"#,
            r#"it\'s\ \"é\ 50%\"\ +\ \\n/\<x\>"#,
            r#"it\'s "\303\251 50%" + \\n/<x>"#,
            "6974277320 22c3a9203530252 2202b205c6e2f3c783e",
            "69:74:27:73:20:22:C3:A9:20:35:30:25:22:20:2B:20:5C:6E:2F:3C:78:3E",
        ] {
            check_spelling(secret, spelling);
        }
    }

    #[test]
    fn parts_that_overlap_are_replaced_once() {
        let parts = vec![5..7, 0..2, 1..3, 1..2, 7..8];
        assert_eq!(replace("abcdéfgh", parts), "[redacted]d[redacted][redacted]h");
        assert_eq!(replace("é", vec![1..2, 1..2]), REDACTED);
        assert_eq!(replace("ab", vec![]), "ab");
    }

    #[test]
    fn crafted_output_takes_linear_time() {
        let cap = 80 << 10;
        let variables = [("A_TOKEN", "aaaaaaaa"), ("B_TOKEN", "\\\\'\"\\%%%41")]
            .map(|(name, value)| (name.into(), value.into()));
        for piece in [
            "token",
            "token=",
            "token=\"",
            "a:b@",
            "://",
            "eyJaaaaaaaa.",
            "-----BEGIN PRIVATE KEY-----",
            "bearer ",
            " ",
            "\t",
            "password = '",
            "s.",
            "\u{1b}[0",
            "a",
            "61",
            "%41",
            "\\u0041",
            "\\",
            "%",
            "'\"",
        ] {
            let text = piece.repeat(cap / piece.len());
            let start = std::time::Instant::now();
            redact(text, &variables);
            let took = start.elapsed();
            // each takes less than a tenth of this; quadratic time would be far more
            assert!(took.as_secs() < 2, "{piece:?}: {took:?}");
        }
    }
}
