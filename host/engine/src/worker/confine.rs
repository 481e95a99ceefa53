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
    DumpableBehavior, Pid, Signal, set_dumpable_behavior, set_parent_process_death_signal,
    test_kill_process,
};

use super::budget::CompileBudget;
use super::process_limits::ProcessLimits;
use super::protection::{Protection, ProtectionEffect, ProtectionKind};
use super::seccomp::filter_system_calls;

/// The states of the layers.
pub(super) struct ActiveLayers {
    limits: ProtectionEffect,
    landlock: ProtectionEffect,
    seccomp: ProtectionEffect,
}

/// Applies all layers to this process, which must have a single thread.
pub(super) fn confine(budget: &CompileBudget) -> io::Result<ActiveLayers> {
    let landlock = restrict_process(&ProcessLimits::for_compiler(budget), None)?;
    let seccomp = effect_if(filter_system_calls().is_ok());
    Ok(ActiveLayers { limits: ProtectionEffect::Full, landlock, seccomp })
}

/// Applies the first two layers. The process can open no file except `readable`, which
/// is already open. Returns how far Landlock is in force.
pub(super) fn restrict_process(
    limits: &ProcessLimits,
    readable: Option<BorrowedFd<'_>>,
) -> io::Result<ProtectionEffect> {
    // the host has set it, but the kernel clears it for a program file with privileges
    set_parent_process_death_signal(Some(Signal::KILL))?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    let landlock =
        apply_landlock(readable).map_or(ProtectionEffect::None, |status| match status.ruleset {
            RulesetStatus::FullyEnforced => ProtectionEffect::Full,
            RulesetStatus::PartiallyEnforced => ProtectionEffect::Partial,
            RulesetStatus::NotEnforced => ProtectionEffect::None,
        });
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

/// Attempts forbidden actions in this confined process, whose parent is `parent`. Returns the
/// layers and attempts.
#[expect(clippy::disallowed_methods, reason = "it attempts what must be forbidden")]
pub(super) fn report_protections(layers: &ActiveLayers, parent: Option<Pid>) -> Vec<Protection> {
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
        ("signal another process", parent.is_some_and(|parent| !can_signal(parent))),
    ];
    let layers = layers.map(|layer| protection(ProtectionKind::Layer, layer));
    let attempts = attempts.map(|(what, is_prevented)| {
        protection(ProtectionKind::Attempt, (what, effect_if(is_prevented)))
    });
    layers.into_iter().chain(attempts).collect()
}

fn protection(kind: ProtectionKind, (what, effect): (&str, ProtectionEffect)) -> Protection {
    Protection { what: ForeignText::new(what), kind, effect }
}

fn effect_if(is_effective: bool) -> ProtectionEffect {
    if is_effective { ProtectionEffect::Full } else { ProtectionEffect::None }
}

/// Returns true if this process may signal another one, by one of the calls for it. It sends the
/// null signal, which only asks.
fn can_signal(process: Pid) -> bool {
    let number = process.as_raw_pid();
    // SAFETY: the call has no pointers, and the null signal has no effect.
    let to_thread = unsafe { libc::syscall(libc::SYS_tgkill, number, number, 0) };
    test_kill_process(process).is_ok() || to_thread == 0
}
