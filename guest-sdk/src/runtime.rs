//! The runtime of a guest without the standard library: a global allocator, the allocation
//! function that the host calls, and a panic handler that logs.

use alloc::alloc::{Layout, alloc, realloc};
use alloc::format;

use crate::log;

// On this target the compiler takes `memcmp` and similar functions from the C library,
// which is not linked into a `no_std` guest by default. They import nothing.
#[cfg(all(not(feature = "std"), target_os = "wasi"))]
#[link(name = "c")]
unsafe extern "C" {}

#[cfg(not(feature = "std"))]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// Logs the panic message, then traps.
#[cfg(not(feature = "std"))]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    report(&format!("{info}"));
    core::arch::wasm32::unreachable()
}

/// Installs a panic hook that logs the message before the standard library aborts.
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

/// The allocation function of the [canonical ABI], which the host calls to write arguments
/// and results into the memory of the guest.
///
/// # Safety
/// `old_ptr` is null and `old_len` is 0, or an earlier call returned `old_ptr` with that
/// length and alignment.
///
/// [canonical ABI]: https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md
#[unsafe(no_mangle)]
unsafe extern "C" fn cabi_realloc(
    old_ptr: *mut u8,
    old_len: usize,
    align: usize,
    new_len: usize,
) -> *mut u8 {
    let layout = |len| {
        Layout::from_size_align(len, align).expect("the canonical ABI requests valid layouts")
    };
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
    if allocated.is_null() {
        alloc::alloc::handle_alloc_error(layout(new_len));
    }
    allocated
}
