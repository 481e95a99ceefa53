//! Bound packs on a machine without a network: a network namespace without interfaces.

use std::process::Command;

use super::{archive, bind};
use test_support::registry::image::Image;
use test_support::registry::scripted::ScriptedRegistry;
use test_support::{Output, Sandbox, gtc, run};

/// Runs `gtc` without any network, not even loopback.
fn without_network(sandbox: &Sandbox, arguments: &[&str]) -> Output {
    let mut command: Command = sandbox.command("unshare");
    command.args(["--map-root-user", "--net", gtc()]).args(arguments);
    run(&mut command)
}

#[test]
#[ignore = "needs unshare; `cargo xtask test` runs it"]
fn bound_packs_work_without_a_network() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let registry = ScriptedRegistry::with_image(&Image::pack(&archive()));
    let reference = registry.reference("1");
    bind(&sandbox, &reference, &[]).succeeded();
    let before = registry.requests().len();
    for flags in [&["--offline"][..], &[]] {
        for verb in [&["op", "env", "doctor", "local"][..], &["op", "env", "tool-check", "local"]] {
            without_network(&sandbox, &[verb, flags].concat()).succeeded();
        }
    }
    without_network(&sandbox, &["pack", "inspect", &reference, "--offline"]).succeeded();
    without_network(&sandbox, &["pack", "inspect", &reference]).refused(2, "registry-unreachable");
    assert_eq!(registry.requests().len(), before, "the registry was reachable");
}
