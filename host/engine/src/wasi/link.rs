//! Links WASI 0.2 core for guests.

use std::time::Instant;

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::clocks::WasiClocksView as _;
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock::Host as _;
use wasmtime_wasi::p2::{DynPollable, add_to_linker_sync};
use wasmtime_wasi::{WasiCtxView, WasiView};

use crate::guest::state::Guest;

/// The interface whose sleep functions are replaced, in the version that `wasmtime-wasi`
/// defines.
const MONOTONIC_CLOCK: &str = "wasi:clocks/monotonic-clock@0.2.12";
/// Added to the remaining time of a sleep, so that the deadline has passed when the guest
/// wakes, in nanoseconds.
const AFTER_DEADLINE: u64 = 20_000_000;

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let wasi = self.wasi.as_mut().expect("WASI is linked only for guests that have its state");
        WasiCtxView { ctx: &mut wasi.ctx, table: &mut wasi.table }
    }
}

/// Adds WASI 0.2 core to a linker, with sleeps limited to the remaining time of the
/// operation.
pub(crate) fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
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

fn sleep(guest: &mut Guest, nanoseconds: u64) -> wasmtime::Result<Resource<DynPollable>> {
    let remaining = guest.deadline.saturating_duration_since(Instant::now());
    let remaining = u64::try_from(remaining.as_nanos()).unwrap_or(u64::MAX);
    guest.clocks().subscribe_duration(nanoseconds.min(remaining.saturating_add(AFTER_DEADLINE)))
}
