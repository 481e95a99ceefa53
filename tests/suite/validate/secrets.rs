//! Packs that hold what nobody should have.
//!
//! Secrets are put together here, so that nobody who looks for some finds one in this
//! file.

use serde_json::Value;

use super::archives::honest;
use super::{Broken, codes, findings, handler, pack_of};
use crate::support::zips::{Entry, Zip, sealed};
use crate::support::{Sandbox, text};

/// As long as any secret, and of no other letters than any of them may have.
const LOWER: &str = "4f7a1c0e9b3d5826a7c4e1f0b9d83562";
const MIXED: &str =
    "q7Rk2Xv9Lm4Tz8Wc3Np6Yb1Hd5Gj0Fs7Ua2Ke9Qo4Vi8Mx3Pt6Zr1Bn5Cw0Dy7Lh2Sg9Jf4Ea8Ik3Ou6";
const CAPITALS: &str = "Q7RK2XV9LM4TZ8WC3NP6YB1HD5GJ0FS7UA2KE9QO4VI8MX3PT6ZR1BN5CW";

pub fn broken() -> Vec<Broken> {
    // as much as is looked at, nearly a secret everywhere
    let nearly = "-----BEGIN AAAAAAAA PRIVATE KEY-----\nghp_0123 AKIA0123 xoxb-123456 hvs.0123 AIza0123 glpat-0123\n";
    let token = format!("{}_{MIXED}", "ghp");
    let one = format!("{}{token}", nearly.repeat(10_000));
    vec![
        Broken::new(
            "secret-in-pack",
            "nearly a secret everywhere, and one",
            with("assets/notes.txt", one.as_bytes()),
        ),
        Broken::new("secret-in-pack", "a secret in the data of a component", in_component(&token)),
        Broken::new(
            "secrets-not-sought",
            "nearly secrets only",
            with("assets/x", "ghp_".repeat(300_000).as_bytes()),
        ),
        Broken::new(
            "private-file-in-pack",
            "settings of one machine",
            with("assets/.env", b"A=b\n"),
        ),
    ]
}

fn with(name: &str, content: &[u8]) -> Vec<u8> {
    with_all(vec![(name.to_owned(), content.to_vec())])
}

fn with_all(more: Vec<Entry>) -> Vec<u8> {
    let mut entries = honest();
    entries.extend(more);
    Zip::stored(&sealed(entries)).bytes()
}

/// A pack whose component has this text beside others, with nothing between them.
fn in_component(secret: &str) -> Vec<u8> {
    let mut handler = handler();
    handler.fields = format!("(data (i32.const 20000) \"Bearer{secret}Content-Type\")");
    pack_of(handler.component())
}

/// What is found, each in an entry of its own, in their order.
fn found(sandbox: &Sandbox, texts: &[String]) -> Vec<Vec<String>> {
    let name = |at: usize| format!("assets/{at:03}.txt");
    let entries =
        texts.iter().enumerate().map(|(at, text)| (name(at), text.clone().into_bytes())).collect();
    let path = sandbox.write("secrets.gtpack", with_all(entries)).display().to_string();
    let ran = sandbox.gtc(["pack", "validate", &path]);
    let findings = findings(&ran);
    for secret in [MIXED, CAPITALS, LOWER, "s3cr3t-Pa55"] {
        for form in ["json", "human", "sarif", "junit", "github"] {
            let ran = sandbox.gtc(["pack", "validate", &path, "--report", form]);
            let part = &secret[..8];
            assert!(
                !ran.stdout.contains(part) && !ran.stderr.contains(part),
                "{form} repeats a secret: {}",
                ran.stdout
            );
        }
    }
    let of = |at: usize| findings.iter().filter(move |finding| finding["subject"] == name(at));
    let what = |finding: &Value| {
        text(&finding["message"]).rsplit("looks like ").next().unwrap_or_default().to_owned()
    };
    (0..texts.len()).map(|at| of(at).map(what).collect()).collect()
}

#[test]
fn a_secret_is_known_in_every_form() {
    let sandbox = Sandbox::new();
    let key = |label: &str, body: &str| {
        format!("-----BEGIN {label} KEY-----\n{body}\n-----END {label} KEY-----\n")
    };
    let (private, line) = ("PRIVATE", &MIXED[..64]);
    let secrets: Vec<(&str, String)> = vec![
        ("a private key", key(private, line)),
        ("a private key", key(&format!("RSA {private}"), line)),
        ("a private key", key(&format!("EC {private}"), line)),
        ("a private key", key(&format!("OPENSSH {private}"), line)),
        ("a private key", key(&format!("ENCRYPTED {private}"), line)),
        (
            "a private key",
            key(
                &format!("RSA {private}"),
                &format!("Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n{line}"),
            ),
        ),
        (
            "a private key",
            format!("-----BEGIN PGP {private} KEY BLOCK-----\nVersion: GnuPG v2\n\n{line}\n"),
        ),
        (
            "a private key",
            format!("---- BEGIN SSH2 ENCRYPTED {private} KEY ----\nComment: x\n{line}\n"),
        ),
        (
            "a private key",
            format!("{{\"private_key\": \"-----BEGIN {private} KEY-----\\n{line}\\n\"}}"),
        ),
        ("a private key", format!("key: |\r\n  -----BEGIN {private} KEY-----\r\n  {line}\r\n")),
        (
            "a private key",
            format!("client-key-data: LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tL{MIXED}{MIXED}"),
        ),
        ("a private key", format!("PuTTY-User-Key-File-3: ssh-rsa\nPrivate-Lines: 1\n{line}\n")),
        ("a private key", format!("AGE-SECRET-{}-1{CAPITALS}", "KEY")),
        ("an access key of AWS", format!("id = {}{}", "AKIA", &CAPITALS[..16])),
        ("an access key of AWS", format!("{}{}", "ASIA", &CAPITALS[..16])),
        ("a secret key of AWS", format!("aws_secret_access_{} = {}", "key", &MIXED[..40])),
        ("a secret key of AWS", format!("\"SecretAccessKey\": \"{}\"", &MIXED[..40])),
        ("a key of Azure", format!("AccountName=x;Account{}={MIXED}{MIXED};", "Key")),
        ("an API key of Google", format!("{}{}", "AIza", &MIXED[..35])),
        ("a client secret of Google", format!("{}-{}", "GOCSPX", &MIXED[..28])),
        ("an access token of Google", format!("{}.{MIXED}", "ya29")),
        ("a token of GitHub", format!("{}_{}", "ghp", &MIXED[..36])),
        ("a token of GitHub", format!("https://x:{}_{}@github.com/x", "gho", &MIXED[..36])),
        ("a token of GitHub", format!("{}_{}", "ghs", &MIXED[..36])),
        ("a token of GitHub", format!("github_{}_{MIXED}", "pat")),
        ("a token of GitLab", format!("{}-{}", "glpat", &MIXED[..20])),
        ("a token of Slack", format!("{}-123456789012-{}", "xoxb", &MIXED[..24])),
        ("a token of Slack", format!("{}-2-{}", "xoxp", &MIXED[..24])),
        ("a token of Slack", format!("{}-1-{}", "xapp", &MIXED[..40])),
        (
            "a webhook of Slack",
            format!("https://hooks.slack.com/services/{}/B01/{}", "T0123456", &MIXED[..40]),
        ),
        ("a key of Stripe", format!("{}_live_{}", "sk", &MIXED[..24])),
        ("a token of npm", format!("//registry.npmjs.org/:_authToken={}_{}", "npm", &MIXED[..36])),
        ("a token of PyPI", format!("{}-AgEIcHlwaS5vcmc{MIXED}", "pypi")),
        ("a token of Vault", format!("{}.{}", "hvs", &MIXED[..24])),
        ("a token of Docker", format!("dckr_{}_{}", "pat", &MIXED[..27])),
        ("a token of DigitalOcean", format!("dop_{}_{LOWER}{LOWER}", "v1")),
        ("a token of HCP Terraform", format!("abcdefghijklmn.{}.{MIXED}", "atlasv1")),
        (
            "a JSON web token",
            format!("{}hbGciOiJIUzI1NiJ9.{}zdWIiOiIxMjM0In0abc.{}", "eyJ", "eyJ", &MIXED[..43]),
        ),
        ("a password in an address", format!("postgres://app:{}@10.1.2.3:5432/x", "s3cr3t-Pa55")),
        ("a password in an address", format!("see <redis://:{}@cache.acme.io>", "s3cr3t-Pa55")),
    ];
    let texts: Vec<String> = secrets.iter().map(|(_, text)| text.clone()).collect();
    for ((what, text), found) in secrets.iter().zip(found(&sandbox, &texts)) {
        assert!(found.iter().any(|found| found == what), "{text}: {found:?}");
    }
}

/// What manuals, programs and tests have in the place of secrets.
#[test]
fn what_only_resembles_a_secret_is_none() {
    let sandbox = Sandbox::new();
    let texts = [
        "AKIAIOSFODNN7EXAMPLE".to_owned(),
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx".to_owned(),
        "ghp_ is how a token begins".to_owned(),
        format!("x{}_{}", "ghp", &MIXED[..36]),
        "set hvs.… as the token".to_owned(),
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", &MIXED[..64]),
        "if line == \"-----BEGIN PRIVATE KEY-----\" { read until \"-----END PRIVATE KEY-----\" }"
            .to_owned(),
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n".to_owned(),
        "https://user:password@host/x http://joe:password@proxy.example.com:3128/".to_owned(),
        "postgres://$USER:$PASSWORD@db.acme.io/x postgres://{user}:{password}@db.acme.io/"
            .to_owned(),
        "https://acme.io:8443/a@b mailto:a@b.io ssh://git@github.com/x".to_owned(),
        "aws_secret_access_key = <your key>".to_owned(),
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0".to_owned(),
        "the password is in the vault".to_owned(),
        format!("sha256:{LOWER}{LOWER}"),
    ];
    for (text, found) in texts.iter().zip(found(&sandbox, &texts)) {
        assert!(found.is_empty(), "{text}: {found:?}");
    }
}

#[test]
fn a_secret_is_told_with_its_place() {
    let sandbox = Sandbox::new();
    let secret = format!("{}_{}", "ghp", &MIXED[..36]);
    let message = |pack: Vec<u8>| {
        let path = sandbox.write("secret.gtpack", pack).display().to_string();
        let findings = findings(&sandbox.gtc(["pack", "validate", &path]).exited(1));
        assert_eq!(codes(&findings).into_iter().collect::<Vec<_>>(), ["secret-in-pack"]);
        text(&findings[0]["message"]).to_owned()
    };
    let lines = format!("a\nb\n{secret}\n");
    assert_eq!(
        message(with("assets/x.txt", lines.as_bytes())),
        "line 3 of `assets/x.txt` holds what looks like a token of GitHub"
    );
    let message = message(in_component(&secret));
    assert!(
        message.starts_with("byte ") && message.contains("of `components/handler.wasm` holds"),
        "{message}"
    );
}

#[test]
fn a_private_file_is_known_by_its_name() {
    let sandbox = Sandbox::new();
    let names = [
        ".env",
        "x/.npmrc",
        "x/id_ed25519",
        ".ssh/config",
        "x/.git/config",
        "x/terraform.tfstate",
        "a.p12",
        "x/Kubeconfig",
    ];
    for name in names {
        let path = sandbox.write("private.gtpack", with(name, b"x")).display().to_string();
        let findings = findings(&sandbox.gtc(["pack", "validate", &path]).exited(0));
        assert_eq!(
            codes(&findings).into_iter().collect::<Vec<_>>(),
            ["private-file-in-pack"],
            "{name}"
        );
    }
}
