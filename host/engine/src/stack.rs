//! Ensures stack space for guests, which run on the stack of the calling thread.
//!
//! The engine cannot know how much of that stack is left. Under a small `ulimit -s` or
//! on a small thread, a guest within its limits could overflow the real stack and abort
//! the process. In that case the work moves to a thread with a larger stack.

use std::cell::OnceCell;
use std::io;
use std::{hint, mem, ptr, thread};

/// Stack space that the host itself needs below a guest, in bytes: the engine and the
/// host functions that guests call.
const HOST_BYTES: usize = 512 << 10;

thread_local! {
    /// The lowest address of this thread's stack, if the system reports it.
    static LOWEST: OnceCell<Option<usize>> = const { OnceCell::new() };
}

/// Runs work that uses up to `guest_bytes` of stack: on this thread if there is enough
/// space, otherwise on a new one.
///
/// # Errors
/// When a new thread is needed and cannot be started.
pub(super) fn run_with_stack<T: Send>(
    guest_bytes: usize,
    work: impl FnOnce() -> T + Send,
) -> io::Result<T> {
    let needed = guest_bytes.saturating_add(HOST_BYTES);
    if remaining_bytes().is_some_and(|remaining| remaining >= needed) {
        return Ok(work());
    }
    thread::scope(|scope| {
        let thread = thread::Builder::new()
            .stack_size(needed.saturating_mul(2))
            .spawn_scoped(scope, work)?;
        // a panic is a bug of the host on either thread
        Ok(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

/// Returns the unused part of this thread's stack, in bytes.
fn remaining_bytes() -> Option<usize> {
    let mark = 0_u8;
    let here = ptr::from_ref(hint::black_box(&mark)).addr();
    LOWEST
        .with(|lowest| *lowest.get_or_init(lowest_address))
        .map(|lowest| here.saturating_sub(lowest))
}

fn lowest_address() -> Option<usize> {
    let mut attributes = mem::MaybeUninit::<libc::pthread_attr_t>::uninit();
    let mut lowest = ptr::null_mut();
    let mut size = 0;
    // SAFETY: the first call initialises the attributes of the current thread or fails;
    // they are read and destroyed only when it succeeded.
    unsafe {
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return None;
        }
        let result = libc::pthread_attr_getstack(attributes.as_ptr(), &mut lowest, &mut size);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        (result == 0).then(|| lowest.addr())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns whether the work stayed on a thread with this stack size, and the space
    /// that it found.
    fn run_on_thread_of(bytes: usize) -> (bool, usize) {
        let thread = thread::Builder::new().stack_size(bytes).spawn(|| {
            let outer = thread::current().id();
            let (inner, remaining) =
                run_with_stack(1 << 20, || (thread::current().id(), remaining_bytes()))
                    .expect("a thread");
            (outer == inner, remaining.expect("the system reports stack sizes"))
        });
        thread.expect("a thread").join().expect("no panic")
    }

    #[test]
    fn work_moves_to_another_thread_only_when_the_stack_is_small() {
        let (stayed, remaining) = run_on_thread_of(256 << 10);
        assert!(!stayed && remaining > 1 << 20, "{remaining}");
        let (stayed, remaining) = run_on_thread_of(4 << 20);
        assert!(stayed && remaining > 1 << 20, "{remaining}");
    }
}
