//! Runs one target or all with mutated inputs, `gtc-fuzz <target>|all [--runs N] [--seed N]`,
//! or one target with one input, `gtc-fuzz <target> <file>`.
#![expect(clippy::disallowed_methods, reason = "it reads one input")]
#![expect(clippy::print_stdout, reason = "it is a program")]

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, Result};
use gtc_fuzz::{TARGETS, Target, mutate, target};

/// Default number of runs for each target.
const RUNS: u64 = 100_000;

fn main() -> Result<ExitCode> {
    gtc_engine::worker::run_if_worker();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let chosen: Vec<Target> = match arguments.first().map(String::as_str) {
        Some("all") => TARGETS.to_vec(),
        Some(name) => target(name).into_iter().collect(),
        None => Vec::new(),
    };
    if chosen.is_empty() {
        println!("usage: gtc-fuzz <target>|all [--runs N] [--seed N], or gtc-fuzz <target> <file>");
        println!("targets: {}", TARGETS.map(|target| target.name).join(" "));
        return Ok(ExitCode::from(2));
    }
    if let (Some(file), [target]) =
        (arguments.get(1).filter(|argument| !argument.starts_with("--")), chosen.as_slice())
    {
        let input = std::fs::read(file).with_context(|| format!("reading `{file}`"))?;
        (target.run)(&input);
        return Ok(ExitCode::SUCCESS);
    }
    let runs = option(&arguments, "--runs")?.unwrap_or(RUNS);
    let seed = option(&arguments, "--seed")?.unwrap_or(1);
    let survived = chosen.iter().filter(|target| survives(target, runs, seed)).count();
    Ok(if survived == chosen.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The number after a flag.
fn option(arguments: &[String], name: &str) -> Result<Option<u64>> {
    let Some(at) = arguments.iter().position(|argument| argument == name) else {
        return Ok(None);
    };
    let number = arguments.get(at + 1).with_context(|| format!("`{name}` needs a number"))?;
    let number = number.parse().with_context(|| format!("`{name} {number}` is not a number"))?;
    Ok(Some(number))
}

/// Runs a target on the corpus and its mutations. Returns false if it fails.
fn survives(target: &Target, runs: u64, seed: u64) -> bool {
    let corpus = target.corpus();
    let mut mutator = mutate::Mutator::new(seed, &corpus);
    let start = Instant::now();
    let mut slowest = std::time::Duration::ZERO;
    for run in 0..runs {
        let input = match corpus.get(run as usize) {
            Some(input) => input.clone(),
            None => mutator.next_input(),
        };
        let before = Instant::now();
        if let Err(file) = mutate::attempt(target, &input) {
            println!("{}: run {run} failed; its input is {}", target.name, file.display());
            return false;
        }
        slowest = slowest.max(before.elapsed());
    }
    let seconds = start.elapsed().as_secs_f64();
    let rate = runs as f64 / seconds;
    println!(
        "{}: {runs} runs in {seconds:.0} s ({rate:.0} a second), the slowest {slowest:?}, no fault",
        target.name
    );
    true
}
