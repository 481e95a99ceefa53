//! How long the handlers of a pack take, on this machine.

use std::time::Duration;

use env_pack_domain::{ForeignText, PackRef};
use serde::Serialize;

use super::{OpError, packs};
use crate::engine::{Times, Trust};
use crate::host::Host;

/// What the handlers of a pack take.
#[derive(Debug, Serialize)]
pub struct BenchReport {
    /// Where the pack is.
    pub pack_ref: PackRef,
    /// How often each was to be measured; what takes long is measured less often.
    pub turns: usize,
    /// Its handlers.
    pub handlers: Vec<HandlerTimes>,
}

/// What a handler takes.
#[derive(Debug, Serialize)]
pub struct HandlerTimes {
    /// The id of its component.
    pub component: ForeignText,
    /// The size of its component, in bytes.
    pub size: usize,
    /// The most memory that an instance had, in bytes.
    pub memory_bytes: u64,
    /// The component compiled, as on first sight: in a worker, unless it is part of this
    /// program.
    pub cold_load: Time,
    /// The compiled code mapped, an instance made of it, and its three constants asked.
    pub warm_load: Time,
    /// A fresh instance, and nothing asked.
    pub instantiate: Time,
    /// The call of this name.
    pub slot: Time,
    /// The call of this name.
    pub descriptor_path: Time,
    /// The call of this name.
    pub supported_versions: Time,
    /// The call of this name, with nothing granted and no answers.
    pub preflight: Time,
}

/// How long something takes, in microseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Time {
    /// At least.
    pub min_us: f64,
    /// Half of the time no longer than this.
    pub median_us: f64,
    /// How often it was measured.
    pub turns: usize,
}

/// Measures the handlers of a pack.
///
/// # Errors
/// [`OpError`] when the pack cannot be had, or one of its handlers does not answer.
pub fn bench(host: &Host, pack_ref: &PackRef, turns: usize) -> Result<BenchReport, OpError> {
    let fetched = host.fetcher.fetch(pack_ref)?;
    let shown = || ForeignText::new(pack_ref.text());
    let pack =
        packs::open(host, &fetched).map_err(|source| OpError::Archive { pack: shown(), source })?;
    let trust = if fetched.is_builtin { Trust::Builtin } else { Trust::Foreign };
    let unusable = |source| OpError::Measured { pack_ref: pack_ref.clone(), source };
    if pack.handlers.is_empty() {
        return Err(unusable(packs::PackError::NoHandler));
    }
    let found = pack.handlers.len();
    if found > packs::HANDLERS_AT_ONCE {
        return Err(unusable(packs::PackError::TooManyHandlers { found }));
    }
    let handler = |packed: crate::archive::PackedHandler| {
        let times = host.engine.bench(&packed.bytes, &packed.digest, trust, turns);
        let component = packed.component.clone();
        let times =
            times.map_err(|source| unusable(packs::PackError::Handler { component, source }))?;
        Ok(handler_times(packed.component, packed.bytes.len(), &times))
    };
    let handlers = pack.handlers.into_iter().map(handler).collect::<Result<_, OpError>>()?;
    Ok(BenchReport { pack_ref: pack_ref.clone(), turns, handlers })
}

fn handler_times(component: ForeignText, size: usize, times: &Times) -> HandlerTimes {
    HandlerTimes {
        component,
        size,
        memory_bytes: times.memory_bytes,
        cold_load: time(&times.cold_load),
        warm_load: time(&times.warm_load),
        instantiate: time(&times.instantiate),
        slot: time(&times.slot),
        descriptor_path: time(&times.descriptor_path),
        supported_versions: time(&times.supported_versions),
        preflight: time(&times.preflight),
    }
}

fn time(times: &[Duration]) -> Time {
    let mut sorted: Vec<f64> =
        times.iter().map(|time| (time.as_nanos() as f64 / 1e3 * 10.0).round() / 10.0).collect();
    sorted.sort_by(f64::total_cmp);
    let at = |index: usize| sorted.get(index).copied().unwrap_or_default();
    Time { min_us: at(0), median_us: at(sorted.len().saturating_sub(1) / 2), turns: sorted.len() }
}
