//! Offline, where there is no network at all: in a network namespace without interfaces.

use std::process::Command;

use super::{archive, bind};
use crate::support::registry::hostile::Hostile;
use crate::support::registry::image::Image;
use crate::support::{Ran, Sandbox, run};

/// Runs `gtc` where not even this machine can be reached.
fn cut_off(sandbox: &Sandbox, arguments: &[&str]) -> Ran {
    let mut command: Command = sandbox.command("unshare");
    command.args(["--map-root-user", "--net", env!("CARGO_BIN_EXE_gtc")]).args(arguments);
    run(&mut command)
}

#[test]
#[ignore = "needs unshare; `cargo xtask test` runs it"]
fn without_a_network_what_is_bound_works() {
    let sandbox = Sandbox::with_local().with_own_cache();
    let registry = Hostile::with(&Image::pack(&archive()));
    let reference = registry.reference("1");
    bind(&sandbox, &reference, &[]).succeeded();
    let asked = registry.requests().len();
    for flags in [&["--offline"][..], &[]] {
        for verb in [&["op", "env", "doctor", "local"][..], &["op", "env", "tool-check", "local"]] {
            cut_off(&sandbox, &[verb, flags].concat()).succeeded();
        }
    }
    cut_off(&sandbox, &["pack", "inspect", &reference, "--offline"]).succeeded();
    cut_off(&sandbox, &["pack", "inspect", &reference]).refused(2, "registry-unreachable");
    assert_eq!(registry.requests().len(), asked, "there is a network");
}
