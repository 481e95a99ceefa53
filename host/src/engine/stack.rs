//! Room for guests: they run on the stack of whoever calls, and the engine cannot know
//! how much of it is left.
//!
//! A guest may fill what its limits allow. Where that does not fit, under a small `ulimit
//! -s` or on a small thread, the end of the real stack would come first, and end the
//! process. So the work moves to a thread with room.

use std::cell::OnceCell;
use std::io;
use std::{hint, mem, ptr, thread};

/// What the host itself needs below a guest, in bytes: functions that guests call, and
/// the engine around them.
const HOST_BYTES: usize = 512 << 10;

thread_local! {
    /// The lowest address of this thread's stack; nothing when the system does not tell.
    static LOWEST: OnceCell<Option<usize>> = const { OnceCell::new() };
}

/// Does work that fills up to this much of the stack: here, if there is room, or else on
/// a thread of its own.
///
/// # Errors
/// When a thread is needed and the system has none.
pub(super) fn with_room<T: Send>(
    guest_bytes: usize,
    work: impl FnOnce() -> T + Send,
) -> io::Result<T> {
    let needed = guest_bytes.saturating_add(HOST_BYTES);
    if left().is_some_and(|left| left >= needed) {
        return Ok(work());
    }
    thread::scope(|scope| {
        let thread = thread::Builder::new()
            .stack_size(needed.saturating_mul(2))
            .spawn_scoped(scope, work)?;
        // a panic is a bug of the host wherever it happens
        Ok(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

/// What is left of this thread's stack, in bytes.
fn left() -> Option<usize> {
    let mark = 0_u8;
    let here = ptr::from_ref(hint::black_box(&mark)).addr();
    LOWEST
        .with(|lowest| *lowest.get_or_init(lowest_address))
        .map(|lowest| here.saturating_sub(lowest))
}

fn lowest_address() -> Option<usize> {
    let mut attributes = mem::MaybeUninit::<libc::pthread_attr_t>::uninit();
    let (mut lowest, mut size) = (ptr::null_mut(), 0);
    // SAFETY: the first call fills the attributes of this very thread, or fails; only then
    // they are read, and given back.
    unsafe {
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return None;
        }
        let told = libc::pthread_attr_getstack(attributes.as_ptr(), &mut lowest, &mut size) == 0;
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        told.then(|| lowest.addr())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_runs_where_there_is_room() {
        let on_a_thread_of = |bytes: usize| {
            let work = || {
                let here = thread::current().id();
                let there =
                    with_room(1 << 20, || (thread::current().id(), left())).expect("a thread");
                (here == there.0, there.1.expect("the system tells"))
            };
            thread::Builder::new()
                .stack_size(bytes)
                .spawn(work)
                .expect("a thread")
                .join()
                .expect("no panic")
        };
        let (stayed, room) = on_a_thread_of(256 << 10);
        assert!(!stayed && room > 1 << 20, "{room}");
        let (stayed, room) = on_a_thread_of(4 << 20);
        assert!(stayed && room > 1 << 20, "{room}");
    }
}
