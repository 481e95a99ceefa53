//! How long handlers take.

use super::Human;
use crate::cli::table::{Table, Tone};
use crate::ops::bench::{BenchReport, HandlerTimings, Timing};

impl Human for BenchReport {
    fn human(&self, _verb: &str) -> String {
        let handlers: Vec<_> = self.handlers.iter().map(handler).collect();
        format!("pack `{}`\n\n{}", self.pack_ref, handlers.join("\n"))
    }
}

fn handler(times: &HandlerTimings) -> String {
    let mut table = Table::new(["WHAT", "MIN", "MEDIAN", "TURNS", "MEANS"]);
    let rows = [
        ("load cold", times.cold_load, "the component compiled, as on first sight"),
        ("load warm", times.warm_load, "compiled code mapped, and the three constants asked"),
        ("instantiate", times.instantiate, "a fresh instance"),
        ("slot", times.slot, "the call"),
        ("descriptor-path", times.descriptor_path, "the call"),
        ("supported-versions", times.supported_versions, "the call"),
        ("preflight", times.preflight, "the call, with nothing granted and no answers"),
    ];
    for (what, Timing { min_us, median_us, turns }, meaning) in rows {
        let plain = |text: String| (text, Tone::Plain);
        let row = [plain(shown(min_us)), plain(shown(median_us)), plain(turns.to_string())];
        let [min, median, turns] = row;
        table.row([
            (what.to_owned(), Tone::Bold),
            min,
            median,
            turns,
            (meaning.to_owned(), Tone::Faint),
        ]);
    }
    let memory = times.memory_bytes.div_ceil(1 << 10);
    format!(
        "handler `{}` ({} bytes), at most {memory} KiB of memory\n{}",
        times.component,
        times.size,
        table.render()
    )
}

/// A time as people read it.
fn shown(us: f64) -> String {
    match us {
        us if us < 1e3 => format!("{us:.1} µs"),
        us if us < 1e6 => format!("{:.1} ms", us / 1e3),
        us => format!("{:.1} s", us / 1e6),
    }
}
