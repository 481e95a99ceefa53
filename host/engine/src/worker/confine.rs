//! Confines a worker process, and examines whether the confinement is effective.
//!
//! There are three independent layers: resource limits, Landlock for files, network and
//! signals, and a system call filter. If a kernel lacks one, the others remain in force,
//! and `gtc doctor self` reports it.

use std::io;
use std::net::UdpSocket;
use std::os::fd::BorrowedFd;
use std::process::Command;

use env_pack_domain::ForeignText;
use landlock::{
    ABI, Access as _, AccessFs, AccessNet, PathBeneath, RestrictionStatus, Ruleset,
    RulesetAttr as _, RulesetCreatedAttr as _, RulesetStatus, Scope,
};
use rustix::process::{
    DumpableBehavior, Signal, set_dumpable_behavior, set_parent_process_death_signal,
};

use super::budget::CompileBudget;
use super::process_limits::ProcessLimits;
use super::protection::{Protection, ProtectionKind};
use super::seccomp::filter_system_calls;

/// The layers that are in force.
pub(super) struct ActiveLayers {
    limits: bool,
    landlock: bool,
    seccomp: bool,
}

/// Applies all layers to this process, which must have a single thread.
pub(super) fn confine(budget: &CompileBudget) -> io::Result<ActiveLayers> {
    let landlock = restrict_process(&ProcessLimits::for_compiler(budget), None)?;
    let seccomp = filter_system_calls().is_ok();
    Ok(ActiveLayers { limits: true, landlock, seccomp })
}

/// Applies the first two layers. The process can open no file except `readable`, which
/// is already open. Returns true if Landlock is in force.
pub(super) fn restrict_process(
    limits: &ProcessLimits,
    readable: Option<BorrowedFd<'_>>,
) -> io::Result<bool> {
    // the host has set it, but the kernel clears it for a program file with privileges
    set_parent_process_death_signal(Some(Signal::KILL))?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    let landlock =
        apply_landlock(readable).is_ok_and(|status| status.ruleset != RulesetStatus::NotEnforced);
    limits.apply()?;
    Ok(landlock)
}

/// Forbids all files but one, all network, and signals to other processes.
fn apply_landlock(
    readable: Option<BorrowedFd<'_>>,
) -> Result<RestrictionStatus, landlock::RulesetError> {
    let abi = ABI::V6;
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .scope(Scope::from_all(abi))?
        .create()?
        .no_new_privs(true);
    // an in-memory file needs no rule, and Landlock rejects one
    if let (Some(file), Ok(same)) = (readable, rules.try_clone())
        && let Ok(with_rule) = same.add_rule(PathBeneath::new(file, AccessFs::ReadFile))
    {
        rules = with_rule;
    }
    rules.restrict_self()
}

/// Attempts forbidden actions in this confined process. Returns the layers and attempts.
#[expect(clippy::disallowed_methods, reason = "it attempts what must be forbidden")]
pub(super) fn report_protections(layers: &ActiveLayers) -> Vec<Protection> {
    let layers = [
        ("resource limits", layers.limits),
        ("Landlock", layers.landlock),
        ("seccomp", layers.seccomp),
    ];
    let attempts = [
        ("read a file", std::fs::File::open("/proc/self/status").is_err()),
        ("open a socket", UdpSocket::bind("127.0.0.1:0").is_err()),
        ("start a program", Command::new("/proc/self/exe").spawn().is_err()),
        ("see a variable", std::env::vars_os().next().is_none()),
    ];
    let layers = layers.map(|layer| protection(ProtectionKind::Layer, layer));
    let attempts = attempts.map(|attempt| protection(ProtectionKind::Attempt, attempt));
    layers.into_iter().chain(attempts).collect()
}

fn protection(kind: ProtectionKind, (what, is_effective): (&str, bool)) -> Protection {
    Protection { what: ForeignText::new(what), kind, is_effective }
}
