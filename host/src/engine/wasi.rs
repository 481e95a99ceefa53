//! WASI 0.2 for guests that cannot do without it: there, and empty.
//!
//! No arguments, variables, files, names, sockets; standard input is at its end, output
//! and error are kept for error messages. Clocks and randomness work, but nothing sleeps
//! beyond the deadline of its call.

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, ResourceTable};
use wasmtime_wasi::clocks::WasiClocksView as _;
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock::Host as _;
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::p2::{DynPollable, add_to_linker_sync};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use super::Limits;
use super::guest::Guest;

/// The interface whose sleeping functions are replaced, in the version that
/// `wasmtime-wasi` defines.
const MONOTONIC_CLOCK: &str = "wasi:clocks/monotonic-clock@0.2.12";

/// The state of an empty WASI.
pub(super) struct Wasi {
    ctx: WasiCtx,
    table: ResourceTable,
    stdout: MemoryOutputPipe,
    stderr: MemoryOutputPipe,
    capacity: usize,
}

impl Wasi {
    pub fn new(limits: &Limits) -> Self {
        let capacity = limits.log_bytes;
        let (stdout, stderr) = (MemoryOutputPipe::new(capacity), MemoryOutputPipe::new(capacity));
        let mut builder = WasiCtx::builder();
        builder.stdout(stdout.clone()).stderr(stderr.clone());
        builder.allow_tcp(false).allow_udp(false).allow_ip_name_lookup(false);
        builder.max_random_size(limits.text_bytes as u64);
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits.handles);
        Self { ctx: builder.build(), table, stdout, stderr, capacity }
    }

    /// What the guest printed to standard error, or else to standard output.
    pub fn printed(&self) -> Option<String> {
        let pipes = [&self.stderr, &self.stdout];
        let printed = pipes.map(|pipe| String::from_utf8_lossy(&pipe.contents()).trim().to_owned());
        printed.into_iter().find(|text| !text.is_empty())
    }

    /// Whether the guest has printed all it may. The pipe refuses a write that does not
    /// fit whole, so a little room may be left.
    pub fn is_full(&self) -> bool {
        const LARGEST_WRITE: usize = 4 << 10;
        [&self.stderr, &self.stdout]
            .iter()
            .any(|pipe| pipe.contents().len() + LARGEST_WRITE > self.capacity)
    }
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let wasi =
            self.wasi.as_mut().expect("WASI is linked only for guests that were given its state");
        WasiCtxView { ctx: &mut wasi.ctx, table: &mut wasi.table }
    }
}

/// Links all of WASI 0.2 core, with sleeps cut to what is left of the operation's time.
pub(super) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    add_to_linker_sync(linker)?;
    linker.allow_shadowing(true);
    let mut clock = linker.instance(MONOTONIC_CLOCK)?;
    clock.func_wrap(
        "subscribe-duration",
        |mut store: StoreContextMut<'_, Guest>, (nanoseconds,): (u64,)| {
            Ok((sleep(store.data_mut(), nanoseconds)?,))
        },
    )?;
    clock.func_wrap(
        "subscribe-instant",
        |mut store: StoreContextMut<'_, Guest>, (when,): (u64,)| {
            let now = store.data_mut().clocks().now()?;
            Ok((sleep(store.data_mut(), when.saturating_sub(now))?,))
        },
    )?;
    linker.allow_shadowing(false);
    Ok(())
}

/// Starts the runtime in which guests wait, which otherwise starts when the first of them
/// does: that takes files and threads.
pub(super) fn wake() {
    wasmtime_wasi::runtime::in_tokio(async {});
}

/// The code with which a guest ended itself, if that is what this error is.
pub(super) fn exit_code(error: &wasmtime::Error) -> Option<i32> {
    error.downcast_ref::<wasmtime_wasi::I32Exit>().map(|exit| exit.0)
}

fn sleep(guest: &mut Guest, nanoseconds: u64) -> wasmtime::Result<Resource<DynPollable>> {
    let remaining = guest.deadline.saturating_duration_since(std::time::Instant::now());
    // a tick more, so that the guest is out of time when it wakes
    let longest =
        u64::try_from(remaining.as_nanos()).unwrap_or(u64::MAX).saturating_add(20_000_000);
    guest.clocks().subscribe_duration(nanoseconds.min(longest))
}
