//! Runs preflights on a limited number of threads.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use env_pack_domain::{Binding, BindingContext, BindingKey, Call, ForeignText, HandlerFault};

use super::report::PreflightReport;
use crate::Host;
use crate::ops::assemble::Assembly;
use crate::ops::plugins::preflight_or_panic;
use gtc_store::Stored;

/// Interval at which `is_stopped` is called.
const STOP_INTERVAL: Duration = Duration::from_millis(50);

/// Runs the preflight of every binding that has a handler, and returns the reports of those that
/// finished before `is_stopped` returned true.
///
/// The threads are not joined: a preflight can take half a minute to notice that it is no longer
/// needed.
pub(super) fn run_all(
    host: &Host,
    stored: &Stored,
    assembly: &Arc<Assembly>,
    at_a_time: usize,
    is_stopped: &dyn Fn() -> bool,
) -> HashMap<BindingKey, PreflightReport> {
    let has_handler = |binding: &&Binding| assembly.resolve(binding).is_ok();
    let mut waiting = stored.environment.bindings().filter(has_handler);
    let mut finished = HashMap::new();
    // the running preflights, each with its progress line
    let mut running: HashMap<BindingKey, Box<dyn Send>> = HashMap::new();
    let (sender, receiver) = mpsc::channel();
    while !is_stopped() {
        while running.len() < at_a_time
            && let Some(binding) = waiting.next()
        {
            let progress = (host.on_preflight)(&describe(binding));
            match start(host, stored, assembly, binding, sender.clone()) {
                Ok(()) => {
                    running.insert(binding.key(), progress);
                }
                Err(report) => {
                    finished.insert(binding.key(), report);
                }
            }
        }
        if running.is_empty() {
            break;
        }
        if let Ok((key, report)) = receiver.recv_timeout(STOP_INTERVAL) {
            running.remove(&key);
            finished.insert(key, report);
        }
    }
    finished.extend(receiver.try_iter());
    finished
}

/// Starts a preflight on a thread of its own, which sends the report.
///
/// # Errors
/// The report of a preflight that could not be started.
fn start(
    host: &Host,
    stored: &Stored,
    assembly: &Arc<Assembly>,
    binding: &Binding,
    reports: Sender<(BindingKey, PreflightReport)>,
) -> Result<(), PreflightReport> {
    let environment = stored.environment.id();
    let answers_json = host
        .store
        .answers(environment, binding.answers_ref.as_ref())
        .map_err(|error| PreflightReport::invalid_answers(&error))?;
    let context = BindingContext {
        env_id: environment.clone(),
        instance_id: binding.place.instance().cloned(),
        answers_json,
        grants: assembly.grants(binding),
        declared: assembly.declared(binding),
    };
    let binding = binding.clone();
    let assembly = Arc::clone(assembly);
    let run = move || {
        let result = match assembly.resolve(&binding) {
            Ok(handler) => preflight_or_panic(handler, &context),
            Err(error) => Err(not_run(error.to_string())),
        };
        // after the end, no report is received
        let _ = reports.send((binding.key(), result.into()));
    };
    match thread::Builder::new().name("preflight".to_owned()).spawn(run) {
        Ok(_) => Ok(()),
        Err(error) => Err(Err(not_run(format!("could not start a thread: {error}"))).into()),
    }
}

fn not_run(reason: String) -> HandlerFault {
    HandlerFault::NotRun { call: Call::Preflight, reason: ForeignText::new(reason) }
}

/// The progress message of a preflight.
fn describe(binding: &Binding) -> String {
    let kind = &binding.kind;
    match binding.place.instance() {
        Some(instance) => format!("checking {kind} ({instance})"),
        None => format!("checking {kind}"),
    }
}
