//! Text of the report of `pack bench`.

use super::RenderHuman;
use crate::cli::table::{Style, Table};
use crate::ops::bench::{BenchReport, HandlerTimings, Timing};

impl RenderHuman for BenchReport {
    fn render_human(&self, _verb: &str) -> String {
        let handlers: Vec<_> = self.handlers.iter().map(handler).collect();
        format!("pack `{}`\n\n{}", self.pack_ref, handlers.join("\n"))
    }
}

fn handler(times: &HandlerTimings) -> String {
    let mut table = Table::new(["WHAT", "MIN", "MEDIAN", "TURNS", "MEANS"]);
    let rows = [
        ("load cold", times.cold_load, "compile the component, as on first use"),
        ("load warm", times.warm_load, "map the compiled code, read the metadata"),
        ("instantiate", times.instantiate, "create an instance"),
        ("slot", times.slot, "the call"),
        ("descriptor-path", times.descriptor_path, "the call"),
        ("supported-versions", times.supported_versions, "the call"),
        ("preflight", times.preflight, "the call, without permissions and answers"),
    ];
    for (what, Timing { min_us, median_us, turns }, meaning) in rows {
        table.row([
            Style::Bold.cell(what),
            Style::Plain.cell(format_us(min_us)),
            Style::Plain.cell(format_us(median_us)),
            Style::Plain.cell(turns),
            Style::Faint.cell(meaning),
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

/// A duration in microseconds, formatted in µs, ms or s.
fn format_us(us: f64) -> String {
    match us {
        us if us < 1e3 => format!("{us:.1} µs"),
        us if us < 1e6 => format!("{:.1} ms", us / 1e3),
        us => format!("{:.1} s", us / 1e6),
    }
}
