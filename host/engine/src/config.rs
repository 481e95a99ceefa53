//! The WebAssembly features of guests, and the configuration of wasmtime.

use std::error::Error as _;
use std::sync::OnceLock;

use wasmparser::{BinaryReaderError, Validator};
use wasmtime::{Config, Engine, OptLevel, WasmFeatures};

/// The WebAssembly proposals that guests may use: those that the toolchains for Rust, Python
/// and JavaScript emit. Every other proposal is compiler code that only a hostile component
/// would reach.
const GUEST_FEATURES: WasmFeatures =
    WasmFeatures::WASM2.union(WasmFeatures::EXTENDED_CONST).union(WasmFeatures::COMPONENT_MODEL);
/// The proposals that only adapters may use: modules that wasmtime generates for composed
/// components. An adapter copies strings and lists from one memory to another, and imports both.
const ADAPTER_FEATURES: WasmFeatures = WasmFeatures::MULTI_MEMORY;

/// Address space that is reserved for each memory, in bytes: as much as a handler may use by
/// default. A memory that grows beyond it moves. The default of wasmtime is 4 GiB, which a
/// process under `ulimit -v` may not have; code without explicit bounds checks needs that much.
pub(super) const MEMORY_RESERVATION: u64 = 256 << 20;

/// Stack of the compiler, in bytes: the default stack of a thread.
pub(super) const COMPILER_STACK_BYTES: usize = 2 << 20;

/// Returns the configuration for guests with this much stack.
///
/// An engine with it compiles on the calling thread; use [`compiler_engine`] to compile. It enables more proposals than guests may use, so every component must pass
/// [`validate_guest`] before it is compiled.
pub(super) fn wasmtime_config(stack_bytes: usize) -> Config {
    let used = GUEST_FEATURES.union(ADAPTER_FEATURES);
    let mut config = Config::new();
    config
        .concurrency_support(false)
        .epoch_interruption(true)
        .max_wasm_stack(stack_bytes)
        .memory_reservation(MEMORY_RESERVATION)
        .memory_reservation_for_growth(MEMORY_RESERVATION)
        .cranelift_opt_level(OptLevel::Speed)
        .parallel_compilation(false)
        .wasm_features(ADAPTER_FEATURES, true)
        // includes proposals that a later wasmtime enables by default
        .wasm_features(WasmFeatures::all().difference(used), false);
    config
}

/// Creates an engine that compiles for an engine with [`wasmtime_config`]: on all processors, or
/// on the calling thread if no other can be started.
pub(super) fn compiler_engine(stack_bytes: usize) -> wasmtime::Result<Engine> {
    let mut config = wasmtime_config(stack_bytes);
    config.parallel_compilation(has_thread_pool());
    Engine::new(&config)
}

/// Starts the thread pool that wasmtime uses. If wasmtime had to start it, it would panic where
/// threads are limited.
fn has_thread_pool() -> bool {
    static STARTED: OnceLock<bool> = OnceLock::new();
    *STARTED.get_or_init(|| {
        let started = rayon::ThreadPoolBuilder::new().build_global();
        // an error without a cause says that this program has started the pool already
        started.err().is_none_or(|error| error.source().is_none())
    })
}

/// Validates a component with the proposals that guests may use.
///
/// # Errors
/// The reason why it is not valid, which names the proposal that it needs.
pub(super) fn validate_guest(component: &[u8]) -> Result<(), String> {
    let Err(error) = validate(component, GUEST_FEATURES) else { return Ok(()) };
    if validate(component, GUEST_FEATURES.union(ADAPTER_FEATURES)).is_ok() {
        return Err(format!("the multi-memory proposal is not enabled for guests: {error}"));
    }
    Err(error.to_string())
}

fn validate(component: &[u8], features: WasmFeatures) -> Result<(), BinaryReaderError> {
    Validator::new_with_features(features).validate_all(component).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wraps sections of a core module in a component.
    fn component(sections: &[&[u8]]) -> Vec<u8> {
        let module = [b"\0asm\x01\0\0\0".as_slice(), &sections.concat()].concat();
        [b"\0asm\x0d\0\x01\0\x01".as_slice(), &[module.len() as u8], &module].concat()
    }

    /// A module with one memory, whose only function consists of this code.
    fn with_code(code: &[u8]) -> Vec<u8> {
        let size = code.len() as u8;
        let code = [&[0x0a, size + 4, 1, size + 2, 0], code, &[0x0b]].concat();
        component(&[b"\x01\x04\x01\x60\0\0", b"\x03\x02\x01\0", b"\x05\x03\x01\0\x01", &code])
    }

    #[test]
    fn guests_may_not_use_the_proposals_of_adapters() {
        let i32_const_0 = [0x41, 0];
        let load = |memory: &[u8]| with_code(&[&i32_const_0, memory, &[0x1a]].concat());
        assert_eq!(validate_guest(&load(&[0x28, 2, 0])), Ok(()));
        for (name, component) in [
            ("two memories", component(&[b"\x05\x05\x02\0\x01\0\x01"])),
            // `i32.load` with the number of the memory, as only the proposal encodes it
            ("a memory by its number", load(&[0x28, 0x42, 0, 0])),
        ] {
            let error = validate_guest(&component).expect_err(name);
            assert!(error.starts_with("the multi-memory proposal is not enabled"), "{error}");
            let adapters = GUEST_FEATURES.union(ADAPTER_FEATURES);
            assert!(validate(&component, adapters).is_ok(), "{name}");
        }
    }

    #[test]
    fn other_faults_keep_the_words_of_the_validator() {
        let shared_memory = component(&[b"\x05\x04\x01\x03\x01\x01"]);
        let error = validate_guest(&shared_memory).expect_err("threads");
        assert!(error.starts_with("threads must be enabled"), "{error}");
        assert!(validate_guest(b"\0asm").is_err());
    }
}
