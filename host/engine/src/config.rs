//! The configuration of wasmtime.

use wasmtime::{Config, OptLevel, WasmFeatures};

/// Stack of the compiler, in bytes: the default stack of a thread.
pub(super) const COMPILER_STACK_BYTES: usize = 2 << 20;

/// Returns the configuration for guests with this much stack.
///
/// Enables only the WebAssembly proposals that the toolchains for Rust, Python and
/// JavaScript use. Every other proposal is compiler code that only a hostile component
/// would reach.
pub(super) fn wasmtime_config(stack_bytes: usize) -> Config {
    let used = WasmFeatures::WASM2 | WasmFeatures::EXTENDED_CONST | WasmFeatures::COMPONENT_MODEL;
    let mut config = Config::new();
    config
        .concurrency_support(false)
        .epoch_interruption(true)
        .max_wasm_stack(stack_bytes)
        .cranelift_opt_level(OptLevel::Speed)
        // includes proposals that a later wasmtime enables by default
        .wasm_features(WasmFeatures::all().difference(used), false);
    config
}
