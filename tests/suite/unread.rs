//! What becomes of an answer that nobody reads, or that cannot be written.

use std::fs::OpenOptions;
use std::process::Stdio;

use crate::support::Sandbox;

#[test]
fn a_verdict_stands_though_nobody_reads_it() {
    let sandbox = Sandbox::new();
    let good =
        sandbox.honest_pack("state", "acme.state.unread", "^1").to_string_lossy().into_owned();
    let bad = sandbox.write("bad.gtpack", "no pack").to_string_lossy().into_owned();
    for (pack, code) in [(good, 0), (bad, 1), ("nowhere.gtpack".to_owned(), 2)] {
        for report in ["human", "json", "sarif", "junit", "github"] {
            let (reader, writer) = std::io::pipe().expect("a pipe");
            drop(reader);
            let mut command = sandbox.command(env!("CARGO_BIN_EXE_gtc"));
            command
                .args(["pack", "validate", "--report", report, &pack])
                .stdout(writer)
                .stderr(Stdio::null());
            let status = command.status().expect("it starts");
            assert_eq!(status.code(), Some(code), "{pack} as {report}: {status}");
        }
    }
}

#[test]
fn an_answer_that_cannot_be_written_is_no_success() {
    let sandbox = Sandbox::new();
    for format in ["human", "json"] {
        let full = OpenOptions::new().write(true).open("/dev/full").expect("a full device");
        let mut command = sandbox.command(env!("CARGO_BIN_EXE_gtc"));
        command.args(["doctor", "limits", "--format", format]).stdout(full);
        let output = command.output().expect("it starts");
        assert_eq!(output.status.code(), Some(2), "{format}");
        let words = String::from_utf8_lossy(&output.stderr);
        let begins = match format {
            "json" => {
                r#"{"op":"limits","noun":"doctor","error":{"kind":"io","message":"the answer cannot be written: No space"#
            }
            _ => "error: the answer cannot be written: No space left",
        };
        assert!(words.starts_with(begins), "{format}: {words}");
    }
}

#[test]
fn what_is_done_stays_done_when_the_answer_is_lost() {
    let sandbox = Sandbox::new();
    let lost = |line: &str, done: &str| {
        let full = OpenOptions::new().write(true).open("/dev/full").expect("a full device");
        let mut command = sandbox.command(env!("CARGO_BIN_EXE_gtc"));
        let output = command.args(line.split(' ')).stdout(full).output().expect("it starts");
        let words = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{line}: {words}");
        assert!(words.contains("it was done all the same"), "{line}: {words}");
        assert!(sandbox.home().join(done).exists(), "{line}: {done}");
    };
    let read_by_nobody = |line: &str, code: i32, done: &str| {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = sandbox.command(env!("CARGO_BIN_EXE_gtc"));
        let status = command
            .args(line.split(' '))
            .stdout(writer)
            .stderr(Stdio::null())
            .status()
            .expect("it starts");
        assert_eq!(status.code(), Some(code), "{line}");
        assert!(sandbox.home().join(done).exists(), "{line}: {done}");
    };
    let full = OpenOptions::new().write(true).open("/dev/full").expect("a full device");
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_gtc"));
    let output =
        command.args(["pack", "keygen", "--schema"]).stdout(full).output().expect("it starts");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.contains("cannot be written") && !words.contains("it was done"), "{words}");
    let component = test_artifacts::witness().display().to_string();
    let environment = |id: &str| format!(".greentic/environments/{id}/environment.json");
    lost("op env init one", &environment("one"));
    read_by_nobody("op env init two", 0, &environment("two"));
    lost(
        &format!("pack build --component {component} --version 1.0.0 --output one.gtpack"),
        "one.gtpack",
    );
    read_by_nobody(
        &format!("pack build --component {component} --version 1.0.0 --output two.gtpack"),
        0,
        "two.gtpack",
    );
    lost("pack keygen --output one.key", "one.key.pub");
    read_by_nobody("pack keygen --output two.key", 0, "two.key.pub");
    lost("pack sign one.gtpack --key one.key", "one.gtpack.sig");
    read_by_nobody("pack sign two.gtpack --key two.key", 0, "two.gtpack.sig");
    lost("pack new acme.state.one", "acme.state.one/gtc-pack.toml");
    read_by_nobody("pack new acme.state.two", 0, "acme.state.two/gtc-pack.toml");
    sandbox.write("tests/bad.yaml", "expect: {}");
    lost("pack test one.gtpack --record here", "tests/here.yaml");
    read_by_nobody("pack test two.gtpack", 1, "tests/bad.yaml");
    read_by_nobody("op env doctor nowhere", 1, "tests/bad.yaml");
}
