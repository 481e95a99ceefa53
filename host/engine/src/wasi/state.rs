//! The WASI state of one guest.

use wasmtime::component::ResourceTable;
use wasmtime_wasi::WasiCtx;
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;

use crate::limits::EngineLimits;

/// An empty WASI context with captured output.
pub(crate) struct Wasi {
    pub ctx: WasiCtx,
    pub table: ResourceTable,
    stdout: MemoryOutputPipe,
    stderr: MemoryOutputPipe,
    capacity: usize,
}

impl Wasi {
    pub(crate) fn new(limits: &EngineLimits) -> Self {
        let capacity = limits.log_bytes;
        let stdout = MemoryOutputPipe::new(capacity);
        let stderr = MemoryOutputPipe::new(capacity);
        let mut builder = WasiCtx::builder();
        builder.stdout(stdout.clone()).stderr(stderr.clone());
        builder.allow_tcp(false).allow_udp(false).allow_ip_name_lookup(false);
        builder.max_random_size(limits.text_bytes as u64);
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits.handles);
        Self { ctx: builder.build(), table, stdout, stderr, capacity }
    }

    /// Returns the standard error of the guest, or its standard output if that is empty.
    pub(crate) fn printed(&self) -> Option<String> {
        let pipes = [&self.stderr, &self.stdout];
        let printed = pipes.map(|pipe| String::from_utf8_lossy(&pipe.contents()).trim().to_owned());
        printed.into_iter().find(|text| !text.is_empty())
    }

    /// Returns true if the guest may have used up its output. The pipe rejects a write that
    /// does not fit completely, so some space may be left.
    pub(crate) fn is_full(&self) -> bool {
        const LARGEST_WRITE: usize = 4 << 10;
        [&self.stderr, &self.stdout]
            .iter()
            .any(|pipe| pipe.contents().len() + LARGEST_WRITE > self.capacity)
    }
}

/// Returns the exit code if the error means that the guest exited.
pub(crate) fn exit_code(error: &wasmtime::Error) -> Option<i32> {
    error.downcast_ref::<wasmtime_wasi::I32Exit>().map(|exit| exit.0)
}
