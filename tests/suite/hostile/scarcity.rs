//! Hostile packs on a machine that lacks something: no command panics or ends by a signal, and
//! if the machine is the reason, the exit code is 2.
//!
//! Each test says so when it cannot take something away on this machine.

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use env_pack_domain::Permissions;
use serde_json::Value;

use test_support::footprint::show;
use test_support::zips::{Zip, pack_entries, sealed};
use test_support::{Output, Sandbox, gtc, packs, run};

use super::{corpus, handler};

/// Every how many cases of the corpus are part of these tests.
const STEP: usize = 30;
/// The pack that nothing is wrong with.
const GOOD: &str = "packs/good.gtpack";
/// A user without other processes. Root may start any number.
const OTHER_USER: u32 = 64_123;

/// The exit codes of [`verbs`] for each pack, on a machine that lacks nothing.
static CODES: LazyLock<Vec<Vec<i32>>> = LazyLock::new(|| {
    let sandbox = with_packs();
    let run_verbs = |pack| verbs(pack).map(|arguments| sandbox.gtc(arguments).code).to_vec();
    pack_names().iter().map(|pack| run_verbs(pack)).collect()
});

/// A way to run a command on a machine that lacks something.
enum Lack {
    /// Of a limit of `ulimit`.
    Limit(&'static str),
    /// Of processes and threads: the user may have so many.
    Processes(usize),
    /// Of a file system, which this shell script takes away in a namespace.
    Mount(String),
}

impl Lack {
    /// Returns the command, which runs in a sandbox.
    fn command(&self, sandbox: &Sandbox, arguments: &[&str]) -> Command {
        let run = "exec \"$0\" \"$@\"";
        let mut shell = sandbox.command("sh");
        match self {
            Self::Limit(limit) => shell.args(["-c", &format!("ulimit {limit}; {run}")]),
            Self::Processes(count) if rustix::process::getuid().is_root() => shell.args([
                "-c",
                &format!(
                    "exec setpriv --reuid={OTHER_USER} --regid={OTHER_USER} --clear-groups \
                    prlimit --nproc={count} \"$0\" \"$@\""
                ),
            ]),
            // the processes of this user count, so that there are none left
            Self::Processes(_) => shell.args(["-c", &format!("ulimit -u 1; {run}")]),
            Self::Mount(script) => shell.args([
                "-c",
                "exec unshare --map-root-user --mount sh -c \"$0\" \"$@\"",
                &format!("{script} && {run}"),
            ]),
        };
        shell.arg(gtc()).args(arguments);
        shell
    }

    /// Prepares a sandbox. Returns false, and says so, if this machine does not let it.
    fn prepare(&self, sandbox: &Sandbox) -> bool {
        if matches!(self, Self::Processes(_)) && rustix::process::getuid().is_root() {
            let owner = format!("{OTHER_USER}:{OTHER_USER}");
            run(Command::new("chown").args(["-R", &owner]).arg(sandbox.home())).succeeded();
        }
        let output = self.command(sandbox, &["--version"]).output().expect("a shell");
        let works = output.status.success();
        if !works {
            show(&format!("could not run: {}", String::from_utf8_lossy(&output.stderr)));
        }
        works
    }
}

fn with_packs() -> Sandbox {
    let sandbox = Sandbox::with_local().with_own_cache();
    let components = corpus().into_iter().step_by(STEP).map(|case| case.component);
    for (name, component) in
        pack_names().iter().zip([handler().component()].into_iter().chain(components))
    {
        let permissions = Permissions::default();
        sandbox.write(
            name,
            packs::archive("state", "test.state.hostile", "^1", component, permissions),
        );
    }
    sandbox
}

fn pack_names() -> Vec<String> {
    let hostile = corpus().len().div_ceil(STEP);
    let hostile = (0..hostile).map(|number| format!("packs/{number}.gtpack"));
    [GOOD.to_owned()].into_iter().chain(hostile).collect()
}

/// The commands that load a pack.
fn verbs(pack: &str) -> [Vec<&str>; 2] {
    let update = "op env-packs update --env local --slot state --kind test.state.hostile@1.0.0";
    [vec!["pack", "validate", pack], update.split(' ').chain(["--pack-ref", pack]).collect()]
}

/// Requires an answer in JSON.
fn assert_typed(output: &Output, what: &str) {
    let text = if output.stdout.is_empty() { &output.stderr } else { &output.stdout };
    let answer = serde_json::from_str::<Value>(text);
    assert!((0..=2).contains(&output.code) && answer.is_ok(), "{what}: {output:?}");
}

/// Loads all packs on a machine. If `reason` is given, it prevents that the good pack loads.
fn check(lack: &Lack, reason: Option<&str>) {
    let sandbox = with_packs();
    if !lack.prepare(&sandbox) {
        return;
    }
    for (pack, expected) in pack_names().iter().zip(&*CODES) {
        for (arguments, expected) in verbs(pack).iter().zip(expected) {
            let output = run(&mut lack.command(&sandbox, arguments));
            let what = format!("{arguments:?}");
            assert_typed(&output, &what);
            // the machine may be the reason of a failure, but a pack is never blamed for it
            assert!([2, *expected].contains(&output.code), "{what}: {output:?}");
            if let Some(reason) = reason.filter(|_| pack == GOOD) {
                assert_eq!(output.code, 2, "{what}: {output:?}");
                let text = format!("{}{}", output.stdout, output.stderr);
                assert!(text.contains(reason), "{what}: {output:?}");
            }
        }
    }
    let others = [
        "doctor self",
        "op env doctor local",
        "op env tool-check local",
        "op env init --env other",
        "pack pull oci://localhost:1/acme/pack:1 --plain-http localhost:1 --output pulled.gtpack",
    ];
    for words in others {
        let arguments: Vec<&str> = words.split(' ').collect();
        assert_typed(&run(&mut lack.command(&sandbox, &arguments)), words);
    }
}

#[test]
fn with_32_file_descriptors() {
    check(&Lack::Limit("-n 32"), None);
}

#[test]
fn with_3_gib_of_address_space() {
    check(&Lack::Limit("-v 3145728"), None);
}

#[test]
fn with_files_of_a_block() {
    check(&Lack::Limit("-f 1"), Some("File too large"));
}

#[test]
fn without_threads() {
    check(&Lack::Processes(1), Some("Resource temporarily unavailable"));
}

#[test]
fn with_few_threads() {
    for processes in 2..=6 {
        check(&Lack::Processes(processes), None);
    }
}

#[test]
fn without_proc() {
    let script = "mount -t tmpfs none /proc".to_owned();
    check(&Lack::Mount(script), Some("`/proc` is not mounted"));
}

#[test]
fn without_temporary_folder() {
    if Path::new(gtc()).starts_with("/tmp") {
        return show("could not run: the program itself is below `/tmp`");
    }
    // the home of a sandbox is below `/tmp`, too
    let script = "mount --bind \"$HOME\" /mnt && mount -t tmpfs -o ro,mode=0 none /tmp && cd /mnt \
        && export HOME=/mnt GTC_CACHE_DIR=/mnt/cache";
    check(&Lack::Mount(script.to_owned()), None);
}

#[test]
fn an_environment_is_made_completely_or_not_at_all() {
    for processes in 1..=6 {
        let sandbox = Sandbox::new().with_own_cache();
        let lack = Lack::Processes(processes);
        if !lack.prepare(&sandbox) {
            return;
        }
        let output = run(&mut lack.command(&sandbox, &["op", "env", "init"]));
        let is_complete = sandbox.environment("local").join("environment.json").exists();
        assert_eq!((output.code, is_complete), if is_complete { (0, true) } else { (2, false) });
        sandbox.env().init().succeeded();
    }
}

#[test]
fn a_file_beyond_the_limit_is_named() {
    let sandbox = Sandbox::with_local();
    let built_in = "greentic.state.in-memory@0.1.0";
    let update = sandbox.env_packs().update("state").kind(built_in).pack_ref(built_in);
    update.answers_ref("env-packs/state/answers.json").succeeded();
    sandbox.write("answers.json", format!("{{\"text\": \"{}\"}}", "x".repeat(200 << 10)));
    let mut entries = pack_entries();
    entries.push(("notes.txt".to_owned(), vec![b'x'; 200 << 10]));
    sandbox.write("big.gtpack", Zip::stored(&sealed(entries)).bytes());
    let put = "op answers put --env local --kind greentic.state.in-memory --file answers.json";
    for (words, file) in [
        (put, ".greentic/environments/local/.change.json"),
        ("pack repack big.gtpack --output new.gtpack", "new.gtpack"),
    ] {
        let arguments: Vec<&str> = words.split(' ').collect();
        let limited = &mut Lack::Limit("-f 100").command(&sandbox, &arguments);
        let message = run(limited).refused(2, "host-resources");
        for part in [file, "File too large", "`ulimit -f`"] {
            assert!(message.contains(part), "{words}: {message}");
        }
        assert!(!sandbox.home().join(file).exists());
    }
}
