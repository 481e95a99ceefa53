//! Measures how long the handlers of a pack take on this machine.

use std::time::Duration;

use env_pack_domain::{ForeignText, PackRef};
use serde::Serialize;

use super::deadline::{Deadline, TimeLimit};
use super::load_pack;
use super::pack_error::{COMMAND_OUT_OF_TIME, InvalidArchive, PackError};
use crate::Host;
use crate::operation_error::{Explanation, OperationError};
use gtc_engine::{HandlerMeasurements, Provenance};
use gtc_fetch::FetchError;

/// Timings of the handlers of a pack.
#[derive(Debug, Serialize)]
pub struct BenchReport {
    /// The pack reference.
    pub pack_ref: PackRef,
    /// The requested number of measurements. Slow calls are measured less often.
    pub turns: usize,
    /// Timings of each handler.
    pub handlers: Vec<HandlerTimings>,
}

/// Timings of a handler.
#[derive(Debug, Serialize)]
pub struct HandlerTimings {
    /// The id of the component.
    pub component: ForeignText,
    /// The size of the component, in bytes.
    pub size: usize,
    /// The peak memory of an instance, in bytes.
    pub memory_bytes: u64,
    /// Compiling the component, in a worker unless it is built in.
    pub cold_load: Timing,
    /// Mapping the compiled code, instantiating it, and calling the three metadata functions.
    pub warm_load: Timing,
    /// Creating an instance.
    pub instantiate: Timing,
    /// Calling `slot`.
    pub slot: Timing,
    /// Calling `descriptor-path`.
    pub descriptor_path: Timing,
    /// Calling `supported-versions`.
    pub supported_versions: Timing,
    /// Calling `preflight`, without grants and answers.
    pub preflight: Timing,
}

/// Durations in microseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Timing {
    /// The shortest duration.
    pub min_us: f64,
    /// The median duration.
    pub median_us: f64,
    /// The number of measurements.
    pub turns: usize,
}

/// Measures the handlers of a pack.
///
/// # Errors
/// [`BenchError`] when the pack cannot be fetched, or a handler fails.
pub fn bench(host: &Host, pack_ref: &PackRef, turns: usize) -> Result<BenchReport, BenchError> {
    let fetched = host.fetcher.fetch(pack_ref)?;
    let shown = || ForeignText::new(pack_ref.text());
    let pack = load_pack::open_archive(host, &fetched)
        .map_err(|source| InvalidArchive { pack: shown(), source })?;
    let trust = if fetched.is_builtin { Provenance::Builtin } else { Provenance::External };
    let unusable = |source| BenchError::Pack { pack_ref: pack_ref.clone(), source };
    if pack.handlers.is_empty() {
        return Err(unusable(PackError::NoHandler));
    }
    let deadline = Deadline::for_command(&host.limits, 1);
    let all = pack.handlers.len();
    let mut handlers = Vec::new();
    for packed in pack.handlers {
        if !handlers.is_empty() && deadline.has_passed() {
            let pack_ref = pack_ref.clone();
            let measured = handlers.len();
            return Err(BenchError::OutOfTime { pack_ref, measured, all, limit: deadline.limit() });
        }
        let component = packed.component.clone();
        let times = host
            .engine
            .bench(&packed.bytes.read(), &packed.digest, trust, turns)
            .map_err(|source| unusable(PackError::Handler { component, source }))?;
        handlers.push(handler_times(packed.component, packed.bytes.size(), &times));
    }
    Ok(BenchReport { pack_ref: pack_ref.clone(), turns, handlers })
}

fn handler_times(
    component: ForeignText,
    size: usize,
    times: &HandlerMeasurements,
) -> HandlerTimings {
    HandlerTimings {
        component,
        size,
        memory_bytes: times.memory_bytes,
        cold_load: summarize(&times.cold_load),
        warm_load: summarize(&times.warm_load),
        instantiate: summarize(&times.instantiate),
        slot: summarize(&times.slot),
        descriptor_path: summarize(&times.descriptor_path),
        supported_versions: summarize(&times.supported_versions),
        preflight: summarize(&times.preflight),
    }
}

fn summarize(times: &[Duration]) -> Timing {
    let mut sorted: Vec<f64> =
        times.iter().map(|time| (time.as_nanos() as f64 / 1e3 * 10.0).round() / 10.0).collect();
    sorted.sort_by(f64::total_cmp);
    let at = |index: usize| sorted.get(index).copied().unwrap_or_default();
    Timing { min_us: at(0), median_us: at(sorted.len().saturating_sub(1) / 2), turns: sorted.len() }
}

/// A pack was not measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The pack could not be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The archive is refused.
    #[error(transparent)]
    Archive(#[from] InvalidArchive),
    /// A handler could not be measured.
    #[error("cannot measure pack `{pack_ref}`")]
    Pack {
        /// The pack reference.
        pack_ref: PackRef,
        /// The cause.
        source: PackError,
    },
    /// The time of the command was over before all handlers were measured.
    #[error(
        "cannot measure pack `{pack_ref}`: {measured} of its {all} handlers took longer than {limit}"
    )]
    OutOfTime {
        /// The pack reference.
        pack_ref: PackRef,
        /// The number of measured handlers.
        measured: usize,
        /// The number of all handlers.
        all: usize,
        /// The time limit.
        limit: TimeLimit,
    },
}

impl OperationError for BenchError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Fetch(error) => error.explain(),
            Self::Archive(error) => error.explain(),
            Self::Pack { source, .. } => source.explain(),
            Self::OutOfTime { .. } => Explanation::failed(
                COMMAND_OUT_OF_TIME,
                "name the file of one component instead of the pack, or allow more time with \
                 `--limit command.time=<time>`",
            ),
        }
    }
}
