//! Exit code and effects of a command whose standard output is closed or full.

use std::fs::OpenOptions;
use std::process::Stdio;

use test_support::Sandbox;

/// Runs `gtc` with a closed standard output, and returns its exit code.
fn run_with_closed_stdout(sandbox: &Sandbox, arguments: &[&str]) -> Option<i32> {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = sandbox.gtc_command();
    command.args(arguments).stdout(writer).stderr(Stdio::null());
    command.status().expect("it starts").code()
}

/// Runs `gtc` with a standard output on a full disk, and returns its exit code and errors.
fn run_with_full_stdout(sandbox: &Sandbox, arguments: &[&str]) -> (Option<i32>, String) {
    let full = OpenOptions::new().write(true).open("/dev/full").expect("a full device");
    let mut command = sandbox.gtc_command();
    let output = command.args(arguments).stdout(full).output().expect("it starts");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn closed_stdout_does_not_change_the_exit_code() {
    let sandbox = Sandbox::new();
    let good =
        sandbox.valid_pack("state", "acme.state.unread", "^1").to_string_lossy().into_owned();
    let bad = sandbox.write("bad.gtpack", "no pack").to_string_lossy().into_owned();
    for (pack, code) in [(good, 0), (bad, 1), ("nowhere.gtpack".to_owned(), 2)] {
        for report in ["human", "json", "sarif", "junit", "github"] {
            let arguments = ["pack", "validate", "--report", report, &pack];
            let found = run_with_closed_stdout(&sandbox, &arguments);
            assert_eq!(found, Some(code), "{pack} as {report}");
        }
    }
}

#[test]
fn help_that_is_not_read_to_its_end_exits_0() {
    let sandbox = Sandbox::new();
    for arguments in [["--help"].as_slice(), &["--version"], &["pack", "build", "--help"]] {
        assert_eq!(run_with_closed_stdout(&sandbox, arguments), Some(0), "{arguments:?}");
    }
    let (code, _) = run_with_full_stdout(&sandbox, &["--help"]);
    assert_eq!(code, Some(2));
}

#[test]
fn failed_write_to_stdout_exits_2() {
    let sandbox = Sandbox::new();
    for (format, start) in [
        (
            "json",
            r#"{"op":"limits","noun":"doctor","error":{"kind":"io","message":"could not write the result: No space"#,
        ),
        ("human", "error: could not write the result: No space left"),
    ] {
        let arguments = ["doctor", "limits", "--format", format];
        let (code, errors) = run_with_full_stdout(&sandbox, &arguments);
        assert_eq!(code, Some(2), "{format}");
        assert!(errors.starts_with(start), "{format}: {errors}");
    }
}

#[test]
fn a_lost_schema_is_not_reported_as_done() {
    let sandbox = Sandbox::new();
    let (_, errors) = run_with_full_stdout(&sandbox, &["pack", "keygen", "--schema"]);
    assert!(errors.contains("could not write") && !errors.contains("was carried out"), "{errors}");
}

#[test]
fn operation_is_kept_when_its_report_is_lost() {
    let sandbox = Sandbox::new();
    sandbox.write("tests/bad.yaml", "expect: {}");
    let component = test_artifacts::witness().display().to_string();
    let build = format!("pack build --component {component} --version 1.0.0 --output one.gtpack");
    for (line, created) in [
        ("op env init one", ".greentic/environments/one/environment.json"),
        (build.as_str(), "one.gtpack"),
        ("pack keygen --output one.key", "one.key.pub"),
        ("pack sign one.gtpack --key one.key", "one.gtpack.sig"),
        ("pack new acme.state.one", "acme.state.one/gtc-pack.toml"),
        ("pack test one.gtpack --record here", "tests/here.yaml"),
    ] {
        let arguments: Vec<&str> = line.split(' ').collect();
        let (code, errors) = run_with_full_stdout(&sandbox, &arguments);
        assert_eq!(code, Some(2), "{line}: {errors}");
        assert!(errors.contains("the command was carried out"), "{line}: {errors}");
        assert!(sandbox.home().join(created).exists(), "{line}: {created}");
    }
}

#[test]
fn operation_is_kept_when_stdout_is_closed() {
    let sandbox = Sandbox::new();
    sandbox.write("tests/bad.yaml", "expect: {}");
    let component = test_artifacts::witness().display().to_string();
    let build = format!("pack build --component {component} --version 1.0.0 --output two.gtpack");
    for (line, code, created) in [
        ("op env init two", 0, ".greentic/environments/two/environment.json"),
        (build.as_str(), 0, "two.gtpack"),
        ("pack keygen --output two.key", 0, "two.key.pub"),
        ("pack sign two.gtpack --key two.key", 0, "two.gtpack.sig"),
        ("pack new acme.state.two", 0, "acme.state.two/gtc-pack.toml"),
        ("pack test two.gtpack", 1, "tests/bad.yaml"),
        ("op env doctor nowhere", 1, "tests/bad.yaml"),
    ] {
        let arguments: Vec<&str> = line.split(' ').collect();
        assert_eq!(run_with_closed_stdout(&sandbox, &arguments), Some(code), "{line}");
        assert!(sandbox.home().join(created).exists(), "{line}: {created}");
    }
}
