//! Secrets of the operator never reach a guest, a report, a log or an error.
//!
//! The handler repeats everything that it receives in its checks and its log, so a secret
//! that is missing there was never in its memory.

use serde_json::Value;

use test_support::asker::deployer;
use test_support::{Output, Sandbox, run};

/// A secret without a recognisable form.
const PLAIN: &str = "canary?7f3e>9d2c~61ab";

/// Returns the output of a run and every file that the host has written.
fn everything(sandbox: &Sandbox, ran: &Output) -> String {
    let audit = sandbox.audit_log("local");
    [ran.stdout.as_str(), &ran.stderr, &audit].concat()
}

/// Runs probes in a host with secrets in its variables and files, and with the log on.
fn asked(sandbox: &Sandbox, format: &str, questions: &[&str]) -> Output {
    sandbox.write(".vault-token", PLAIN);
    sandbox.write(".aws/credentials", PLAIN);
    sandbox.questions(questions);
    let mut command = sandbox.asking();
    command.args(["-v", "--format", format]);
    for name in
        ["GTC_REGISTRY_TOKEN", "AWS_SECRET_ACCESS_KEY", "DB_PASSWORD", "ANY_API_KEY", "vault_token"]
    {
        command.env(name, PLAIN);
    }
    run(&mut command)
}

#[track_caller]
fn hides(script: &str, secrets: &[&str]) {
    let mut sandbox = Sandbox::with_asker(&["probed *"], &[]);
    sandbox.program("probed", script);
    for format in ["json", "human"] {
        let ran = asked(&sandbox, format, &["run|probed|x"]).succeeded();
        let everything = everything(&sandbox, &ran);
        for secret in secrets {
            assert!(!everything.contains(secret), "{secret} of {script}: {everything}");
        }
        assert!(everything.contains("[redacted]"), "{script}: {everything}");
        assert!(ran.stderr.contains("0 stdout 0:"), "the handler repeats what it hears: {ran:?}");
    }
}

#[test]
fn secret_variables_are_redacted_in_every_encoding() {
    // a tool that does not know the secret from its environment
    hides(&format!("echo 'a {PLAIN} b'; echo 'x{PLAIN}' >&2"), &[PLAIN, "7f3e"]);
    for command in ["base64 -w0", "basenc --base64url -w0"] {
        for before in ["", "x", "xx", "user:"] {
            // without the characters at both ends, which depend on the neighbouring bytes
            hides(
                &format!("printf '%s' '{before}{PLAIN}' | {command}"),
                &["jYW5hcnk", "YW5hcnk/", "hbmFyeT83", "FuYXJ5PzdmM2U"],
            );
        }
    }
}

/// The secret as programs print it: in a document, a URL, a form, a shell script, or a dump.
#[test]
fn secret_variables_are_redacted_in_every_spelling() {
    let dump = |separator: &str, upper: bool| {
        let digits = PLAIN
            .bytes()
            .map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") });
        digits.collect::<Vec<_>>().join(separator)
    };
    let spellings = [
        // JSON as of Go, and with every character escaped
        (PLAIN.replace('>', r"\u003e"), "canary"),
        (PLAIN.bytes().map(|byte| format!(r"\u{byte:04X}")).collect(), r"\u0063\u0061"),
        // URLs and forms, with digits of both cases
        (PLAIN.replace('?', "%3F").replace('>', "%3E"), "canary"),
        (PLAIN.replace('?', "%3f").replace('>', "%3e").replace('~', "%7e"), "canary"),
        // shells
        (PLAIN.replace('?', r"\?").replace('>', r"\>"), "canary"),
        (format!("'{}'\"{}\"", &PLAIN[..5], &PLAIN[5..]), "canar"),
        // another case
        (PLAIN.to_uppercase(), "CANARY"),
        (dump("", false), "63616e"),
        (dump("", true), "63616E"),
        (dump(" ", false), "63 61"),
        (dump(":", true), "63:61"),
    ];
    for (spelling, part) in spellings {
        hides(&format!("cat <<'END'\nx {spelling} y\nEND\n"), &[part]);
    }
    for command in ["base32", "base32 | tr A-Z a-z", "base64 -w8", "od -An -v -tx1"] {
        for before in ["", "x", "xx", "xxx", "xxxx"] {
            // after the characters that depend on the neighbouring bytes
            let parts = ["MNQW", "NQW4", "BWG", "mnqw", "nqw4", "Y2Fu", "YW5h", "63 61"];
            hides(&format!("printf '%s' '{before}{PLAIN}' | {command}"), &parts);
        }
    }
}

#[test]
fn credentials_are_redacted_everywhere() {
    hides(
        "echo id hvs.CAESIJ8aBcDeFgHiJk; echo key AKIAIOSFODNN7EXAMPLE >&2",
        &["CAESIJ", "IOSFODNN"],
    );
    hides("echo 'password: \"correct horse battery\"'", &["correct", "horse", "battery"]);
    hides("echo Authorization: Basic dXNlcjpwYXNzd29yZA==", &["dXNlcjpw"]);
    hides("printf '\\033[1mtoken\\033[0m:\\033[32m h1dd3n-one'", &["h1dd3n"]);
    hides(
        "echo '-----BEGIN PRIVATE KEY-----'; echo MIIEvQIBADANB; echo '-----END PRIVATE KEY-----'",
        &["MIIEvQ"],
    );
}

#[test]
fn a_credential_at_the_truncation_point_is_not_shown() {
    let filler = |length: usize| format!("head -c {length} /dev/zero | tr '\\0' '.'");
    let key = "i=0; while [ $i -lt 3000 ]; do echo MIIEvQIBADANBgkqhkiG9w0BAQ; i=$((i+1)); done";
    for before in [65_500, 65_510, 65_518, 65_525, 65_536, 81_890, 81_900, 81_908] {
        let fill = filler(before);
        // truncation falls inside the secret
        let more = filler(30_000);
        hides(&format!("echo token: abc; {fill}; echo ' {PLAIN}'; {more}"), &["canary"]);
        hides(
            &format!(
                "echo token: abc; {fill}; echo ' password: \"several words of one secret\"'; {more}"
            ),
            &["several"],
        );
    }
    hides(
        &format!(
            "echo token: abc; {}; echo; echo '-----BEGIN PRIVATE KEY-----'; {key}",
            filler(60_000)
        ),
        &["MIIEvQ"],
    );
}

#[test]
fn a_handler_sees_no_secret_of_the_host() {
    let mut sandbox = Sandbox::with_asker(&["probed *"], &[]);
    // the environment of a tool that is on no list
    sandbox
        .program("probed", "env; cat /proc/$PPID/environ | tr '\\0' '\\n'; echo 'not granted' >&2");
    for format in ["json", "human"] {
        let ran =
            asked(&sandbox, format, &["run|probed|x", "run|reboot|now", "run|probed|--token"])
                .succeeded();
        let everything = everything(&sandbox, &ran);
        assert!(!everything.contains("canary"), "{everything}");
        assert!(!everything.contains("[redacted]"), "nothing had to be hidden: {everything}");
        if format == "json" {
            let probes: Value = deployer(&ran)["probes"].clone();
            assert_eq!(probes[1]["program"], Value::Null, "{probes}");
        }
    }
}
