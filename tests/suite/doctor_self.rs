//! `gtc doctor self`: the protections of the process that compiles external components, on
//! machines that offer all of them, some, or none.
//!
//! A filter of system calls takes a layer away, as an old kernel or a container does.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};
use serde_json::Value;

use test_support::footprint::show;
use test_support::{Output, Sandbox, assert_contains, gtc, members, run, text};

const LANDLOCK: &[libc::c_long] = &[libc::SYS_landlock_create_ruleset];
const SECCOMP: &[libc::c_long] = &[libc::SYS_seccomp];

/// Runs `gtc` on a machine without some system calls.
fn gtc_without(sandbox: &Sandbox, calls: &[&[libc::c_long]], words: &str) -> Output {
    let calls = calls.concat().into_iter().map(|call| (call, Vec::new())).collect();
    let missing = SeccompAction::Errno(libc::ENOSYS as u32);
    let target = std::env::consts::ARCH.try_into().expect("a known processor");
    let filter = SeccompFilter::new(calls, SeccompAction::Allow, missing, target);
    let program: BpfProgram = filter.expect("a filter").try_into().expect("a program");
    let mut command = sandbox.gtc_command();
    command.args(words.split(' '));
    // SAFETY: between fork and exec the closure only makes system calls.
    unsafe {
        command.pre_exec(move || {
            apply_filter(&program).map_err(|_| std::io::ErrorKind::Unsupported.into())
        });
    }
    run(&mut command)
}

/// The state of a layer.
fn state<'a>(report: &'a Value, layer: &str) -> &'a str {
    let layers = report["layers"].as_array().expect("a list");
    let found = layers.iter().find(|found| found["name"] == layer).expect("a layer");
    assert_eq!(found["in_force"], found["state"] == "in-force");
    text(&found["state"])
}

/// The actions that were not prevented.
fn succeeded(report: &Value) -> Vec<&str> {
    let actions = report["deeds"].as_array().expect("a list");
    actions
        .iter()
        .filter(|action| action["prevented"] == false)
        .map(|action| text(&action["what"]))
        .collect()
}

#[test]
fn forbidden_actions_are_tried_and_prevented() {
    let report = Sandbox::new().gtc(["doctor", "self"]).succeeded().result();
    assert_eq!(
        members(&report["deeds"], "what"),
        [
            "read a file",
            "open a socket",
            "start a program",
            "see a variable",
            "signal another process"
        ]
    );
    assert_eq!(succeeded(&report), Vec::<&str>::new());
    assert_eq!(state(&report, "seccomp"), "in-force");
}

/// It includes `tgkill`, which is allowed only to end the worker itself.
#[test]
fn seccomp_alone_prevents_all_forbidden_actions() {
    let sandbox = Sandbox::new();
    let report = gtc_without(&sandbox, &[LANDLOCK], "doctor self").succeeded().result();
    assert_eq!(state(&report, "Landlock"), "not-available");
    assert_eq!(state(&report, "seccomp"), "in-force");
    assert_eq!(succeeded(&report), Vec::<&str>::new());
}

#[test]
fn a_missing_layer_is_not_available() {
    let sandbox = Sandbox::new();
    let report = gtc_without(&sandbox, &[SECCOMP], "doctor self").result();
    assert_eq!(state(&report, "seccomp"), "not-available");

    let text = gtc_without(&sandbox, &[LANDLOCK, SECCOMP], "doctor self --format human").exited(1);
    text.shows(&["Landlock", "not available", "signal another process", "not prevented"]);
    text.shows(&["the sandbox is incomplete on this machine"]);
}

#[test]
fn an_old_landlock_is_partly_in_force() {
    let sandbox = Sandbox::new();
    // the first call asks for the version
    let version = "inject=landlock_create_ruleset:retval=2:when=1";
    let mut traced = sandbox.command("strace");
    traced.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=landlock_create_ruleset", "-e"]);
    traced.args([version, gtc(), "doctor", "self"]);
    let is_installed = Command::new("strace").arg("-V").output().is_ok();
    if !is_installed {
        return show("could not run: `strace` is not installed");
    }
    let report = run(&mut traced).result();
    if state(&report, "Landlock") == "not-available" {
        return show("could not run: this machine does not offer Landlock");
    }
    assert_eq!(state(&report, "Landlock"), "partly-in-force");
    traced.args(["--format", "human"]);
    run(&mut traced).shows(&["partly in force"]);
}

#[test]
fn binding_an_external_pack_names_missing_layers() {
    let external = "op env-packs update --env local --slot state --kind acme.state.external@1.0.0 \
        --pack-ref packs/acme.state.external.gtpack";
    let built_in = "op env-packs update --env local --slot secrets \
        --kind greentic.secrets.dev-store@0.1.0 --pack-ref greentic.secrets.dev-store@0.1.0";
    for (calls, missing) in [
        (vec![LANDLOCK], "does not offer Landlock to"),
        (vec![SECCOMP], "does not offer seccomp to"),
        (vec![LANDLOCK, SECCOMP], "does not offer Landlock and seccomp to"),
    ] {
        let sandbox = Sandbox::with_local();
        sandbox.valid_pack("state", "acme.state.external", "^1");
        let report = gtc_without(&sandbox, &calls, external).succeeded().result();
        let warnings = report["warnings"].as_array().expect("a list");
        assert_eq!(warnings.len(), 1, "{report}");
        assert_contains(text(&warnings[0]), &[missing, "`gtc doctor self`"]);
        let report = gtc_without(&sandbox, &calls, built_in).succeeded().result();
        assert_eq!(report["warnings"], Value::Null);
    }
}
