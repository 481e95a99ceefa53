//! Advances the epoch of the wasmtime engine, by which running guests notice their
//! deadline.

use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use wasmtime::Engine;

/// The interval between epochs: a guest stops at most this long after its deadline.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// A thread that is started on first use.
#[derive(Default)]
pub(super) struct Ticker(OnceLock<()>);

impl Ticker {
    /// Starts the thread, which ends when the engine is dropped.
    pub(crate) fn start(&self, engine: &Engine) {
        self.0.get_or_init(|| {
            let weak = engine.weak();
            thread::spawn(move || {
                // counted from the start, because each wake-up is a little late and the
                // delays would add up
                let mut next = Instant::now();
                while let Some(engine) = weak.upgrade() {
                    while next <= Instant::now() {
                        engine.increment_epoch();
                        next += TICK;
                    }
                    drop(engine);
                    thread::sleep(next.saturating_duration_since(Instant::now()));
                }
            });
        });
    }
}
