//! What becomes of an answer that nobody reads, or that cannot be written.

use std::fs::OpenOptions;
use std::process::Stdio;

use crate::support::Sandbox;

#[test]
fn a_verdict_stands_though_nobody_reads_it() {
    let sandbox = Sandbox::new();
    let good = sandbox.honest_pack("state", "acme.state.unread", "^1").to_string_lossy().into_owned();
    let bad = sandbox.write("bad.gtpack", "no pack").to_string_lossy().into_owned();
    for (pack, code) in [(good, 0), (bad, 1), ("nowhere.gtpack".to_owned(), 2)] {
        for report in ["human", "json", "sarif", "junit", "github"] {
            let (reader, writer) = std::io::pipe().expect("a pipe");
            drop(reader);
            let mut command = sandbox.command(env!("CARGO_BIN_EXE_gtc"));
            command.args(["pack", "validate", "--report", report, &pack]).stdout(writer).stderr(Stdio::null());
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
        assert!(words.starts_with("error: the answer cannot be written: No space left"), "{format}: {words}");
    }
}
