//! Compares the actual run of a preflight with the expectations of a scenario.

use std::fmt;

use env_pack_domain::{CheckOutcome, ForeignText, HandlerFault, ToolCheck};
use serde::Serialize;

use super::definition::Scenario;
use super::expectation::{CheckStatus, Expect, ExpectedCheck, ExpectedFields, ExpectedText};
use super::fault_kind::FaultKind;
use super::host_call::HostCall;
use super::reply::{CommandFailure, ConnectionStatus, NetworkReply, ToolReply};
use super::shorthand::Shorthand;

/// The observed run of a preflight on the machine that a scenario describes.
#[derive(Debug)]
pub struct Actual {
    /// The checks that the preflight returned, or the fault that ended it.
    pub checks: Result<Vec<ToolCheck>, HandlerFault>,
    /// The host calls of the preflight, in order.
    pub calls: Vec<ActualCall>,
}

/// A host call that a preflight made.
#[derive(Debug)]
pub struct ActualCall {
    /// The command or the address.
    pub call: HostCall,
    /// The host's reply, as text for the user, such as `exit code 0`.
    pub answer: String,
    /// True if the pack declares a permission for the call. The host denies other calls,
    /// whatever the scenario answers.
    pub is_declared: bool,
}

/// A difference between an expectation and the actual run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The item that differs, such as ``check `vault` ``.
    pub about: ForeignText,
    /// The expectation, as text for the user.
    pub expected: ForeignText,
    /// The observation, as text for the user.
    pub found: ForeignText,
}

impl Difference {
    /// A preflight that ended with a fault that was not expected.
    pub fn unexpected_fault(expected: impl Into<String>, fault: &HandlerFault) -> Self {
        Self::new("the preflight".to_owned(), expected, format!("fault {}: {fault}", fault.kind()))
    }

    fn new(about: String, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            about: ForeignText::new(about),
            expected: ForeignText::new(expected),
            found: ForeignText::new(found),
        }
    }
}

impl Scenario {
    /// Returns every difference between this scenario and the actual run; the list is
    /// empty if the scenario passes.
    pub fn compare(&self, actual: &Actual) -> Vec<Difference> {
        let mut differences = Vec::new();
        let is_complete = self.compare_result(actual, &mut differences);
        match &self.expect.asked {
            Some(expected) => differences.extend(compare_order(expected, &actual.calls)),
            None => self.compare_calls(&actual.calls, is_complete, &mut differences),
        }
        differences.extend(actual.calls.iter().filter_map(|call| self.undeclared_call(call)));
        differences
    }

    /// Compares the checks or the fault. Returns false if the preflight ended early, so
    /// that calls may be missing for that reason alone.
    fn compare_result(&self, actual: &Actual, differences: &mut Vec<Difference>) -> bool {
        let expected = self.expect.fault.as_ref().map(|kind| kind.0);
        match (&actual.checks, expected) {
            (Ok(checks), None) => {
                compare_checks(&self.expect, checks, differences);
                true
            }
            (Ok(checks), Some(kind)) => {
                differences.push(Difference::new(
                    "the preflight".to_owned(),
                    format!("fault {kind}"),
                    format!("an answer of {} checks", checks.len()),
                ));
                true
            }
            (Err(fault), Some(kind)) if kind == FaultKind::from(fault) => true,
            (Err(fault), expected) => {
                let expected = expected
                    .map_or_else(|| "its checks".to_owned(), |kind| format!("fault {kind}"));
                differences.push(Difference::unexpected_fault(expected, fault));
                false
            }
        }
    }

    /// Reports calls that `given` does not name and, after a complete preflight, replies of
    /// `given` that were never used.
    fn compare_calls(
        &self,
        calls: &[ActualCall],
        is_complete: bool,
        differences: &mut Vec<Difference>,
    ) {
        let given: Vec<(HostCall, usize)> = self.given_calls().collect();
        for (at, actual) in calls.iter().enumerate() {
            let is_repeated = calls[..at].iter().any(|before| before.call == actual.call);
            if !is_repeated && !given.iter().any(|(call, _)| *call == actual.call) {
                differences.push(Difference::new(
                    describe_call(&actual.call),
                    "not asked, since `given` does not name it",
                    format!("asked, and answered: {}", actual.answer),
                ));
            }
        }
        if !is_complete {
            return;
        }
        for (call, replies) in &given {
            let times = calls.iter().filter(|actual| actual.call == *call).count();
            if times == 0 {
                differences.push(Difference::new(describe_call(call), "asked", "never asked"));
            } else if times < *replies {
                differences.push(Difference::new(
                    describe_call(call),
                    format!("asked {replies} times, as it has so many answers"),
                    format!("asked {times} times"),
                ));
            }
        }
    }

    /// Every call that `given` names, and how many replies it has.
    fn given_calls(&self) -> impl Iterator<Item = (HostCall, usize)> {
        let tools = &self.given.tools.0;
        let network = &self.given.network.0;
        let commands = tools
            .iter()
            .map(|(command, replies)| (HostCall::Command(command.clone()), replies.0.len()));
        let addresses = network
            .iter()
            .map(|(address, replies)| (HostCall::Address(address.clone()), replies.0.len()));
        commands.chain(addresses)
    }

    /// Reports a call that the pack does not declare although the scenario answers it.
    fn undeclared_call(&self, actual: &ActualCall) -> Option<Difference> {
        let is_answered = match &actual.call {
            HostCall::Command(command) => {
                let given = self.given.tools.0.iter().find(|(given, _)| given == command);
                given.is_some_and(|(_, replies)| !replies.0.iter().all(ToolReply::is_denied))
            }
            HostCall::Address(address) => {
                let given = self.given.network.0.iter().find(|(given, _)| given == address);
                given.is_some_and(|(_, replies)| !replies.0.iter().all(NetworkReply::is_denied))
            }
        };
        (is_answered && !actual.is_declared).then(|| {
            Difference::new(
                describe_call(&actual.call),
                "declared by the pack",
                "not declared (in `CHECKS` or `gtc-pack.toml`), and so denied",
            )
        })
    }
}

impl ToolReply {
    /// Returns true if the host denies the command instead of running it.
    pub fn is_denied(&self) -> bool {
        match self {
            Self::Word(word) => *word == CommandFailure::Denied,
            Self::Full(result) => result.denied.is_some(),
        }
    }
}

impl NetworkReply {
    /// Returns true if the host denies the connection instead of trying it.
    pub fn is_denied(&self) -> bool {
        match self {
            Self::Word(word) => *word == ConnectionStatus::Denied,
            Self::Full(failure) => failure.denied.is_some(),
        }
    }
}

fn describe_call(call: &HostCall) -> String {
    match call {
        HostCall::Command(command) => format!("command `{command}`"),
        HostCall::Address(address) => format!("address `{address}`"),
    }
}

/// Compares the calls, in order, with those that `expect.asked` lists.
fn compare_order(expected: &[String], calls: &[ActualCall]) -> Option<Difference> {
    let is_same = expected.len() == calls.len()
        && expected.iter().zip(calls).all(|(text, actual)| actual.call.matches(text));
    (!is_same).then(|| {
        Difference::new(
            "what is asked, in order".to_owned(),
            list_in_backticks(expected.iter()),
            list_in_backticks(calls.iter().map(|actual| &actual.call)),
        )
    })
}

fn list_in_backticks(items: impl Iterator<Item: fmt::Display>) -> String {
    let items: Vec<String> = items.map(|item| format!("`{item}`")).collect();
    if items.is_empty() { "nothing".to_owned() } else { items.join(", ") }
}

fn compare_checks(expect: &Expect, checks: &[ToolCheck], differences: &mut Vec<Difference>) {
    for (name, expected) in &expect.checks.0 {
        let about = format!("check `{name}`");
        match checks.iter().find(|check| check.name.as_exact() == name) {
            Some(check) => compare_check(&about, expected, &check.outcome, differences),
            None => {
                let expected = expected.status().to_string();
                differences.push(Difference::new(about, expected, "no such check"));
            }
        }
    }
    for check in checks {
        let name = check.name.as_exact();
        if !expect.checks.0.iter().any(|(expected, _)| expected == name) {
            let about = format!("check `{name}`");
            let found = describe_outcome(&check.outcome);
            differences.push(Difference::new(about, "no such check", found));
        }
    }
}

fn compare_check(
    about: &str,
    expected: &ExpectedCheck,
    outcome: &CheckOutcome,
    differences: &mut Vec<Difference>,
) {
    let (status, fields) = status_and_fields(outcome);
    if expected.status() != status {
        let expected = expected.status().to_string();
        differences.push(Difference::new(about.to_owned(), expected, describe_outcome(outcome)));
        return;
    }
    let Shorthand::Full(expected) = expected else { return };
    for (field, expected) in expected.fields() {
        let found = fields.iter().find(|(name, _)| *name == field).map(|(_, text)| text.as_exact());
        if !found.is_some_and(|found| expected.matches(found)) {
            let found = found.map_or_else(|| format!("no `{field}`"), |found| format!("{found:?}"));
            differences.push(Difference::new(
                format!("{about}, `{field}`"),
                expected.describe(),
                found,
            ));
        }
    }
}

impl ExpectedCheck {
    fn status(&self) -> CheckStatus {
        match self {
            Self::Word(status) => *status,
            Self::Full(expected) => expected.status,
        }
    }
}

impl ExpectedFields {
    fn fields(&self) -> impl Iterator<Item = (&'static str, &ExpectedText)> {
        let fields = [
            ("detail", &self.detail),
            ("found", &self.found),
            ("required", &self.required),
            ("install_hint", &self.install_hint),
            ("recovery_hint", &self.recovery_hint),
        ];
        fields.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?)))
    }
}

impl ExpectedText {
    fn matches(&self, found: &str) -> bool {
        match self {
            Self::Word(exact) => exact == found,
            Self::Full(part) => found.contains(&part.contains),
        }
    }

    fn describe(&self) -> String {
        match self {
            Self::Word(exact) => format!("{exact:?}"),
            Self::Full(part) => format!("something that contains {:?}", part.contains),
        }
    }
}

impl fmt::Display for CheckStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
            Self::VersionMismatch => "version-mismatch",
            Self::AuthFailed => "auth-failed",
            Self::Unreachable => "unreachable",
            Self::ProbeError => "probe-error",
        })
    }
}

/// The status of an outcome, and its fields by their names in a scenario.
pub(super) fn status_and_fields(
    outcome: &CheckOutcome,
) -> (CheckStatus, Vec<(&'static str, &ForeignText)>) {
    match outcome {
        CheckOutcome::Ok { detail } => {
            (CheckStatus::Ok, detail.iter().map(|detail| ("detail", detail)).collect())
        }
        CheckOutcome::Missing { install_hint } => {
            (CheckStatus::Missing, vec![("install_hint", install_hint)])
        }
        CheckOutcome::VersionMismatch { found, required, install_hint } => (
            CheckStatus::VersionMismatch,
            vec![("found", found), ("required", required), ("install_hint", install_hint)],
        ),
        CheckOutcome::AuthFailed { detail, recovery_hint } => {
            (CheckStatus::AuthFailed, vec![("detail", detail), ("recovery_hint", recovery_hint)])
        }
        CheckOutcome::Unreachable { detail, recovery_hint } => {
            (CheckStatus::Unreachable, vec![("detail", detail), ("recovery_hint", recovery_hint)])
        }
        CheckOutcome::ProbeError { detail } => (CheckStatus::ProbeError, vec![("detail", detail)]),
    }
}

/// An outcome with all of its fields, on one line.
fn describe_outcome(outcome: &CheckOutcome) -> String {
    let (status, fields) = status_and_fields(outcome);
    let mut text = status.to_string();
    for (name, value) in fields {
        text.push_str(&format!(", {name} {:?}", value.as_exact()));
    }
    text
}
