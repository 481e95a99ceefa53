//! Tools that misbehave: they cannot block, flood, outlive or deceive the host.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, lchown, symlink};
use std::path::Path;
use std::time::{Duration, Instant};

use test_support::asker::{answers, deployer, engine};
use test_support::memory::watched;
use test_support::{BACKSTOP, Output, Sandbox, gtc, run, text};

/// A sandbox whose deployer may run the script `probed` with any one argument.
fn with_probed(script: &str) -> Sandbox {
    let mut sandbox = Sandbox::with_asker(&["probed *", "probed --version"], &[]);
    sandbox.program("probed", script);
    sandbox
}

/// Returns true while the process whose id a script wrote to this file runs.
fn is_running(sandbox: &Sandbox, file: &str) -> bool {
    let number = sandbox.read_text(file);
    let state =
        std::fs::read_to_string(format!("/proc/{}/stat", number.trim())).unwrap_or_default();
    // a zombie does not run any more
    !state.is_empty() && !state.contains(") Z ")
}

#[test]
fn endless_tool_output_is_stopped_and_not_buffered() {
    let sandbox = with_probed("echo hello");
    sandbox.questions(&["run|probed|x"]);
    let (quiet, before) = watched(&mut sandbox.asking());
    assert_eq!(answers(&quiet)[0].how, "0 false");
    for script in ["exec head -c 10000000000 /dev/zero", "exec yes >&2", "exec yes '\\'"] {
        let mut sandbox = with_probed("");
        sandbox.program("probed", script);
        sandbox.questions(&["run|probed|x"]);
        let (ran, peak) = watched(&mut sandbox.asking());
        let how = &answers(&ran)[0].how;
        assert!(how.contains("it printed more than 16777216 bytes and was killed"), "{how}");
        assert!(peak < before + (16 << 10), "{before} KiB before, {peak} KiB with {script}");
    }
}

#[test]
fn truncated_output_is_marked_as_truncated() {
    let sandbox = with_probed(
        "head -c 65536 /dev/zero | tr '\\0' x; head -c 100000 /dev/zero | tr '\\0' y >&2",
    );
    let answer = sandbox.probe();
    assert_eq!((&*answer.how, answer.stdout.len(), answer.stderr.len()), ("0 true", 65536, 65536));
    let sandbox = with_probed("head -c 65536 /dev/zero | tr '\\0' x");
    assert_eq!((&*sandbox.probe().how, sandbox.probe().stdout.len()), ("0 false", 65536));
}

#[test]
fn descendants_of_a_tool_are_killed() {
    let child = "sleep 3333 & echo $! > \"$HOME/child\"; echo done";
    let session = "setsid sh -c 'echo $$ > \"$HOME/child\"; exec sleep 3333' & \
        while ! [ -s \"$HOME/child\" ]; do sleep 0.01; done; echo done";
    let twice = "setsid sh -c 'setsid sh -c \"echo \\$\\$ > $HOME/child; trap \\\"\\\" TERM HUP; sleep 3333\" & exit 0'; \
        while ! [ -s \"$HOME/child\" ]; do sleep 0.01; done; echo done";
    for script in [child, session, twice] {
        let sandbox = with_probed(script);
        let answer = sandbox.probe();
        assert_eq!((&*answer.how, &*answer.stdout), ("0 false", "done\n"), "{script}");
        assert!(!is_running(&sandbox, "child"), "{script}");
    }
}

#[test]
fn a_tool_that_ignores_signals_is_killed_with_its_descendants() {
    let sandbox = with_probed(
        "trap '' TERM HUP INT QUIT PIPE; echo $$ > \"$HOME/parent\"; \
        setsid sh -c 'trap \"\" TERM HUP; echo $$ > \"$HOME/child\"; while :; do sleep 1; done' & \
        while :; do sleep 1; done",
    );
    let start = Instant::now();
    assert_eq!(sandbox.probe().how, "Failure::TimedOut");
    assert!(start.elapsed() >= Duration::from_secs(9), "{:?}", start.elapsed());
    assert!(!is_running(&sandbox, "parent") && !is_running(&sandbox, "child"));
}

#[test]
fn a_killed_host_leaves_no_tool_running() {
    let sandbox = with_probed(
        "echo $$ > \"$HOME/parent\"; setsid sleep 3333 & echo $! > \"$HOME/child\"; sleep 3333",
    );
    sandbox.questions(&["run|probed|x"]);
    let mut host = sandbox.asking().stdout(std::process::Stdio::null()).spawn().expect("it starts");
    let start = Instant::now();
    while std::fs::read_to_string(sandbox.home().join("child")).unwrap_or_default().is_empty() {
        assert!(start.elapsed() < BACKSTOP, "the programs still run");
        std::thread::sleep(Duration::from_millis(10));
    }
    host.kill().expect("it runs");
    host.wait().expect("it ends");
    while is_running(&sandbox, "parent") || is_running(&sandbox, "child") {
        assert!(start.elapsed() < BACKSTOP, "the programs still run");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn every_kind_of_exit_is_reported() {
    let check = |script: &str, how: &str, stdout: &str, stderr: &str| {
        let answer = with_probed(script).probe();
        assert!(answer.how.contains(how), "{script}: {answer:?}");
        assert_eq!((&*answer.stdout, &*answer.stderr), (stdout, stderr), "{script}");
    };
    check("exit 255", "255 false", "", "");
    check("kill -9 $$", "signal: 9 (SIGKILL)", "", "");
    check("kill -SEGV $$", "signal: 11 (SIGSEGV)", "", "");
    check("kill -9 $PPID", "its reaper process was killed", "", "");
    check("echo only here >&2", "0 false", "", "only here\n");
    check("printf 'a\\377b\\300'", "0 false", "a\u{fffd}b\u{fffd}", "");
    check("printf '\\033[31mred\\007'", "0 false", "\u{1b}[31mred\u{7}", "");
    check("exec >&- 2>&-; sleep 0.2", "0 false", "", "");
    // standard input is empty, and there is no terminal
    check("cat; wc -c", "0 false", "0\n", "");
    check("(read x < /dev/tty) 2>/dev/null || echo no terminal", "0 false", "no terminal\n", "");
}

#[test]
fn a_tool_inherits_no_state_from_the_host() {
    let script = "readlink /proc/self/cwd; ls /proc/self/fd | tr '\\n' ' '; umask; \
        grep -E 'Sig(Blk|Ign)' /proc/self/status | tr '\\n' ' '; env | sort | tr '\\n' ' '; tty";
    let sandbox = with_probed(script);
    sandbox.questions(&["run|probed|x"]);
    // a host that inherited an open file, ignored signals, variables and no umask
    let mut shell = sandbox.command("/bin/sh");
    let command = format!(
        "trap '' INT TERM HUP USR1; umask 0; exec 7</etc/passwd 9>/dev/null; exec {} op env tool-check local",
        gtc()
    );
    shell
        .arg("-c")
        .arg(command)
        .env("LD_BIND_NOW", "1")
        .env("CANARY", "canary")
        .env("LANG", "de_DE.UTF-8");
    let answer = answers(&run(&mut shell).succeeded()).remove(0);
    let lines: Vec<&str> = answer.stdout.lines().collect();
    assert_eq!(lines[0], "/");
    // 3 is the folder that `ls` reads
    assert_eq!(lines[1], "0 1 2 3 0077");
    let signals: Vec<&str> = lines[2].split_whitespace().collect();
    let mask = |at: usize| u64::from_str_radix(signals[at], 16).expect("a mask");
    // the C library reserves two signals
    const OF_THE_C_LIBRARY: u64 = 1 << 31 | 1 << 32;
    assert_eq!((mask(1), mask(3) & !OF_THE_C_LIBRARY), (0, 0), "{answer:?}");
    let home = sandbox.home().display();
    let variables: Vec<&str> = signals[4..].to_vec();
    assert_eq!(
        variables,
        [
            &format!("HOME={home}"),
            "LC_ALL=C",
            &format!("PATH={home}/bin:/usr/bin:/bin"),
            "PWD=/",
            "not",
            "a",
            "tty"
        ]
    );
}

#[test]
fn a_tool_is_killed_when_its_preflight_times_out() {
    let sandbox = with_probed("echo $$ > \"$HOME/parent\"; sleep 3333");
    let limits = gtc_engine::EngineLimits {
        preflight_time: Duration::from_millis(700),
        ..Default::default()
    };
    let start = Instant::now();
    let fault =
        engine(&sandbox, limits).preflight(&["run|probed|x", "run|probed|x"]).expect_err("a fault");
    assert_eq!(fault.kind(), "out-of-time", "{fault}");
    assert!(start.elapsed() < BACKSTOP, "{:?}", start.elapsed());
    assert!(!is_running(&sandbox, "parent"));
}

fn refused(sandbox: &Sandbox, words: &str) {
    let answer = sandbox.probe();
    assert!(
        answer.how.starts_with("Failure::") && answer.how.contains(words),
        "{words}: {answer:?}"
    );
    assert!(!sandbox.home().join("ran").exists(), "{words}");
}

#[test]
fn files_that_are_not_programs_are_reported() {
    let touch = "touch \"$HOME/ran\"";
    let sandbox = with_probed(touch);
    let probed = sandbox.home().join("bin/probed");
    let mode = |mode| {
        std::fs::set_permissions(&probed, Permissions::from_mode(mode)).expect("permissions")
    };
    mode(0o644);
    refused(&sandbox, "NotFound");
    mode(0o4755);
    refused(&sandbox, "it has the rights of another user");
    mode(0o2755);
    refused(&sandbox, "or of another group");
    mode(0o757);
    refused(&sandbox, "all users may write to");
    std::fs::write(&probed, "#!/no/such/interpreter\n").expect("a file");
    mode(0o755);
    refused(&sandbox, "does not start: No such file or directory");
    std::fs::write(&probed, "\u{7f}ELF no program").expect("a file");
    refused(&sandbox, "does not start: Exec format error");
    std::fs::remove_file(&probed).expect("a file");
    std::fs::create_dir(&probed).expect("a folder");
    refused(&sandbox, "NotFound");
    std::fs::remove_dir(&probed).expect("a folder");
    symlink("probed", &probed).expect("a link to itself");
    refused(&sandbox, "NotFound");
}

/// Puts `probed` into this folder, and runs it with this `PATH`.
fn at(sandbox: &Sandbox, folder: &Path, path: &str) -> Output {
    std::fs::create_dir_all(folder).expect("a folder");
    std::fs::write(folder.join("probed"), "#!/bin/sh\necho from $0\n").expect("a file");
    std::fs::set_permissions(folder.join("probed"), Permissions::from_mode(0o755))
        .expect("permissions");
    sandbox.questions(&["run|probed|x"]);
    run(sandbox.asking().env("PATH", path).current_dir(sandbox.home())).succeeded()
}

#[test]
fn tools_come_only_from_folders_that_others_cannot_write() {
    let sandbox = Sandbox::with_asker(&["probed *"], &[]);
    let home = sandbox.home();
    let chmod = |path: &Path, mode| {
        std::fs::set_permissions(path, Permissions::from_mode(mode)).expect("permissions")
    };
    let how = |folder: &Path, path: &str| answers(&at(&sandbox, folder, path)).remove(0);
    for relative in ["bin:/usr/bin:/bin", "./bin:/bin", ".:bin:/bin"] {
        assert!(how(&home.join("bin"), relative).how.contains("is relative"), "{relative}");
    }
    for empty in ["", ":", "::/bin", "/bin:", "/bin::/usr/bin"] {
        let answer = how(home, empty).how;
        assert!(
            answer.contains("is relative") || answer == "Failure::NotFound",
            "{empty:?}: {answer}"
        );
    }
    let open = home.join("open");
    let path = format!("{}:/usr/bin:/bin", open.display());
    assert_eq!(how(&open, &path).how, "0 false");
    for (mode, reason) in [
        (0o777, "all users may write to"),
        (0o1777, "other users may create files in"),
        (0o757, "all users may write to"),
    ] {
        chmod(&open, mode);
        let found = how(&open, &path).how;
        let expected = format!("{reason} `{}`, which belongs to user", open.display());
        assert!(found.contains(&expected), "{mode:o}: {found}");
        assert!(found.contains(&format!("and has mode {mode:04o}; ")), "{mode:o}: {found}");
    }
    // the parent folder is writable by others, then protected by the sticky bit
    let inner = open.join("inner");
    let path = format!("{}:/usr/bin:/bin", inner.display());
    for (mode, runs) in [(0o777, false), (0o1777, true), (0o755, true)] {
        chmod(&open, mode);
        assert_eq!(how(&inner, &path).how == "0 false", runs, "{mode:o}");
    }
    // a link from a private folder to one that others can write to
    chmod(&open, 0o777);
    let closed = home.join("closed");
    std::fs::create_dir(&closed).expect("a folder");
    symlink(open.join("probed"), closed.join("probed")).expect("a link");
    sandbox.questions(&["run|probed|x"]);
    let ran = run(sandbox.asking().env("PATH", format!("{}:/bin", closed.display()))).succeeded();
    assert!(answers(&ran)[0].how.contains("all users may write to"), "{ran:?}");
    // an untrusted program does not hide a trusted one, which is reported with its path
    let both = format!("{}::bin:{}:/usr/bin:/bin", open.display(), home.join("bin").display());
    let ran = at(&sandbox, &home.join("bin"), &both);
    let program = home.join("bin/probed").display().to_string();
    assert_eq!(text(&deployer(&ran)["probes"][0]["program"]), program);
    assert_eq!(answers(&ran)[0].stdout, format!("from {program}\n"));
}

/// Each step to a tool, given to another user or to a group. Only root may do that; the unit tests
/// of `gtc-fs` look at files of this user as another one instead.
#[test]
fn tools_of_other_users_and_groups_are_not_run() {
    let sandbox = with_probed("touch \"$HOME/ran\"");
    let home = sandbox.home();
    if home.metadata().expect("a folder").uid() != 0 {
        return;
    }
    let real = home.join("real");
    std::fs::create_dir_all(real.join("bin")).expect("folders");
    std::fs::rename(home.join("bin/probed"), real.join("bin/probed")).expect("moved");
    symlink(real.join("bin/probed"), home.join("bin/probed")).expect("a link");
    let steps = ["bin", "bin/probed", "real", "real/bin", "real/bin/probed"];
    for step in steps.map(|step| home.join(step)) {
        lchown(&step, Some(54_321), None).expect("permitted to root");
        refused(&sandbox, &format!("`{}` belongs to user 54321 and has mode 0", step.display()));
        refused(&sandbox, &format!("run `chown -h root {}`", step.display()));
        lchown(&step, Some(0), None).expect("permitted to root");
    }
    for step in ["bin", "real", "real/bin", "real/bin/probed"].map(|step| home.join(step)) {
        std::fs::set_permissions(&step, Permissions::from_mode(0o775)).expect("permissions");
        lchown(&step, None, Some(54_321)).expect("permitted to root");
        refused(&sandbox, &format!("group 54321 may write to `{}`, which belongs", step.display()));
        refused(&sandbox, &format!("and has mode 0775; run `chmod g-w {}`", step.display()));
        lchown(&step, None, Some(0)).expect("permitted to root");
    }
    assert_eq!(sandbox.probe().how, "0 false", "root's group may write");
    assert!(home.join("ran").exists());
}

#[test]
fn a_path_of_ten_thousand_folders_is_searched() {
    let sandbox = Sandbox::with_asker(&["probed *"], &[]);
    let many: String = (0..10_000).map(|at| format!("/n/{at}:")).collect();
    let bin = sandbox.home().join("bin");
    let ran = at(&sandbox, &bin, &format!("{many}{}:/usr/bin:/bin", bin.display()));
    assert_eq!(answers(&ran)[0].how, "0 false");
}
