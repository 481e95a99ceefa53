//! Credential helpers: valid ones, and hostile ones.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Home;

/// Serializes these tests, because a program cannot be started while another test has it open
/// for writing and forks.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

const USES_PASS: &str =
    r#"{"credHelpers": {"ghcr.io": "pass"}, "auths": {"ghcr.io": {"auth": "Zjpm"}}}"#;

/// A home with the helper `docker-credential-pass`, and this `config.json` of docker.
fn home(config: &str, script: &str) -> (Home, MutexGuard<'static, ()>) {
    let guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut home = Home::with_docker(config);
    let program = home.write("bin/docker-credential-pass", &format!("#!/bin/sh\n{script}\n"));
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).expect("permissions");
    home.set(
        "PATH",
        format!("relative:{}:/usr/bin:/bin", home.folder.path().join("bin").display()),
    );
    home.set("HOME", home.folder.path().to_owned());
    (home, guard)
}

#[track_caller]
fn check_fault(script: &str, fault: &str) {
    let (home, _guard) = home(USES_PASS, script);
    assert_eq!(
        home.attempts(),
        [
            format!("credential helper `docker-credential-pass` ({fault})"),
            "docker's `~/.docker/config.json` (a user name and password for `ghcr.io`)".to_owned(),
        ]
    );
    assert_eq!(home.summary("ghcr.io"), "f:f");
}

#[test]
fn helpers_are_called_as_docker_does() {
    let script = r#"read -r server; echo "$# $1 $server $FOO $GTC_REGISTRY_TOKEN $(pwd)" > "$HOME/asked"
        echo '{"ServerURL": "x", "Username": "me", "Secret": "from helper"}'"#;
    let (mut home, _guard) = home(r#"{"credsStore": "pass", "auths": {"ghcr.io": {}}}"#, script);
    home.set("FOO", "bar");
    home.set("GTC_REGISTRY_TOKEN", "ours");
    assert_eq!(home.summary("ghcr.io"), "me:from helper");
    let asked = || std::fs::read_to_string(home.folder.path().join("asked")).expect("a file");
    assert_eq!(asked(), "1 get ghcr.io bar  /\n");
    assert_eq!(home.summary("docker.io"), "me:from helper");
    assert_eq!(asked(), "1 get https://index.docker.io/v1/ bar  /\n");
}

#[test]
fn a_helper_for_a_registry_precedes_the_file() {
    let (home, _guard) = home(USES_PASS, r#"echo '{"Username": "<token>", "Secret": "identity"}'"#);
    assert_eq!(home.summary("ghcr.io"), "refresh identity");
    assert_eq!(home.summary("quay.io"), "anonymous");
    assert_eq!(
        home.attempts(),
        ["credential helper `docker-credential-pass` (an identity token for `ghcr.io`)"]
    );
}

#[test]
fn the_file_precedes_the_helper_for_all_registries() {
    let config = r#"{"credsStore": "pass", "auths": {"ghcr.io": {"auth": "Zjpm"}}}"#;
    let (home, _guard) = home(config, r#"echo '{"Username": "me", "Secret": "x"}'"#);
    assert_eq!(home.summary("ghcr.io"), "f:f");
    assert_eq!(home.summary("quay.io"), "me:x");
}

#[test]
fn a_helper_without_a_credential_is_not_a_fault() {
    check_fault("echo credentials not found in native keychain; exit 1", "no entry for `ghcr.io`");
    check_fault(r#"echo '{"Username": "", "Secret": ""}'"#, "no entry for `ghcr.io`");
}

#[test]
fn a_failed_helper_is_reported_with_one_line() {
    check_fault("echo hunter2; exit 3", "it failed with exit code 3");
    check_fault(
        "echo hunter2; echo >&2; echo no key >&2; echo more >&2; exit 1",
        "it failed with exit code 1: no key",
    );
    let escaped = r"it failed with exit code 1: \u{1b}]0;pwned\u{7}\u{1b}[2J";
    check_fault(r"printf '\033]0;pwned\007\033[2J\n' >&2; exit 1", escaped);
    let long = format!("it failed with exit code 1: {}…", "x".repeat(80));
    check_fault("head -c 5000 /dev/zero | tr '\\0' x >&2; exit 1", &long);
    check_fault("kill -9 $$", "it was terminated by signal: 9 (SIGKILL)");
}

#[test]
fn an_invalid_helper_response_is_not_quoted() {
    let fault = "its response is not JSON of the expected form";
    for answer in [
        "hunter2",
        "",
        r#"["hunter2"]"#,
        r#"{"Username": "hunter2"}"#,
        r#"{"Username": 1, "Secret": "hunter2"}"#,
    ] {
        check_fault(&format!("echo '{answer}'"), fault);
    }
    check_fault(r#"echo '{"Username": "a:b", "Secret": "x"}'"#, "its user name contains a colon");
}

#[test]
fn a_helper_with_too_much_output_is_terminated() {
    let fault = "it printed more than 65536 bytes and was terminated";
    check_fault("yes", fault);
    check_fault("yes >&2", fault);
    check_fault("head -c 65537 /dev/zero; exit 1", fault);
    check_fault("head -c 65536 /dev/zero; exit 1", "it failed with exit code 1");
}

#[test]
fn a_hanging_helper_is_terminated_with_its_children() {
    let script = "trap '' TERM HUP; sleep 1000 & echo $! > \"$HOME/child\"; wait";
    let (mut home, _guard) = home(USES_PASS, script);
    home.limits.helper_time = Duration::from_millis(500);
    let started = Instant::now();
    assert_eq!(
        home.attempts()[0],
        "credential helper `docker-credential-pass` (it did not respond within 500ms and was terminated)"
    );
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    let child = std::fs::read_to_string(home.folder.path().join("child")).expect("a number");
    let stat = format!("/proc/{}/stat", child.trim());
    let has_exited = || std::fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "));
    while !has_exited() {
        assert!(started.elapsed() < Duration::from_secs(10), "its child still runs");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A background process that holds the pipes open is not waited for.
#[test]
fn a_background_process_of_a_helper_delays_nothing() {
    let (home, _guard) =
        home(USES_PASS, r#"sleep 1000 & echo '{"Username": "me", "Secret": "x"}'"#);
    let started = Instant::now();
    assert_eq!(home.summary("ghcr.io"), "me:x");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[test]
fn helper_names_are_validated() {
    for name in ["../bin/x", "a b", "pass;id", "p\\u001b[2Jss", "päss"] {
        let (home, _guard) = home(&format!(r#"{{"credsStore": "{name}"}}"#), "exit 0");
        let attempts = home.attempts();
        assert!(
            attempts[1].ends_with("(its name may contain only ASCII letters, digits, `-` and `_`)"),
            "{attempts:?}"
        );
        assert!(!attempts[1].contains('\u{1b}'), "{attempts:?}");
    }
}

#[test]
fn helpers_are_searched_in_absolute_folders_of_path() {
    let (mut home, _guard) = home(r#"{"credsStore": "pass"}"#, "exit 0");
    let fault =
        "credential helper `docker-credential-pass` (it is not in an absolute folder of `PATH`)";
    for path in ["", ".:bin", "/nonexistent", "/bin/sh"] {
        home.variables.retain(|(name, _)| name != "PATH");
        home.set("PATH", path);
        assert_eq!(home.attempts()[1], fault, "{path}");
    }
}

#[test]
fn a_helper_that_another_user_may_have_placed_is_not_run() {
    let script = r#"touch "$HOME/asked"; echo '{"Username": "me", "Secret": "x"}'"#;
    let (home, _guard) = home(r#"{"credsStore": "pass"}"#, script);
    let bin = home.folder.path().join("bin");
    let set = |mode| {
        std::fs::set_permissions(&bin, std::fs::Permissions::from_mode(mode)).expect("permissions");
    };
    set(0o777);
    let fault = &home.attempts()[1];
    let reason =
        "(`~/bin/docker-credential-pass` is not run: all users may write to `~/bin`, which";
    assert!(fault.contains(reason), "{fault}");
    assert!(fault.ends_with("mode 0777; run `chmod go-w ~/bin`)"), "{fault}");
    assert!(!home.folder.path().join("asked").exists());
    set(0o755);
    assert_eq!(home.summary("ghcr.io"), "me:x");
}

/// A helper may be a script that runs other programs.
#[test]
fn a_helper_finds_programs_in_trusted_folders_only() {
    let script = r#"echo "{\"Username\": \"me\", \"Secret\": \"$PATH\"}""#;
    let (mut home, _guard) = home(r#"{"credsStore": "pass"}"#, script);
    let open = home.folder.path().join("open");
    std::fs::create_dir(&open).expect("a folder");
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).expect("permissions");
    let bin = home.folder.path().join("bin");
    home.variables.retain(|(name, _)| name != "PATH");
    home.set("PATH", format!("relative:{}:{}:/bin", open.display(), bin.display()));
    assert_eq!(home.summary("ghcr.io"), format!("me:{}:/bin", bin.display()));
}

/// A file without an interpreter line is not run by a shell.
#[test]
fn helpers_are_not_run_by_a_shell() {
    let (home, _guard) = home(r#"{"credsStore": "pass"}"#, "");
    home.write("bin/docker-credential-pass", "echo '{\"Username\": \"me\", \"Secret\": \"x\"}'\n");
    assert!(home.attempts()[1].contains("(it cannot be run: "), "{:?}", home.attempts());
}
