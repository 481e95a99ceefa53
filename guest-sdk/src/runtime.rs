//! What a guest without an operating system needs: memory, a way for the host to allocate
//! it, and last words.

use alloc::alloc::{Layout, alloc, realloc};
use alloc::format;

use crate::log;

// On this target the compiler expects `memcmp` and its kin from the C library, which
// nobody links for a `no_std` guest. They import nothing.
#[cfg(all(not(feature = "std"), target_os = "wasi"))]
#[link(name = "c")]
unsafe extern "C" {}

#[cfg(not(feature = "std"))]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// Tells the host what happened, then ends the call.
#[cfg(not(feature = "std"))]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    report(&format!("{info}"));
    core::arch::wasm32::unreachable()
}

/// Has every panic told to the host before the standard library's own handling ends the
/// call.
#[cfg(feature = "std")]
pub(crate) fn report_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(std::boxed::Box::new(|info| report(&format!("{info}"))))
    });
}

fn report(message: &str) {
    log::log(log::Level::Error, message);
}

/// The allocation function of the canonical ABI: the host calls it to put arguments and
/// results into the guest's memory.
///
/// # Safety
/// As the canonical ABI has it: `old_ptr` is null with an `old_len` of 0, or came from
/// here with that length and alignment.
#[unsafe(no_mangle)]
unsafe extern "C" fn cabi_realloc(
    old_ptr: *mut u8,
    old_len: usize,
    align: usize,
    new_len: usize,
) -> *mut u8 {
    let layout =
        |len| Layout::from_size_align(len, align).expect("the canonical ABI asks for sane layouts");
    if new_len == 0 {
        return core::ptr::without_provenance_mut(align);
    }
    // SAFETY: the layouts are not empty, and the old one is the one it was allocated with.
    let allocated = unsafe {
        match old_len {
            0 => alloc(layout(new_len)),
            _ => realloc(old_ptr, layout(old_len), new_len),
        }
    };
    match allocated.is_null() {
        true => alloc::alloc::handle_alloc_error(layout(new_len)),
        false => allocated,
    }
}
