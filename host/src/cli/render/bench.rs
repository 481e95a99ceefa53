//! How long handlers take.

use super::Human;
use crate::cli::table::{Table, Tone};
use crate::ops::bench::{BenchReport, HandlerTimes, Time};

impl Human for BenchReport {
    fn human(&self, _verb: &str) -> String {
        let handlers: Vec<_> = self.handlers.iter().map(handler).collect();
        format!("pack `{}`, {} turns\n\n{}", self.pack_ref, self.turns, handlers.join("\n"))
    }
}

fn handler(times: &HandlerTimes) -> String {
    let mut table = Table::new(["WHAT", "MIN", "MEDIAN"]);
    let rows = [
        ("load cold", times.cold_load),
        ("load warm", times.warm_load),
        ("instantiate", times.instantiate),
        ("slot", times.slot),
        ("descriptor-path", times.descriptor_path),
        ("supported-versions", times.supported_versions),
        ("preflight", times.preflight),
    ];
    for (what, Time { min_us, median_us }) in rows {
        table.row([(what.to_owned(), Tone::Bold), (shown(min_us), Tone::Plain), (shown(median_us), Tone::Plain)]);
    }
    let memory = times.memory_bytes.div_ceil(1 << 10);
    format!("handler `{}` ({} bytes), at most {memory} KiB of memory\n{}", times.component, times.size, table.render())
}

/// A time as people read it.
fn shown(us: f64) -> String {
    match us {
        us if us < 1e3 => format!("{us:.1} µs"),
        us if us < 1e6 => format!("{:.1} ms", us / 1e3),
        us => format!("{:.1} s", us / 1e6),
    }
}
