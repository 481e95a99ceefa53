//! Records a scenario: runs a preflight on this machine and writes its host calls and
//! their results into a file.

use std::path::PathBuf;
use std::time::Duration;

use env_pack_domain::{ForeignText, with_causes};
use gtc_fs::metadata;

use super::error::RecordError;
use super::preflight::{context, environment, observed, permissions, record_preflight};
use super::report::{PreflightRun, Recorded, TestReport};
use super::script;
use super::target::{ScenarioFile, TestTarget};
use crate::Host;
use crate::ops::load_pack::LoadedHandler;
use crate::ops::output_file::{create_folder, write};
use crate::scenario::{
    self, CommandLine, Expect, Given, HostPort, NetworkReply, Scenario, ToolReply,
};
use gtc_engine::{Interaction, ProbeBackend};

/// A request to record a scenario.
#[derive(Clone, Debug)]
pub struct RecordRequest {
    /// The pack, its component, or a folder that contains it.
    pub target: PathBuf,
    /// The name of the scenario.
    pub name: String,
    /// A scenario to copy the handler, environment, instance and answers from.
    pub like: Option<PathBuf>,
    /// Whether to overwrite a scenario with this name.
    pub replace: bool,
    /// Whether the user confirmed that the pack may use its declared permissions.
    pub confirmed: bool,
}

/// Runs a preflight on this machine with all declared permissions granted, and writes its
/// host calls and their results into a scenario.
///
/// # Errors
/// [`RecordError`] when it was not confirmed, the pack does not load, or the scenario cannot be
/// written.
pub fn record(host: &Host, request: &RecordRequest) -> Result<TestReport, RecordError> {
    let like = request.like.as_ref().map(|like| ScenarioFile::read(host, like)).transpose()?;
    let subject = TestTarget::load(host, &request.target)?;
    let path = subject.scenarios.join(format!("{}.yaml", request.name));
    if !request.replace && metadata::is_taken(&path) {
        return Err(RecordError::Exists { path });
    }
    let like =
        like.unwrap_or_else(|| ScenarioFile { path: path.clone(), scenario: empty_scenario() });
    let loaded = subject.handler(&like)?;
    let given = &like.scenario.given;
    let permissions = permissions(given, loaded);
    if !request.confirmed && !permissions.is_empty() {
        return Err(RecordError::NotConfirmed { permissions });
    }
    let rehearsal =
        loaded.handler.record_preflight(&context(given, loaded), ProbeBackend::Host, Duration::MAX);
    let text = scenario::to_yaml(&scenario::RecordedRun {
        handler: loaded.handler.descriptor_path(),
        environment_id: &environment(given),
        instance_id: given.instance_id.as_ref().map(|instance| &instance.0),
        answers: given.answers.as_ref(),
        tools: tools(&rehearsal.interactions),
        network: network(&rehearsal.interactions),
        checks: &rehearsal.checks,
    });
    ensure_replayable(host, &text, &path, loaded)?;
    create_folder(&subject.scenarios)?;
    write(&path, text.as_bytes())?;
    let handler = loaded.handler.descriptor_path().clone();
    let run = PreflightRun::from(observed(rehearsal, given, loaded));
    Ok(TestReport::Recorded(Recorded {
        path: subject.path.into(),
        recorded: path.into(),
        handler,
        run,
    }))
}

fn empty_scenario() -> Scenario {
    Scenario { about: None, handler: None, given: Given::default(), expect: Expect::default() }
}

/// Checks that the recording passes when it is replayed. A handler may depend on something
/// that a scenario does not contain, such as the time.
fn ensure_replayable(
    host: &Host,
    text: &str,
    path: &std::path::Path,
    loaded: &LoadedHandler,
) -> Result<(), RecordError> {
    let not_writable =
        |reason: &str| RecordError::NotWritable { reason: ForeignText::sentence(reason) };
    if text.len() as u64 > host.limits.scenario.file_bytes {
        return Err(not_writable(&format!(
            "it has {} bytes, more than a scenario may have",
            text.len()
        )));
    }
    let scenario = scenario::read(text.as_bytes(), path)
        .map_err(|error| not_writable(&with_causes(&error)))?;
    let given = &scenario.given;
    let rehearsal = record_preflight(given, loaded, host.limits.scenario.preflight_time);
    match scenario.compare(&observed(rehearsal, given, loaded)).first() {
        None => Ok(()),
        Some(first) => Err(not_writable(&format!(
            "{} was {} on this machine, and is {} when it is replayed",
            first.about, first.expected, first.found
        ))),
    }
}

/// Returns the replies of programs by command, in the order of the first calls.
fn tools(interactions: &[Interaction]) -> Vec<(CommandLine, Vec<ToolReply>)> {
    group_replies(interactions.iter().filter_map(|exchange| match exchange {
        Interaction::Tool { command, reply } => {
            Some((CommandLine(command.clone()), script::tool_reply(command, reply)))
        }
        Interaction::Network { .. } => None,
    }))
}

/// Returns the replies of the network by address, in the order of the first calls.
fn network(interactions: &[Interaction]) -> Vec<(HostPort, Vec<NetworkReply>)> {
    group_replies(interactions.iter().filter_map(|exchange| match exchange {
        Interaction::Network { host, port, reply } => {
            Some((HostPort::new(host, *port), script::network_reply(host, *port, reply)))
        }
        Interaction::Tool { .. } => None,
    }))
}

/// Groups replies to the same call. Repetitions of the last reply are dropped, because the
/// last reply of a scenario answers all further calls.
fn group_replies<K: PartialEq, V: PartialEq>(
    answers: impl Iterator<Item = (K, V)>,
) -> Vec<(K, Vec<V>)> {
    let mut gathered: Vec<(K, Vec<V>)> = Vec::new();
    for (question, answer) in answers {
        match gathered.iter_mut().find(|(known, _)| *known == question) {
            Some((_, answers)) => answers.push(answer),
            None => gathered.push((question, vec![answer])),
        }
    }
    for (_, answers) in &mut gathered {
        while answers.len() > 1 && answers[answers.len() - 1] == answers[answers.len() - 2] {
            answers.pop();
        }
    }
    gathered
}
