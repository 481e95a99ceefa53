//! Packs that hold private keys.
//!
//! The keys are put together here, so that secret scanners find none in this file.

use super::archives::valid;
use super::{Broken, codes, findings, handler, pack_of};
use test_support::zips::{Zip, sealed};
use test_support::{Sandbox, text};

const LINE: &str = "MIIEq7Rk2Xv9Lm4Tz8Wc3Np6Yb1Hd5Gj0Fs7Ua2Ke9Qo4Vi8Mx3Pt6Zr1Bn5Cw0";
const PRIVATE: &str = "PRIVATE";

pub fn broken() -> Vec<Broken> {
    // the beginning of a key again and again, and then a key
    let nearly = format!("-----BEGIN AAAAAAAA {PRIVATE} KEY-----\n").repeat(100_000);
    let one = format!("{nearly}{LINE}");
    vec![
        Broken::new("secret-in-pack", "a key after many beginnings", with("x.txt", one.as_bytes())),
        Broken::new("secret-in-pack", "a key in the data of a component", in_component()),
        Broken::new("private-file-in-pack", "a key file", with("assets/id_ed25519", b"x\n")),
    ]
}

fn with(name: &str, content: &[u8]) -> Vec<u8> {
    let mut entries = valid();
    entries.push((name.to_owned(), content.to_vec()));
    Zip::stored(&sealed(entries)).bytes()
}

pub fn pem(label: &str) -> String {
    format!("-----BEGIN {label} KEY-----\n{LINE}\n-----END {label} KEY-----\n")
}

/// A pack whose component has a key between other texts.
fn in_component() -> Vec<u8> {
    let mut handler = handler();
    let key = pem(PRIVATE).replace('\n', "\\n");
    handler.fields = format!("(data (i32.const 20000) \"text{key}text\")");
    pack_of(handler.component())
}

/// The messages of the findings about a pack with this text in an entry.
fn messages(sandbox: &Sandbox, content: &str) -> Vec<String> {
    let pack = with("assets/x.txt", content.as_bytes());
    let path = sandbox.write("key.gtpack", pack);
    let found = findings(&sandbox.pack().validate(&path).run());
    assert!(codes(&found).into_iter().all(|code| code == "secret-in-pack"), "{found:?}");
    found.iter().map(|finding| text(&finding["message"]).to_owned()).collect()
}

#[test]
fn a_private_key_is_found_in_every_form() {
    let sandbox = Sandbox::new();
    let encrypted = format!("Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n{LINE}");
    let keys = [
        pem(PRIVATE),
        pem(&format!("RSA {PRIVATE}")),
        pem(&format!("OPENSSH {PRIVATE}")),
        pem(&format!("ENCRYPTED {PRIVATE}")),
        pem(&format!("RSA {PRIVATE}")).replace(LINE, &encrypted),
        format!("-----BEGIN PGP {PRIVATE} KEY BLOCK-----\nVersion: GnuPG v2\n\n{LINE}\n"),
        format!("{{\"private_key\": \"{}\"}}", pem(PRIVATE).replace('\n', "\\n")),
        format!("key: |\r\n  {}", pem(PRIVATE).replace('\n', "\r\n  ")),
    ];
    for key in keys {
        let messages = messages(&sandbox, &format!("a\nb\n{key}"));
        assert_eq!(messages.len(), 1, "{key}: {messages:?}");
        assert!(messages[0].starts_with("a private key begins at line "), "{messages:?}");
    }
}

#[test]
fn text_that_resembles_a_private_key_is_not_one() {
    let sandbox = Sandbox::new();
    let texts = [
        pem("PUBLIC"),
        format!("if line == \"-----BEGIN {PRIVATE} KEY-----\" {{ {LINE} }}"),
        pem(PRIVATE).replace(LINE, "..."),
        format!("-----BEGIN {PRIVATE} KEY-----\n-----END {PRIVATE} KEY-----\n{LINE}"),
    ];
    for text in texts {
        assert_eq!(messages(&sandbox, &text), [""; 0], "{text}");
    }
}

#[test]
fn a_finding_names_the_position_and_repeats_no_key() {
    let sandbox = Sandbox::new();
    let key = pem(PRIVATE);
    assert_eq!(
        messages(&sandbox, &format!("a\nb\n{key}")),
        ["a private key begins at line 3 of `assets/x.txt`"]
    );
    let path = sandbox.write("key.gtpack", in_component());
    for form in ["json", "human", "sarif", "junit", "github"] {
        let ran = sandbox.pack().validate(&path).args(["--report", form]).exited(1);
        assert!(ran.stdout.contains("a private key begins at byte "), "{form}: {}", ran.stdout);
        assert!(!ran.stdout.contains(&LINE[..8]), "{form} repeats a key: {}", ran.stdout);
        assert!(!ran.stderr.contains(&LINE[..8]), "{form} repeats a key: {}", ran.stderr);
    }
}

#[test]
fn a_key_file_is_recognised_by_its_name() {
    let sandbox = Sandbox::new();
    for name in ["id_rsa", "x/id_ed25519", "a.p12", "x/Server.PFX", "x/key.ppk", "x.jks"] {
        let path = sandbox.write("key.gtpack", with(name, b"x"));
        let found = findings(&sandbox.pack().validate(&path).exited(0));
        let codes: Vec<_> = codes(&found).into_iter().collect();
        assert_eq!(codes, ["private-file-in-pack"], "{name}");
    }
    for name in ["x/id_rsa.pub", "x/keystore.md", "p12"] {
        let path = sandbox.write("key.gtpack", with(name, b"x"));
        assert_eq!(findings(&sandbox.pack().validate(&path).exited(0)).len(), 0, "{name}");
    }
}
