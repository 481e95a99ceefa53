//! Handlers that run in workers, as in `pack validate`, `pack build` and `pack test`: no
//! code of a guest runs in the host process, a worker has no access to the machine, and
//! its messages are not trusted.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use env_pack_domain::{BindingContext, Sha256Digest};
use gtc_engine::{
    Engine, EngineLimits, EngineSettings, LoadError, LoadedComponent, Provenance, ToolEnvironment,
    Worker,
};

use test_support::engines::{context, settings};
use test_support::packs::permissions;
use test_support::wat::Handler;
use test_support::{BACKSTOP, Output, Sandbox, repository, text};

/// A handler whose preflight never returns.
fn busy() -> Handler {
    let preflight_body = Some("(loop $again (br $again)) (i32.const 512)".to_owned());
    Handler { preflight_body, ..Handler::new("state", "acme.state.busy", "^1") }
}

fn harmless() -> Vec<u8> {
    Handler::new("state", "acme.state.apart", "^1").component()
}

/// Waits for the worker that runs the endless guest of this process. Other workers exit
/// at once.
fn worker_of(host: &Child) -> PathBuf {
    let give_up = Instant::now() + BACKSTOP;
    while Instant::now() < give_up {
        let threads =
            fs::read_dir(format!("/proc/{}/task", host.id())).expect("its threads").flatten();
        let of_thread = |thread: fs::DirEntry| {
            fs::read_to_string(thread.path().join("children")).unwrap_or_default()
        };
        let children: String = threads.map(of_thread).collect();
        for child in children.split_whitespace().map(|pid| PathBuf::from("/proc").join(pid)) {
            let arguments = fs::read(child.join("cmdline")).unwrap_or_default();
            let status = fs::read_to_string(child.join("status")).unwrap_or_default();
            if arguments == b"gtc-worker\0run-guest\0" && status.contains("\nSeccomp:\t2\n") {
                std::thread::sleep(Duration::from_millis(500));
                if child.join("exe").read_link().is_ok() {
                    return child;
                }
            }
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("no worker started");
}

fn started(mut command: Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
}

/// Starts a validation that lasts until its guest is killed.
fn endless(sandbox: &Sandbox) -> Child {
    let pack = sandbox.written_pack("state", "acme.state.busy", "^1", busy().component());
    let mut command = sandbox.gtc_command();
    command
        .args(["--limit", "handler.trial-time=120s", "pack", "validate", "--format", "json"])
        .arg(pack);
    started(command)
}

#[test]
fn an_isolated_guest_has_no_files_network_or_variables() {
    let sandbox = Sandbox::new();
    let mut host = endless(&sandbox);
    let worker = worker_of(&host);
    let status = fs::read_to_string(worker.join("status")).expect("its status");
    assert!(status.contains("\nNoNewPrivs:\t1\n"), "{status}");
    assert_eq!(fs::read(worker.join("environ")).expect("its variables"), b"");
    // standard input, output and error, and its code
    let files = fs::read_dir(worker.join("fd")).expect("its files");
    let files: Vec<PathBuf> =
        files.filter_map(|file| fs::read_link(file.ok()?.path()).ok()).collect();
    let is_code = |path: &&PathBuf| {
        path.to_string_lossy().ends_with(".cwasm")
            || path.to_string_lossy().starts_with("/memfd:code")
    };
    assert!(files.iter().filter(is_code).count() >= 1, "{files:?}");
    let is_stderr = |path: &&PathBuf| path.to_string_lossy().starts_with("/memfd:stderr");
    let others: Vec<_> = files
        .iter()
        .filter(|path| path.is_absolute() && !is_code(path) && !is_stderr(path))
        .collect();
    assert!(others.is_empty(), "{others:?}");
    // the host has not mapped the code
    let maps =
        fs::read_to_string(format!("/proc/{}/maps", host.id())).expect("what the host has mapped");
    assert!(!maps.contains(".cwasm") && !maps.contains("memfd"), "{maps}");
    host.kill().expect("it is ours");
    host.wait().expect("it ends");
    // the worker is killed with its host
    let give_up = Instant::now() + BACKSTOP;
    while worker.join("exe").read_link().is_ok() {
        assert!(Instant::now() < give_up, "the worker outlives its host");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_guest_that_crashes_its_worker_is_reported() {
    let sandbox = Sandbox::new();
    let host = endless(&sandbox);
    let worker = worker_of(&host);
    let pid = worker.file_name().expect("its number").to_string_lossy().into_owned();
    assert!(Command::new("kill").args(["-KILL", &pid]).status().expect("kill runs").success());
    let ran = Output::from(host.wait_with_output().expect("it ends")).exited(1);
    let findings = ran.result()["packs"][0]["findings"].clone();
    let finding = findings
        .as_array()
        .and_then(|all| all.iter().find(|one| one["code"] == "preflight-trapped"));
    let message = text(&finding.unwrap_or_else(|| panic!("{findings}"))["message"]).to_owned();
    assert!(message.contains("crashed its process in `preflight`: signal: 9"), "{message}");
}

#[test]
fn damaged_code_is_recompiled() {
    let sandbox = Sandbox::new().with_own_cache();
    let pack = sandbox.written_pack("state", "acme.state.apart", "^1", harmless());
    let arguments = ["pack", "validate", &pack.to_string_lossy()];
    sandbox.gtc(arguments).succeeded();
    let [code] = sandbox.compiled().try_into().expect("one compiled component");
    let whole = fs::read(&code).expect("its code");
    for damaged in [&whole[..whole.len() / 2], b"\x7fELF", b""] {
        fs::remove_file(&code).expect("it is ours");
        fs::write(&code, damaged).expect("it is ours");
        sandbox.gtc(arguments).succeeded();
        assert_eq!(fs::read(&code).expect("its code"), whole);
    }
}

/// Replaces the worker by a script, which begins after it has read the request, and sends
/// messages with `say`.
fn fake_worker(sandbox: &mut Sandbox, script: &str) -> Worker {
    const PROLOGUE: &str = r#"exec 3<&1
PATH=/usr/bin:/bin
task=$(dd bs=65536 count=1 <&3 2>/dev/null | tr -d '\000')
say() { n=${#1}; printf "\\$(printf %o $((n % 256)))\\$(printf %o $((n / 256)))\000\000%s" "$1"; }
"#;
    sandbox.program("fake-worker", &format!("{PROLOGUE}{script}"));
    Worker::Program(sandbox.home().join("bin/fake-worker"))
}

/// Loads a harmless component, whose code is cached, with this script as its worker.
/// Returns the kind and text of the outcome.
fn with_worker(
    sandbox: &mut Sandbox,
    script: &str,
    binding: &BindingContext,
) -> (&'static str, String) {
    let limits = EngineLimits {
        metadata_time: Duration::from_millis(500),
        log_bytes: 1 << 10,
        copied_bytes: 4 << 10,
        ..EngineLimits::default()
    };
    let cache = repository().join("target/tmp/suite-cache/compiled");
    let component = harmless();
    let digest = Sha256Digest::compute(&component);
    Engine::new(settings(EngineLimits::default()))
        .load(&component, &digest, Provenance::External)
        .expect("it loads");
    let worker = fake_worker(sandbox, script);
    let tools =
        ToolEnvironment { path: sandbox.home().join("bin").into(), ..ToolEnvironment::default() };
    let engine =
        Engine::new(EngineSettings { compiled: Some(cache), worker, tools, ..settings(limits) });
    let outcome = |loaded: LoadedComponent| match loaded.handler.preflight(binding) {
        Ok(preflight) => ("healthy", format!("{preflight:?}")),
        Err(fault) => (fault.kind(), fault.to_string()),
    };
    let failed = |error: LoadError| {
        let why = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        (error.kind(), format!("{error}: {why}"))
    };
    engine.load_isolated(&component, &digest, Provenance::External).map_or_else(failed, outcome)
}

const METADATA: &str = r#"{"Result":{"Metadata":{"Ok":{"slot":"state","descriptor_path":"acme.state.liar","supported_versions":"^1"}}}}"#;

#[test]
fn invalid_worker_messages_are_rejected() {
    let mut sandbox = Sandbox::new();
    for (script, kind, says) in [
        ("say '\"Started\"'; exit 0", "crashed", "exit status: 0"),
        (
            "say '\"Started\"'; echo gone wrong >&2; kill -9 $$",
            "crashed",
            "signal: 9 (SIGKILL) (message: gone wrong)",
        ),
        ("say '\"Started\"'; kill -XCPU $$", "out-of-time", "0.5 s"),
        ("say 'no message'", "crashed", "the worker sent an invalid message"),
        (
            "say '{\"Result\":{\"Metadata\":{\"Ok\":{}}}}'",
            "crashed",
            "the worker sent an invalid message",
        ),
        (
            "say '{\"Result\":{\"Checks\":{\"Ok\":[]}}}'",
            "crashed",
            "the worker sent an invalid message",
        ),
        (
            "say '{\"HostCall\":{\"Tool\":{\"tool\":\"sh\",\"args\":[]}}}'",
            "crashed",
            "the worker sent an invalid message",
        ),
        (
            "printf '\\377\\377\\377\\377{'; sleep 60",
            "too-much-output",
            "more than its worker process may send",
        ),
        ("say '\"Started\"'; sleep 60", "out-of-time", "0.5 s"),
        // starting again does not extend the deadline
        ("while say '\"Started\"'; do :; done", "crashed", "the worker sent an invalid message"),
        // a worker that does not start is not the fault of the guest
        ("sleep 60", "worker-failed", "it did not start within 10 s"),
        ("echo no room >&2; exit 4", "worker-failed", "no room"),
        ("exit 5", "host-resources", "this machine could not run a worker process: out of memory"),
        ("echo gone wrong >&2; kill -9 $$", "worker-failed", "signal: 9 (SIGKILL)): gone wrong"),
    ] {
        let (found, said) = with_worker(&mut sandbox, script, &context());
        assert_eq!((found, said.contains(says)), (kind, true), "{script}: {said}");
    }
}

#[test]
fn worker_messages_are_parsed_and_escaped() {
    let mut sandbox = Sandbox::new();
    let claims = |path: &str, versions: &str| {
        format!(
            "say '{{\"Result\":{{\"Metadata\":{{\"Ok\":{{\"slot\":\"state\",\"descriptor_path\":\"{path}\",\"supported_versions\":\"{versions}\"}}}}}}}}'"
        )
    };
    for claims in
        [claims("\\u001b[2J", "^1"), claims("../../etc", "^1"), claims("acme.state.liar", "latest")]
    {
        assert_eq!(with_worker(&mut sandbox, &claims, &context()).0, "crashed", "{claims}");
    }
    let fault = r#"say '{"Result":{"Metadata":{"Err":{"Fault":{"TooMany":{"call":"Slot","what":"\u001b[2Jfiles"}}}}}}'"#;
    let (kind, said) = with_worker(&mut sandbox, fault, &context());
    assert_eq!(kind, "too-many");
    assert!(said.starts_with(r"handler exceeded a limit in `slot`: \u{1b}[2Jfiles"), "{said}");
}

#[test]
fn the_host_also_limits_the_log_of_a_worker() {
    let mut sandbox = Sandbox::new();
    let log = r#"say '{"Log":{"call":"Slot","level":"Info","message":"sixteen of a KiB"}}'"#;
    assert_eq!(
        with_worker(&mut sandbox, log, &context()).0,
        "crashed",
        "it logs before it has started"
    );
    for (times, kind) in [(64, "healthy"), (65, "too-much-output")] {
        let preflight = format!(
            r#"case "$task" in
*QueryMetadata*) say '{METADATA}' ;;
*) say '"Started"'; i=0; while [ $i -lt {times} ]; do {log}; i=$((i+1)); done; say '{{"Result":{{"Checks":{{"Ok":[]}}}}}}' ;;
esac"#
        );
        let (found, said) = with_worker(&mut sandbox, &preflight, &context());
        assert_eq!(found, kind, "{times}: {said}");
    }
}

#[test]
fn probe_requests_of_a_worker_are_checked_against_the_grants() {
    let mut sandbox = Sandbox::new();
    sandbox.program("granted", "echo yes");
    sandbox.program("other", "touch $0.ran; echo no");
    let marker = sandbox.home().join("bin/other.ran");
    let preflight = r#"case "$task" in
*QueryMetadata*) say 'METADATA' ;;
*) say '"Started"'
   for tool in granted other; do
       say '{"HostCall":{"Tool":{"tool":"'$tool'","args":["now"]}}}'
       dd bs=65536 count=1 <&3 >/dev/null 2>&1
   done
   say '{"Result":{"Checks":{"Ok":[{"name":"x","description":"","outcome":{"status":"ok","detail":null}}]}}}' ;;
esac"#;
    let preflight = preflight.replace("METADATA", METADATA);
    let binding = BindingContext { grants: permissions(&["granted now"], &[]), ..context() };
    let (kind, said) = with_worker(&mut sandbox, &preflight, &binding);
    assert_eq!(kind, "healthy", "{said}");
    // the first is not denied, although this worker cannot act as reaper
    assert!(!said.contains("`granted now`"), "{said}");
    assert!(said.contains("denied: `other now` is not declared"), "{said}");
    assert!(!marker.exists(), "a tool ran that was not granted");
    // the limits of an answer also apply to a worker
    let twice = r#"{"name":"x","description":"","outcome":{"status":"ok","detail":null}}"#;
    let preflight = preflight.replace(twice, &format!("{twice},{twice}"));
    let (kind, said) = with_worker(&mut sandbox, &preflight, &binding);
    assert_eq!((kind, said.contains("two checks named `x`")), ("wrong-shape", true), "{said}");
}
