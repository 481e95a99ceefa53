//! Signals that would end the process: SIGINT and SIGTERM, recorded so that a long operation can
//! report what it has, and SIGXFSZ, ignored so that the write reports an error.

use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

const SIGNALS: [libc::c_int; 2] = [libc::SIGINT, libc::SIGTERM];

/// Set by the signal handler. Handlers have no arguments of their own, so it is a static.
static RECEIVED: AtomicBool = AtomicBool::new(false);

/// Catches SIGINT and SIGTERM until it is dropped. There may be one at a time.
///
/// Each signal is caught once: a second SIGINT ends the process, so that users are not stuck
/// with an operation that does not end. A signal that this process ignores, as `nohup(1)` and
/// shells arrange it, stays ignored.
pub struct TerminationSignals {
    /// The signals that are caught, with their previous actions.
    previous: Vec<(libc::c_int, libc::sigaction)>,
}

impl TerminationSignals {
    /// Begins to catch the signals.
    pub fn catch() -> Self {
        RECEIVED.store(false, Ordering::SeqCst);
        let mut previous = Vec::new();
        for signal in SIGNALS {
            let Some(action) = exchange(signal, None) else { continue };
            if action.sa_sigaction != libc::SIG_IGN {
                exchange(signal, Some(&recording_action()));
                previous.push((signal, action));
            }
        }
        Self { previous }
    }

    /// Returns true if one of the signals was received.
    pub fn received(&self) -> bool {
        RECEIVED.load(Ordering::SeqCst)
    }
}

impl Drop for TerminationSignals {
    fn drop(&mut self) {
        for (signal, previous) in &self.previous {
            exchange(*signal, Some(previous));
        }
    }
}

/// The action that records a signal, and restores the default action for the next one.
fn recording_action() -> libc::sigaction {
    extern "C" fn record(_: libc::c_int) {
        RECEIVED.store(true, Ordering::SeqCst);
    }
    let mut action = action_of(record as extern "C" fn(libc::c_int) as usize);
    action.sa_flags = libc::SA_RESETHAND | libc::SA_RESTART | libc::SA_ONSTACK;
    action
}

/// Lets a write beyond `ulimit -f` fail with `EFBIG`. Without this call, SIGXFSZ ends the process
/// in the middle of its work. The processes that it starts get the signal again.
pub fn ignore_file_size_signal() {
    exchange(libc::SIGXFSZ, Some(&action_of(libc::SIG_IGN)));
}

/// Gives SIGXFSZ its default action again. It is async-signal-safe.
pub(crate) fn restore_file_size_signal() {
    exchange(libc::SIGXFSZ, Some(&action_of(libc::SIG_DFL)));
}

/// An action without flags, and with an empty mask.
fn action_of(handler: libc::sighandler_t) -> libc::sigaction {
    // SAFETY: all zeros is a valid `sigaction`: the default action, with an empty mask.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = handler;
    action
}

/// Sets the action of a signal, if there is a new one, and returns the previous action. It is
/// `None` only for numbers that are not signals.
fn exchange(signal: libc::c_int, action: Option<&libc::sigaction>) -> Option<libc::sigaction> {
    let action = action.map_or(ptr::null(), ptr::from_ref);
    let mut previous = MaybeUninit::uninit();
    // SAFETY: both pointers live as long as the call, and the new action may be null. The only
    // handler that this file installs makes one atomic store, which is async-signal-safe.
    let result = unsafe { libc::sigaction(signal, action, previous.as_mut_ptr()) };
    // SAFETY: if the call succeeded, it has written the previous action.
    (result == 0).then(|| unsafe { previous.assume_init() })
}
