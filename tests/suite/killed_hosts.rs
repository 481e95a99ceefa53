//! A host that is killed leaves no process behind: neither workers nor tools.
//!
//! The tests run in a process of their own, which is a subreaper: processes that lose their
//! parent become its children. All descendants of a host have ended once it has no child.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{WaitOptions, getpid, set_child_subreaper, wait};
use serde_json::json;

use test_support::footprint::{alone, show};
use test_support::registry::reply::Reply;
use test_support::registry::scripted::{ScriptedRegistry, manifest_path};
use test_support::wat::Handler;
use test_support::{BACKSTOP, Sandbox};

use super::compile_bombs::shapes;

/// Time for the processes of a killed host to end.
const TIME_TO_END: Duration = Duration::from_secs(1);
/// The longest random delay, in milliseconds. Workers start within it.
const MAX_DELAY: u64 = 300;

/// When a host is killed.
#[derive(Clone, Copy)]
enum Moment {
    /// At a random time.
    Random,
    /// As soon as it has started a process, or after up to 10 ms.
    FirstChild,
}

/// A component that the compiler needs longer for than its budget allows.
fn slow_to_compile() -> Vec<u8> {
    shapes::component(&shapes::tangle(200, 250, 100))
}

/// A component whose preflight does not return.
fn busy() -> Vec<u8> {
    let preflight_body = Some("(loop $again (br $again)) (i32.const 512)".to_owned());
    Handler { preflight_body, ..Handler::new("state", "acme.state.busy", "^1") }.component()
}

/// A sandbox whose preflight runs a tool that starts a daemon and does not end.
fn with_endless_tool() -> Sandbox {
    let mut sandbox = Sandbox::with_asker(&["probed *"], &[]);
    sandbox.program("probed", "setsid sleep 3333 & sleep 3333");
    sandbox.questions(&["run|probed|x"]);
    sandbox
}

/// A sandbox whose credential helper does not respond. A registry asks for its password.
fn with_endless_helper(registry: &ScriptedRegistry) -> Sandbox {
    let mut sandbox = Sandbox::new();
    sandbox.program("docker-credential-endless", "exec sleep 3333");
    let helpers = json!({"credHelpers": {registry.host(): "endless"}});
    sandbox.write(".docker/config.json", helpers.to_string());
    registry.respond(&manifest_path("1"), [Reply::bearer(&registry.url("/token"))]);
    sandbox
}

fn kill_hosts(kills: usize, moment: Moment) {
    set_child_subreaper(Some(getpid())).expect("a subreaper");
    let packs = Sandbox::with_local().with_own_cache();
    let slow = packs.written_pack("revocation", "acme.revocation.slow", "^1", slow_to_compile());
    let busy = packs.written_pack("state", "acme.state.busy", "^1", busy());
    let tools = with_endless_tool();
    let registry = ScriptedRegistry::start();
    let helpers = with_endless_helper(&registry);
    let hosts: [(&str, &dyn Fn() -> Command); 5] = [
        ("validate, which compiles", &|| validate(&packs, &slow)),
        ("validate, which runs", &|| validate(&packs, &busy)),
        ("add", &|| {
            let add = packs.env_packs().add("revocation").kind("acme.revocation.slow@1.0.0");
            add.pack_ref(&slow).command()
        }),
        ("tool-check", &|| tools.asking()),
        ("pull", &|| helpers.pack().pull(registry.reference("1")).output("pulled").command()),
    ];
    // compiles what the hosts are to find in the cache
    packs.pack().validate(&busy).limit("handler.trial-time=1s").exited(1);
    let mut slowest = Duration::ZERO;
    for number in 0..kills {
        let (name, host) = hosts[number % hosts.len()];
        let delay = match moment {
            Moment::Random => Duration::from_millis(fastrand::u64(..MAX_DELAY)),
            Moment::FirstChild => Duration::from_millis(fastrand::u64(..10)),
        };
        let wait_for_child = matches!(moment, Moment::FirstChild);
        let time = kill_one(host(), delay, wait_for_child)
            .unwrap_or_else(|error| panic!("kill {number} of `{name}` after {delay:?}: {error}"));
        slowest = slowest.max(time);
    }
    show(&format!("{kills} hosts were killed; their last process ended after {slowest:?}"));
}

fn validate(packs: &Sandbox, pack: &Path) -> Command {
    packs.pack().validate(pack).limit("handler.trial-time=120s").command()
}

/// Starts a host and kills it. Returns the time until its last process has ended.
fn kill_one(mut host: Command, delay: Duration, wait_for_child: bool) -> io::Result<Duration> {
    let mut host = host.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    if wait_for_child {
        let started = Instant::now();
        while !has_child(&host) {
            let has_ended = host.try_wait()?.is_some();
            assert!(!has_ended && started.elapsed() < BACKSTOP, "it starts no process");
        }
    }
    std::thread::sleep(delay);
    host.kill()?;
    let killed = Instant::now();
    host.wait()?;
    loop {
        match wait(WaitOptions::NOHANG) {
            Err(Errno::CHILD) => return Ok(killed.elapsed()),
            Ok(None) if killed.elapsed() > TIME_TO_END => {
                return Err(io::Error::other(format!("left running: {}", descendants())));
            }
            Ok(None) => std::thread::sleep(Duration::from_millis(1)),
            Ok(Some(_)) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn has_child(host: &Child) -> bool {
    !children(&format!("/proc/{}", host.id())).is_empty()
}

/// The children of all threads of a process.
fn children(process: &str) -> String {
    let threads = std::fs::read_dir(format!("{process}/task")).into_iter().flatten().flatten();
    let children = threads.map(|thread| thread.path().join("children"));
    children.filter_map(|path: PathBuf| std::fs::read_to_string(path).ok()).collect()
}

/// The command lines of the children of this process.
fn descendants() -> String {
    let children = children("/proc/self");
    let command_line =
        |pid: &str| std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    children.split_whitespace().map(|pid| command_line(pid).replace('\0', " ")).collect()
}

#[test]
fn a_killed_host_leaves_no_process() {
    alone("killed_hosts::twenty_kills_at_the_first_process");
}

#[test]
#[ignore = "`a_killed_host_leaves_no_process` runs it"]
fn twenty_kills_at_the_first_process() {
    kill_hosts(20, Moment::FirstChild);
}

#[test]
#[ignore = "it takes two minutes"]
fn two_hundred_kills_at_random_moments() {
    alone("killed_hosts::two_hundred_kills");
}

#[test]
#[ignore = "`two_hundred_kills_at_random_moments` runs it"]
fn two_hundred_kills() {
    kill_hosts(200, Moment::Random);
}
