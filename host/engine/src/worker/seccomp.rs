//! The system call filter of a worker: the last layer of its confinement.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter_all_threads,
};

/// The system calls of a process that computes: memory, threads, time and open files.
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
    libc::SYS_exit,
    libc::SYS_exit_group,
    // the WASI runtime waits for its own threads
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_wait,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_ctl,
    // a separate filter answers it
    libc::SYS_clone3,
];

/// Allows only the system calls of a process that computes with what it has, on all
/// threads.
///
/// # Errors
/// When the kernel does not support the filter.
pub(super) fn filter_system_calls() -> Result<(), Box<dyn std::error::Error>> {
    let not_executable = without_bits(2, libc::PROT_EXEC as u64)?;
    let threads_only = has_bits(0, libc::CLONE_THREAD as u64)?;
    let mut allowed: BTreeMap<i64, Vec<SeccompRule>> =
        COMPUTING.iter().map(|call| (*call, Vec::new())).collect();
    allowed.insert(libc::SYS_mmap, vec![not_executable.clone()]);
    allowed.insert(libc::SYS_mprotect, vec![not_executable]);
    allowed.insert(libc::SYS_clone, vec![threads_only]);
    // aborts; a filter that does not name the process would allow to signal any other
    let own_id = rustix::process::getpid().as_raw_nonzero().get();
    allowed.insert(libc::SYS_tgkill, vec![equals(0, own_id.unsigned_abs().into())?]);
    allowed.insert(libc::SYS_prctl, vec![equals(0, libc::PR_SET_NAME as u64)?]);
    // A filter cannot read the arguments of `clone3`, which are in memory. If the call
    // does not exist, the C library uses `clone`. This filter comes first, because the
    // other one forbids to install another.
    let clone3 = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    apply(clone3, SeccompAction::Allow, SeccompAction::Errno(libc::ENOSYS as u32))?;
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
    let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Qword, operator, value)?;
    SeccompRule::new(vec![condition])
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
