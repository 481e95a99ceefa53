//! Times of a handler, for `gtc pack bench`.

use std::time::{Duration, Instant};

/// The measured times of a handler. Every list has at least one entry, in the order of
/// measurement.
#[derive(Clone, Debug, Default)]
pub struct HandlerMeasurements {
    /// Compiling the component.
    pub cold_load: Vec<Duration>,
    /// Loading compiled code from the cache, including the metadata calls.
    pub warm_load: Vec<Duration>,
    /// Creating an instance in a fresh store.
    pub instantiate: Vec<Duration>,
    /// The call `slot`.
    pub slot: Vec<Duration>,
    /// The call `descriptor-path`.
    pub descriptor_path: Vec<Duration>,
    /// The call `supported-versions`.
    pub supported_versions: Vec<Duration>,
    /// The call `preflight`, without grants and answers.
    pub preflight: Vec<Duration>,
    /// The peak linear memory of an instance, in bytes.
    pub memory_bytes: u64,
}

/// Returns the result of `run`, and how long it took.
pub(super) fn measure<T, E>(run: impl FnOnce() -> Result<T, E>) -> Result<(T, Duration), E> {
    let start = Instant::now();
    let result = run()?;
    Ok((result, start.elapsed()))
}
