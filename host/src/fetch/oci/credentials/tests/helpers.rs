//! Helpers that answer, and helpers that do what no helper should.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Home;

/// A program cannot be started while a process that is just being started has it open for
/// writing; so these tests run one after the other.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

const ASKS_PASS: &str =
    r#"{"credHelpers": {"ghcr.io": "pass"}, "auths": {"ghcr.io": {"auth": "Zjpm"}}}"#;

/// A home with `docker-credential-pass`, which docker's file names for `ghcr.io` beside
/// an entry of its own.
fn home(config: &str, script: &str) -> (Home, MutexGuard<'static, ()>) {
    let turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut home = Home::with_docker(config);
    let program = home.write("bin/docker-credential-pass", &format!("#!/bin/sh\n{script}\n"));
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).expect("permissions");
    home.set(
        "PATH",
        format!("relative:{}:/usr/bin:/bin", home.folder.path().join("bin").display()),
    );
    home.set("HOME", home.folder.path().to_owned());
    (home, turn)
}

#[track_caller]
fn check_fault(script: &str, fault: &str) {
    let (home, _turn) = home(ASKS_PASS, script);
    assert_eq!(
        home.words(),
        [
            format!("credential helper `docker-credential-pass` ({fault})"),
            "docker's `~/.docker/config.json` (a user name and password for `ghcr.io`)".to_owned(),
        ]
    );
    assert_eq!(home.short("ghcr.io"), "f:f");
}

#[test]
fn a_helper_is_asked_as_docker_asks() {
    let script = r#"read -r server; echo "$# $1 $server $FOO $GTC_REGISTRY_TOKEN $(pwd)" > "$HOME/asked"
        echo '{"ServerURL": "x", "Username": "me", "Secret": "from helper"}'"#;
    let (mut home, _turn) = home(r#"{"credsStore": "pass", "auths": {"ghcr.io": {}}}"#, script);
    home.set("FOO", "bar");
    home.set("GTC_REGISTRY_TOKEN", "ours");
    assert_eq!(home.short("ghcr.io"), "me:from helper");
    let asked = || std::fs::read_to_string(home.folder.path().join("asked")).expect("a file");
    assert_eq!(asked(), "1 get ghcr.io bar  /\n");
    assert_eq!(home.short("docker.io"), "me:from helper");
    assert_eq!(asked(), "1 get https://index.docker.io/v1/ bar  /\n");
}

#[test]
fn a_helper_for_one_registry_goes_before_the_file() {
    let (home, _turn) = home(ASKS_PASS, r#"echo '{"Username": "<token>", "Secret": "identity"}'"#);
    assert_eq!(home.short("ghcr.io"), "refresh identity");
    assert_eq!(home.short("quay.io"), "anonymous");
    assert_eq!(
        home.words(),
        ["credential helper `docker-credential-pass` (an identity token for `ghcr.io`)"]
    );
}

#[test]
fn a_file_goes_before_the_helper_for_all() {
    let config = r#"{"credsStore": "pass", "auths": {"ghcr.io": {"auth": "Zjpm"}}}"#;
    let (home, _turn) = home(config, r#"echo '{"Username": "me", "Secret": "x"}'"#);
    assert_eq!(home.short("ghcr.io"), "f:f");
    assert_eq!(home.short("quay.io"), "me:x");
}

#[test]
fn a_helper_that_has_nothing_is_not_at_fault() {
    check_fault("echo credentials not found in native keychain; exit 1", "no entry for `ghcr.io`");
    check_fault(r#"echo '{"Username": "", "Secret": ""}'"#, "no entry for `ghcr.io`");
}

#[test]
fn a_helper_that_fails_is_told_with_one_line() {
    check_fault("echo hunter2; exit 3", "it failed with exit code 3");
    check_fault(
        "echo hunter2; echo >&2; echo no key >&2; echo more >&2; exit 1",
        "it failed with exit code 1: no key",
    );
    let escaped = r"it failed with exit code 1: \u{1b}]0;pwned\u{7}\u{1b}[2J";
    check_fault(r"printf '\033]0;pwned\007\033[2J\n' >&2; exit 1", escaped);
    let long = format!("it failed with exit code 1: {}…", "x".repeat(80));
    check_fault("head -c 5000 /dev/zero | tr '\\0' x >&2; exit 1", &long);
    check_fault("kill -9 $$", "it was ended by signal: 9 (SIGKILL)");
}

#[test]
fn an_answer_of_another_form_is_not_repeated() {
    let fault = "its answer is no JSON of the expected form";
    for answer in [
        "hunter2",
        "",
        r#"["hunter2"]"#,
        r#"{"Username": "hunter2"}"#,
        r#"{"Username": 1, "Secret": "hunter2"}"#,
    ] {
        check_fault(&format!("echo '{answer}'"), fault);
    }
    check_fault(r#"echo '{"Username": "a:b", "Secret": "x"}'"#, "its user name holds a colon");
}

#[test]
fn a_helper_that_floods_is_ended() {
    let fault = "it printed more than 65536 bytes, and was ended";
    check_fault("yes", fault);
    check_fault("yes >&2", fault);
    check_fault("head -c 65537 /dev/zero; exit 1", fault);
    check_fault("head -c 65536 /dev/zero; exit 1", "it failed with exit code 1");
}

#[test]
fn a_helper_that_hangs_is_ended_with_all_it_started() {
    let script = "trap '' TERM HUP; sleep 1000 & echo $! > \"$HOME/child\"; wait";
    let (mut home, _turn) = home(ASKS_PASS, script);
    home.limits.helper_time = Duration::from_millis(500);
    let started = Instant::now();
    assert_eq!(
        home.words()[0],
        "credential helper `docker-credential-pass` (it gave no answer within 500ms, and was ended)"
    );
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    let child = std::fs::read_to_string(home.folder.path().join("child")).expect("a number");
    let stat = format!("/proc/{}/stat", child.trim());
    let is_over = || std::fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "));
    while !is_over() {
        assert!(started.elapsed() < Duration::from_secs(10), "it still runs");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Nobody waits for what a helper leaves running with its pipes open.
#[test]
fn what_a_helper_leaves_behind_delays_nobody() {
    let (home, _turn) = home(ASKS_PASS, r#"sleep 1000 & echo '{"Username": "me", "Secret": "x"}'"#);
    let started = Instant::now();
    assert_eq!(home.short("ghcr.io"), "me:x");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[test]
fn names_of_helpers_are_strict() {
    for name in ["../bin/x", "a b", "pass;id", "p\\u001b[2Jss", "päss"] {
        let (home, _turn) = home(&format!(r#"{{"credsStore": "{name}"}}"#), "exit 0");
        let words = home.words();
        assert!(
            words[1].ends_with("(a name may hold only ASCII letters, digits, `-` and `_`)"),
            "{words:?}"
        );
        assert!(!words[1].contains('\u{1b}'), "{words:?}");
    }
}

#[test]
fn helpers_come_from_absolute_folders_of_path() {
    let (mut home, _turn) = home(r#"{"credsStore": "pass"}"#, "exit 0");
    let fault = "credential helper `docker-credential-pass` (it is in no folder of `PATH`; relative ones do not count)";
    for path in ["", ".:bin", "/nonexistent", "/bin/sh"] {
        home.variables.retain(|(name, _)| name != "PATH");
        home.set("PATH", path);
        assert_eq!(home.words()[1], fault, "{path}");
    }
}

/// A file that the system cannot run is not given to a shell.
#[test]
fn no_shell_runs_a_helper() {
    let (home, _turn) = home(r#"{"credsStore": "pass"}"#, "");
    home.write("bin/docker-credential-pass", "echo '{\"Username\": \"me\", \"Secret\": \"x\"}'\n");
    assert!(home.words()[1].contains("(it does not run: "), "{:?}", home.words());
}
