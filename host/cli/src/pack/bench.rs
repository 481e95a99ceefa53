//! `gtc pack bench`: measure how long the handlers of a pack take.

use std::io;

use clap::Args;
use env_pack_domain::PackRef;
use schemars::JsonSchema;
use serde::Deserialize;

use super::arguments::PackRefArg;
use crate::deserialize::deserialize_u16;
use crate::error::UsageError;
use crate::input::Input;
use crate::parse::Payload;
use crate::render::RenderHuman;
use crate::runner::Runner;
use crate::table::{Style, Table};
use gtc_core::ops::bench::{self, BenchReport, HandlerTimings, Timing};

/// Examples in the help text; a test parses each of them.
pub(super) const EXAMPLES: &str = "\
Examples:
  gtc pack bench vault.gtpack
  gtc pack bench greentic.secrets.dev-store@0.1.0 --turns 1000

For each handler, prints the minimum and the median time:
  load cold    compile the component, as on first use
  load warm    map the compiled code and read slot, path and supported versions
  instantiate  create an instance
  slot, descriptor-path, supported-versions, preflight
               the call alone; preflight without permissions and without answers
and the peak memory of an instance. Steps that take seconds are measured less
often; TURNS is the number of measurements. JSON has microseconds and bytes.";

/// Allowed number of measurements.
pub(super) const BENCH_TURNS: std::ops::RangeInclusive<u16> = 1..=10_000;

/// A pack to measure.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BenchPayload {
    #[command(flatten)]
    pub pack_ref: PackRefArg,
    /// Number of measurements, 1 to 10000
    #[arg(long, default_value_t = default_turns())]
    #[serde(default = "default_turns", deserialize_with = "deserialize_u16")]
    #[schemars(range(min = 1, max = 10_000))]
    pub turns: u16,
}

impl Payload for BenchPayload {
    type Request = (PackRef, usize);

    fn into_request(self) -> Result<(PackRef, usize), UsageError> {
        if !BENCH_TURNS.contains(&self.turns) {
            return Err(UsageError::new("turns", "expected 1 to 10000"));
        }
        Ok((self.pack_ref.parse()?, self.turns.into()))
    }
}

fn default_turns() -> u16 {
    31
}

pub(super) fn run(runner: &Runner, input: Input<BenchPayload>) -> io::Result<u8> {
    runner.run("pack", "bench", input, |(pack_ref, turns)| {
        Ok(bench::bench(&runner.host, &pack_ref, turns)?)
    })
}

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
