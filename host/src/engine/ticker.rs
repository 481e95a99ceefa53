//! The clock of the sandbox: a thread that advances the engine's epoch, by which running
//! guests notice that their time is up.

use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use wasmtime::Engine;

/// How often the epoch advances: a guest is stopped this much after its deadline at the
/// latest.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// Starts ticking once there is something to run.
#[derive(Default)]
pub(super) struct Ticker(OnceLock<()>);

impl Ticker {
    /// Ticks from now on, until the engine is dropped.
    pub fn start(&self, engine: &Engine) {
        self.0.get_or_init(|| {
            let weak = engine.weak();
            thread::spawn(move || {
                // counted from the start: a thread wakes late, and ten thousand late ticks would be
                // a second
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
