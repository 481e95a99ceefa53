//! How a worker locks itself in, and how it finds out whether it is.
//!
//! Three layers that do not trust each other: resource limits, Landlock for files,
//! network and signals, and a list of the system calls that computing takes. Where a
//! kernel lacks a layer the others stand, and `gtc doctor self` says which is missing.

use std::collections::BTreeMap;
use std::io;
use std::net::UdpSocket;
use std::os::fd::BorrowedFd;
use std::process::Command;
use std::time::Duration;

use env_pack_domain::ForeignText;
use landlock::{
    ABI, Access as _, AccessFs, AccessNet, PathBeneath, RestrictionStatus, Ruleset,
    RulesetAttr as _, RulesetCreatedAttr as _, RulesetStatus, Scope,
};
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, Signal, getrlimit, set_dumpable_behavior,
    set_parent_process_death_signal, setrlimit,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter_all_threads,
};

use super::super::Limits;
use super::budget::Budget;

/// Standard input, output and error, which the worker was given, and no file beside them.
const FILES: u64 = 3;
/// With what running a guest takes: its code once more, and the runtime of WASI.
const FILES_OF_GUEST: u64 = 16;
/// What a thread of the allocator may reserve without using it, in bytes: address space,
/// not memory.
const ADDRESS_SPACE_PER_THREAD: u64 = 160 << 20;
/// What the program itself takes of its address space, in bytes.
const ADDRESS_SPACE_OF_PROGRAM: u64 = 256 << 20;
/// What the program itself writes to when it runs a guest, in bytes, and each of its
/// threads.
const MEMORY_OF_PROGRAM: u64 = 64 << 20;
const MEMORY_PER_THREAD: u64 = 4 << 20;
/// What an element of a table takes, in bytes.
const TABLE_ELEMENT: u64 = 16;
/// How often what a guest says lies in memory: as it says it, as a message, and as a text
/// that is sent.
const COPIES: u64 = 10;
/// What starting and mapping takes of the processor's time beside the guest, in seconds.
const SECONDS_TO_START: u64 = 10;
/// What a worker that runs a guest may say of its own, in bytes.
const WORDS: u64 = 64 << 10;

/// The system calls of a process that computes: memory, threads, time, and the files it
/// has.
const COMPUTING: &[libc::c_long] = &[
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_lseek,
    libc::SYS_fstat,
    libc::SYS_close,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_futex,
    libc::SYS_set_robust_list,
    libc::SYS_get_robust_list,
    libc::SYS_rseq,
    libc::SYS_membarrier,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_getcpu,
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_getrlimit,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_tgkill,
    libc::SYS_exit,
    libc::SYS_exit_group,
    // the runtime of WASI waits for its own threads
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_wait,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_ctl,
    // answered by a filter of its own
    libc::SYS_clone3,
];

/// Something that confines a worker, and whether it does on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protection {
    /// What it is: the name of a layer, or a deed that was tried.
    pub what: ForeignText,
    /// Which of both.
    pub kind: ProtectionKind,
    /// Whether the layer is in force, or the deed was prevented.
    pub holds: bool,
}

/// What a protection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtectionKind {
    /// One of the layers. Where the kernel lacks it the others stand.
    Layer,
    /// A deed that no worker may succeed in.
    Deed,
}

/// Which layers took hold.
pub(super) struct Layers {
    limits: bool,
    landlock: bool,
    seccomp: bool,
}

/// What a worker may take, whatever it does.
pub(super) struct Fence {
    /// Time of the processor, in whole seconds.
    seconds: u64,
    /// Memory that is really written to, in bytes.
    memory_bytes: u64,
    /// Address space, in bytes.
    address_space: u64,
    /// The size of what it writes, in bytes.
    written_bytes: u64,
    files: u64,
}

impl Fence {
    /// Around a compiler.
    pub fn around_compiler(budget: &Budget) -> Self {
        let reserved = ADDRESS_SPACE_OF_PROGRAM
            .saturating_add(ADDRESS_SPACE_PER_THREAD.saturating_mul(threads()));
        Self {
            seconds: budget.seconds,
            memory_bytes: budget.memory_bytes,
            address_space: budget.memory_bytes.saturating_add(reserved),
            written_bytes: budget.code_bytes,
            files: FILES,
        }
    }

    /// Around a guest, which meets its own limits before it meets these.
    pub fn around_guest(limits: &Limits, code_bytes: u64, time: Duration) -> Self {
        let guest =
            limits.memory_bytes.saturating_add(limits.table_elements.saturating_mul(TABLE_ELEMENT));
        let said = (limits.copied_bytes as u64).saturating_mul(COPIES);
        let program = MEMORY_OF_PROGRAM.saturating_add(MEMORY_PER_THREAD.saturating_mul(threads()));
        Self {
            seconds: time.as_secs().saturating_add(SECONDS_TO_START),
            memory_bytes: [said, program, code_bytes].into_iter().fold(guest, u64::saturating_add),
            // the engine reserves 4 GiB for each memory, and uses what the guest does
            address_space: u64::MAX,
            written_bytes: WORDS,
            files: FILES_OF_GUEST,
        }
    }

    fn limits(&self) -> [(Resource, u64); 6] {
        [
            (Resource::Cpu, self.seconds),
            (Resource::Data, self.memory_bytes),
            (Resource::As, self.address_space),
            (Resource::Fsize, self.written_bytes),
            (Resource::Core, 0),
            (Resource::Nofile, self.files),
        ]
    }
}

fn threads() -> u64 {
    std::thread::available_parallelism().map_or(1, |threads| threads.get() as u64 + 1)
}

/// Locks this process in, before it has any other thread.
pub(super) fn lock_in(budget: &Budget) -> io::Result<Layers> {
    let landlock = fence(&Fence::around_compiler(budget), None)?;
    let seccomp = filter_system_calls().is_ok();
    Ok(Layers { limits: true, landlock, seccomp })
}

/// The first two layers: it takes no more than it may, and opens no file but the one that
/// is `readable`, which it has already. Whether the second is in force.
pub(super) fn fence(fence: &Fence, readable: Option<BorrowedFd<'_>>) -> io::Result<bool> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    let landlock =
        restrict(readable).is_ok_and(|status| status.ruleset != RulesetStatus::NotEnforced);
    for (resource, limit) in fence.limits() {
        // the soft limit of the processor's time sends a signal of its own, by which the parent
        // knows what happened
        let hard = if matches!(resource, Resource::Cpu) { limit.saturating_add(1) } else { limit };
        // what somebody limited more tightly stays so: only the administrator could raise it
        let tightest = getrlimit(resource).maximum.unwrap_or(u64::MAX);
        let within = |limit: u64| Some(limit.min(tightest)).filter(|limit| *limit != u64::MAX);
        setrlimit(resource, Rlimit { current: within(limit), maximum: within(hard) })?;
    }
    Ok(landlock)
}

/// No files but one, no network, and no signals to anybody else.
fn restrict(readable: Option<BorrowedFd<'_>>) -> Result<RestrictionStatus, landlock::RulesetError> {
    let abi = ABI::V6;
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .scope(Scope::from_all(abi))?
        .create()?
        .no_new_privs(true);
    // a file that lies in memory needs no rule, and takes none
    if let (Some(file), Ok(same)) = (readable, rules.try_clone())
        && let Ok(with_rule) = same.add_rule(PathBeneath::new(file, AccessFs::ReadFile))
    {
        rules = with_rule;
    }
    rules.restrict_self()
}

/// The last layer: the system calls of a process that computes with what it has. It holds
/// for all threads that there are.
pub(super) fn filter_system_calls() -> Result<(), Box<dyn std::error::Error>> {
    let without_code = without_bits(2, libc::PROT_EXEC as u64)?;
    let threads_only = has_bits(0, libc::CLONE_THREAD as u64)?;
    let mut allowed: BTreeMap<i64, Vec<SeccompRule>> =
        COMPUTING.iter().map(|call| (*call, Vec::new())).collect();
    allowed.insert(libc::SYS_mmap, vec![without_code.clone()]);
    allowed.insert(libc::SYS_mprotect, vec![without_code]);
    allowed.insert(libc::SYS_clone, vec![threads_only]);
    allowed.insert(libc::SYS_prctl, vec![equals(0, libc::PR_SET_NAME as u64)?]);
    // Its arguments lie in memory, where a filter cannot look; told that there is no such
    // call, the C library takes the old one. This filter comes first, because the next
    // one lets no filter follow.
    let newer = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    apply(newer, SeccompAction::Allow, SeccompAction::Errno(libc::ENOSYS as u32))?;
    apply(allowed, SeccompAction::Errno(libc::EPERM as u32), SeccompAction::Allow)
}

fn apply(
    calls: BTreeMap<i64, Vec<SeccompRule>>,
    otherwise: SeccompAction,
    action: SeccompAction,
) -> Result<(), Box<dyn std::error::Error>> {
    let filter = SeccompFilter::new(calls, otherwise, action, std::env::consts::ARCH.try_into()?)?;
    let program: BpfProgram = filter.try_into()?;
    Ok(apply_filter_all_threads(&program)?)
}

type Rule = Result<SeccompRule, seccompiler::BackendError>;

fn rule(argument: u8, operator: SeccompCmpOp, value: u64) -> Rule {
    SeccompRule::new(vec![SeccompCondition::new(
        argument,
        SeccompCmpArgLen::Qword,
        operator,
        value,
    )?])
}

fn without_bits(argument: u8, bits: u64) -> Rule {
    rule(argument, SeccompCmpOp::MaskedEq(bits), 0)
}

fn has_bits(argument: u8, bits: u64) -> Rule {
    rule(argument, SeccompCmpOp::MaskedEq(bits), bits)
}

fn equals(argument: u8, value: u64) -> Rule {
    rule(argument, SeccompCmpOp::Eq, value)
}

/// Which layers took hold, and what came of trying what must not work.
#[expect(clippy::disallowed_methods, reason = "it tries what must be forbidden")]
pub(super) fn examine(layers: &Layers) -> Vec<Protection> {
    let layers = [
        ("resource limits", layers.limits),
        ("Landlock", layers.landlock),
        ("seccomp", layers.seccomp),
    ];
    let deeds = [
        ("read a file", std::fs::File::open("/proc/self/status").is_err()),
        ("open a socket", UdpSocket::bind("127.0.0.1:0").is_err()),
        ("start a program", Command::new("/proc/self/exe").spawn().is_err()),
        ("see a variable", std::env::vars_os().next().is_none()),
    ];
    let protection = |kind| {
        move |(what, holds): (&str, bool)| Protection { what: ForeignText::new(what), kind, holds }
    };
    let layers = layers.into_iter().map(protection(ProtectionKind::Layer));
    layers.chain(deeds.into_iter().map(protection(ProtectionKind::Deed))).collect()
}
