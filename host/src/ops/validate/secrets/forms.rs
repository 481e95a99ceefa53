//! Forms that nothing but a secret has. Words such as `password` prove nothing: they
//! stand in every manual.

use super::{keys, urls};

/// A place in an entry where a secret may begin.
pub(super) struct Sight<'a> {
    pub content: &'a [u8],
    pub at: usize,
    /// Whether it is compiled code, whose texts stand beside each other with nothing
    /// between them.
    pub is_binary: bool,
}

/// What the rest of a secret is made of.
#[derive(Clone, Copy)]
pub(super) enum Of {
    /// Letters and digits.
    Letters,
    /// Capitals and digits.
    Capitals,
    /// Digits of hexadecimal numbers, in lower case.
    Hex,
    /// Letters, digits, `-` and `_`.
    Words,
    /// Letters, digits, `-`, `_` and `.`.
    Dotted,
    /// Letters, digits, `+`, `/` and `=`.
    Base64,
}

pub(super) enum Rest {
    /// At least so many of these follow.
    Some(Of, usize),
    /// What else must be the case.
    That(fn(&Sight<'_>) -> bool),
}

/// A form of secrets.
pub(super) struct Form {
    pub what: &'static str,
    /// How it begins, or a word that stands in it.
    pub begins: &'static str,
    rest: Rest,
}

/// What a `JWT` is called here.
pub(super) const TOKEN_OF_WEB: &str = "a JSON web token";

const fn form(what: &'static str, begins: &'static str, of: Of, at_least: usize) -> Form {
    Form { what, begins, rest: Rest::Some(of, at_least) }
}

const fn that(what: &'static str, begins: &'static str, is: fn(&Sight<'_>) -> bool) -> Form {
    Form { what, begins, rest: Rest::That(is) }
}

use Of::{Base64, Capitals, Dotted, Hex, Letters, Words};

pub(super) const FORMS: &[Form] = &[
    that("a private key", "PRIVATE KEY", keys::is_pem),
    that("a private key", "LS0tLS1CRUdJTi", keys::is_encoded_pem),
    that("a private key", "PuTTY-User-Key-File-", keys::is_putty),
    form("a private key", "AGE-SECRET-KEY-1", Capitals, 50),
    form("an access key of AWS", "AKIA", Capitals, 16),
    form("an access key of AWS", "ASIA", Capitals, 16),
    that("a secret key of AWS", "ecret", keys::is_aws_secret),
    form("a key of Azure", "AccountKey=", Base64, 80),
    form("a key of Azure", "SharedAccessKey=", Base64, 40),
    form("an API key of Google", "AIza", Words, 35),
    form("a client secret of Google", "GOCSPX-", Words, 24),
    form("an access token of Google", "ya29.", Words, 40),
    form("a token of GitHub", "ghp_", Letters, 36),
    form("a token of GitHub", "gho_", Letters, 36),
    form("a token of GitHub", "ghu_", Letters, 36),
    form("a token of GitHub", "ghs_", Letters, 36),
    form("a token of GitHub", "ghr_", Letters, 36),
    form("a token of GitHub", "github_pat_", Words, 40),
    form("a token of GitLab", "glpat-", Words, 20),
    form("a token of GitLab", "gldt-", Words, 20),
    form("a token of GitLab", "glrt-", Words, 20),
    form("a token of GitLab", "glptt-", Words, 40),
    form("a token of GitLab", "glcbt-", Words, 20),
    form("a token of GitLab", "glsoat-", Words, 20),
    form("a token of Slack", "xoxb-", Words, 20),
    form("a token of Slack", "xoxp-", Words, 20),
    form("a token of Slack", "xoxa-", Words, 20),
    form("a token of Slack", "xoxr-", Words, 20),
    form("a token of Slack", "xoxs-", Words, 20),
    form("a token of Slack", "xoxe-", Words, 20),
    form("a token of Slack", "xoxe.xox", Dotted, 20),
    form("a token of Slack", "xapp-", Words, 30),
    that("a webhook of Slack", "hooks.slack.com/services/T", urls::is_slack_hook),
    form("a key of Stripe", "sk_live_", Letters, 24),
    form("a key of Stripe", "rk_live_", Letters, 24),
    form("a secret of Stripe", "whsec_", Base64, 32),
    form("a token of npm", "npm_", Letters, 36),
    form("a token of PyPI", "pypi-AgE", Words, 50),
    form("a token of Vault", "hvs.", Words, 24),
    form("a token of Vault", "hvb.", Words, 24),
    form("a token of Vault", "hvr.", Words, 24),
    form("a token of HCP Terraform", ".atlasv1.", Words, 50),
    form("a token of Docker", "dckr_pat_", Words, 20),
    form("a token of Docker", "dckr_oat_", Words, 20),
    form("a token of DigitalOcean", "dop_v1_", Hex, 64),
    form("a token of DigitalOcean", "doo_v1_", Hex, 64),
    form("a token of DigitalOcean", "dor_v1_", Hex, 64),
    form("a token of Hugging Face", "hf_", Letters, 34),
    form("a key of Anthropic", "sk-ant-", Words, 40),
    form("a key of OpenAI", "sk-proj-", Words, 40),
    form("a key of SendGrid", "SG.", Dotted, 60),
    form("a token of Databricks", "dapi", Hex, 32),
    form("a token of Grafana", "glsa_", Words, 32),
    form("a token of Shopify", "shpat_", Hex, 32),
    form("a token of Pulumi", "pul-", Hex, 40),
    form("a token of Linear", "lin_api_", Letters, 40),
    form("a key of Tailscale", "tskey-", Words, 24),
    form("a token of 1Password", "ops_eyJ", Words, 80),
    that(TOKEN_OF_WEB, ".eyJ", keys::is_web_token),
    that("a password in an address", "://", urls::has_password),
];

impl Form {
    /// Whether a secret of this form stands where its beginning was found.
    pub fn fits(&self, sight: &Sight<'_>) -> bool {
        let (of, at_least) = match self.rest {
            Rest::That(is) => return is(sight),
            Rest::Some(of, at_least) => (of, at_least),
        };
        let rest = &sight.content[sight.at + self.begins.len()..];
        let rest = run(rest, of, 2 * at_least);
        let is_letter = |byte: &u8| byte.is_ascii_alphanumeric();
        let begins = self.begins.as_bytes();
        // the end of another word is no beginning
        let starts = !is_letter(&begins[0]) || !sight.before().is_some_and(|byte| is_letter(&byte));
        // in compiled code, words follow each other with nothing between them; but letters may be
        // anything, if others go on
        let is_plain = begins.iter().all(is_letter);
        let may_stand = starts || sight.is_binary && (!is_plain || rest.len() == at_least);
        may_stand && is_random(rest, at_least)
    }
}

impl Sight<'_> {
    /// The byte before it.
    fn before(&self) -> Option<u8> {
        self.at.checked_sub(1).map(|before| self.content[before])
    }
}

/// The first bytes that are of this kind, up to a number.
pub(super) fn run(bytes: &[u8], of: Of, at_most: usize) -> &[u8] {
    let is_one = |byte: &u8| match of {
        Letters => byte.is_ascii_alphanumeric(),
        Capitals => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
        Hex => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        Words => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'),
        Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'),
        Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='),
    };
    let end = bytes
        .iter()
        .take(at_most)
        .position(|byte| !is_one(byte))
        .unwrap_or(bytes.len().min(at_most));
    &bytes[..end]
}

/// Whether there are so many of them, and whether chance has chosen them: letters and
/// digits, many different ones. What a manual writes in the place of a secret is
/// `xxxxxxxx`, or says that it is an example.
pub(super) fn is_random(bytes: &[u8], at_least: usize) -> bool {
    if bytes.len() < at_least {
        return false;
    }
    let mut seen = [false; 256];
    bytes.iter().for_each(|byte| seen[usize::from(*byte)] = true);
    let different = seen.iter().filter(|seen| **seen).count();
    let is_example = || bytes.windows(7).any(|window| window.eq_ignore_ascii_case(b"example"));
    different >= 8
        && bytes.iter().any(u8::is_ascii_digit)
        && bytes.iter().any(u8::is_ascii_alphabetic)
        && !is_example()
}
