//! Measures a handler: compilation, loading from the cache, instantiation and each call.

use std::time::{Duration, Instant};

use env_pack_domain::Sha256Digest;

use super::error::LoadError;
use super::interface;
use super::loader::{Engine, Provenance};
use super::measurements::{HandlerMeasurements, measure};

/// The time after which a measurement is not repeated any more.
const REPEAT_TIME: Duration = Duration::from_secs(3);

impl Engine {
    /// Measures a handler up to `turns` times.
    ///
    /// # Errors
    /// [`LoadError`] when it cannot be loaded, or one of its calls fails.
    pub fn bench(
        &self,
        bytes: &[u8],
        digest: &Sha256Digest,
        provenance: Provenance,
        turns: usize,
    ) -> Result<HandlerMeasurements, LoadError> {
        let interface = interface::read(bytes, self.accepted_versions)?;
        let mut measurements = HandlerMeasurements::default();
        repeat(turns, || {
            measurements.cold_load.push(measure(|| self.compile(bytes, digest, provenance))?.1);
            Ok(())
        })?;
        repeat(turns, || {
            measurements.warm_load.push(measure(|| self.load(bytes, digest, provenance))?.1);
            Ok(())
        })?;
        let component = self.load_or_compile(bytes, digest, provenance)?;
        let wasi = interface.needs_wasi();
        let prepared = self.linkers.prepare(interface.version, wasi, &component)?;
        repeat(turns, || {
            self.context
                .run_with_stack(|| prepared.measure(&self.context, wasi, &mut measurements))?
        })?;
        Ok(measurements)
    }
}

/// Calls `run` up to this many times, at least once, until [`REPEAT_TIME`] is over.
fn repeat(turns: usize, mut run: impl FnMut() -> Result<(), LoadError>) -> Result<(), LoadError> {
    let begin = Instant::now();
    run()?;
    for _ in 1..turns {
        if begin.elapsed() > REPEAT_TIME {
            break;
        }
        run()?;
    }
    Ok(())
}
