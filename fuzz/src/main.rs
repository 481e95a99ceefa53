//! Runs one target, or all, for as long as somebody likes: `gtc-fuzz <target>|all [--runs
//! N] [--seed N]`, or one kept input with `gtc-fuzz <target> <file>`.
#![expect(clippy::print_stdout, reason = "it talks to whoever started it")]

use std::process::ExitCode;
use std::time::Instant;

use gtc_fuzz::{TARGETS, Target, mutate, target};

/// How many runs a target gets, unless somebody says otherwise.
const RUNS: u64 = 100_000;

fn main() -> ExitCode {
    gtc::engine::worker::hook();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        arguments.iter().position(|argument| argument == name).and_then(|at| arguments.get(at + 1))
    };
    let number = |name: &str, otherwise: u64| {
        option(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise)
    };
    let chosen: Vec<Target> = match arguments.first().map(String::as_str) {
        Some("all") => TARGETS.to_vec(),
        Some(name) => target(name).into_iter().collect(),
        None => Vec::new(),
    };
    if chosen.is_empty() {
        println!("usage: gtc-fuzz <target>|all [--runs N] [--seed N], or gtc-fuzz <target> <file>");
        println!("targets: {}", TARGETS.map(|target| target.name).join(" "));
        return ExitCode::from(2);
    }
    if let (Some(file), [target]) =
        (arguments.get(1).filter(|argument| !argument.starts_with("--")), chosen.as_slice())
    {
        (target.run)(&std::fs::read(file).expect("the file"));
        return ExitCode::SUCCESS;
    }
    let survived = chosen
        .iter()
        .filter(|target| survives(target, number("--runs", RUNS), number("--seed", 1)))
        .count();
    if survived == chosen.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether a target survives that many inputs.
fn survives(target: &Target, runs: u64, seed: u64) -> bool {
    let corpus = target.corpus();
    let mut mutator = mutate::Mutator::new(seed, &corpus);
    let start = Instant::now();
    let mut slowest = std::time::Duration::ZERO;
    for run in 0..runs {
        let input = match corpus.get(run as usize) {
            Some(kept) => kept.clone(),
            None => mutator.next_input(),
        };
        let before = Instant::now();
        if let Err(kept) = mutate::attempt(target, &input) {
            println!("{}: run {run} fails; its input is {}", target.name, kept.display());
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
