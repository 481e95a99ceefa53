//! Advances the epoch of the wasmtime engine, by which running guests notice their
//! deadline.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use wasmtime::{Engine, EngineWeak};

/// The interval between epochs: a guest stops at most this long after its deadline.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// A thread that is started on first use. The value is true once it runs.
#[derive(Default)]
pub(super) struct Ticker(Mutex<bool>);

impl Ticker {
    /// Starts the thread, which ends when the engine is dropped.
    ///
    /// # Errors
    /// The thread cannot be started. Without it, guests would not notice their deadline.
    pub(crate) fn start(&self, engine: &Engine) -> io::Result<()> {
        let mut is_running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !*is_running {
            let weak = engine.weak();
            thread::Builder::new().name("ticker".to_owned()).spawn(move || tick(&weak))?;
            *is_running = true;
        }
        Ok(())
    }
}

fn tick(engine: &EngineWeak) {
    // counted from the start, because each wake-up is a little late and the delays would add up
    let mut next = Instant::now();
    while let Some(engine) = engine.upgrade() {
        while next <= Instant::now() {
            engine.increment_epoch();
            next += TICK;
        }
        drop(engine);
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}
