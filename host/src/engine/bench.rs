//! How long a handler takes: compiled anew, mapped from the store, instantiated, and in
//! each of its calls.

use std::time::{Duration, Instant};

use env_pack_domain::Sha256Digest;

use super::handler::with_room;
use super::{Engine, LoadError, Trust, imports};

/// How long anything is repeated: whoever takes long has been measured well enough by
/// then, and one that takes all the time it may is not measured for hours.
const REPEATING_TIME: Duration = Duration::from_secs(3);

/// What a handler takes. Every list has at least one time, in the order in which they
/// were taken.
#[derive(Clone, Debug, Default)]
pub struct Times {
    /// Compiled anew, as on first sight.
    pub cold_load: Vec<Duration>,
    /// Loaded from compiled code, with the three questions who it is.
    pub warm_load: Vec<Duration>,
    /// An instance in a store of its own.
    pub instantiate: Vec<Duration>,
    /// The call of this name.
    pub slot: Vec<Duration>,
    /// The call of this name.
    pub descriptor_path: Vec<Duration>,
    /// The call of this name.
    pub supported_versions: Vec<Duration>,
    /// The call of this name, with nothing granted and no answers.
    pub preflight: Vec<Duration>,
    /// The most memory that an instance had, in bytes.
    pub memory_bytes: u64,
}

impl Engine {
    /// Measures a handler.
    ///
    /// # Errors
    /// [`LoadError`] when it is none, or one of its calls fails.
    pub fn bench(
        &self,
        bytes: &[u8],
        digest: &Sha256Digest,
        trust: Trust,
        turns: usize,
    ) -> Result<Times, LoadError> {
        let outside = imports::read(bytes)?;
        let mut times = Times::default();
        repeated(turns, || {
            times.cold_load.push(timed(|| self.compile(bytes, digest, trust))?.1);
            Ok(())
        })?;
        repeated(turns, || {
            times.warm_load.push(timed(|| self.load(bytes, digest, trust))?.1);
            Ok(())
        })?;
        let component = self.component(bytes, digest, trust)?;
        let wasi = outside.needs_wasi();
        let prepared = outside.lane.prepare(&self.linkers[usize::from(wasi)], &component)?;
        repeated(turns, || {
            with_room(&self.shared, || prepared.bench(&self.shared, wasi, &mut times))?
        })?;
        Ok(times)
    }
}

/// Does something so many times, as long as there is time, and once in any case.
fn repeated(
    turns: usize,
    mut once: impl FnMut() -> Result<(), LoadError>,
) -> Result<(), LoadError> {
    let begun = Instant::now();
    once()?;
    for _ in 1..turns {
        if begun.elapsed() > REPEATING_TIME {
            break;
        }
        once()?;
    }
    Ok(())
}

/// What came of something, and how long it took.
pub(super) fn timed<T, E>(run: impl FnOnce() -> Result<T, E>) -> Result<(T, Duration), E> {
    let start = Instant::now();
    let result = run()?;
    Ok((result, start.elapsed()))
}
