//! What happened, held against what was expected.

use env_pack_domain::{ForeignText, HandlerFault, Outcome, ToolCheck};
use serde::Serialize;

use super::{
    CheckText, Expect, ExpectedCheck, ExpectedText, FaultKind, Question, Scenario, Short, Status,
};

/// What a preflight did in the world of a scenario.
#[derive(Debug)]
pub struct Happened {
    /// Its checks, or why there are none.
    pub checks: Result<Vec<ToolCheck>, HandlerFault>,
    /// What it asked, in its order.
    pub asked: Vec<Asked>,
}

/// A question that was asked.
#[derive(Debug)]
pub struct Asked {
    /// The question.
    pub question: Question,
    /// What came of it, for people.
    pub answer: String,
    /// Whether the pack declares that it asks it. What it does not declare is denied,
    /// whatever a scenario says.
    pub is_declared: bool,
}

/// Something that was expected, or happened, and not both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What it is about.
    pub about: ForeignText,
    /// What was expected.
    pub expected: ForeignText,
    /// What happened.
    pub found: ForeignText,
}

impl Difference {
    /// A preflight that ended with a fault instead of something else.
    pub fn of_fault(expected: impl Into<String>, fault: &HandlerFault) -> Self {
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
    /// Everything that is not as expected; nothing, when the scenario passes.
    pub fn judge(&self, happened: &Happened) -> Vec<Difference> {
        let mut differences = Vec::new();
        let is_over = match (&happened.checks, self.expect.fault.as_ref().map(|kind| kind.0)) {
            (Ok(checks), None) => {
                judge_checks(&self.expect, checks, &mut differences);
                true
            }
            (Ok(checks), Some(kind)) => {
                let found = format!("an answer of {} checks", checks.len());
                differences.push(Difference::new(
                    "the preflight".to_owned(),
                    format!("fault {kind}"),
                    found,
                ));
                true
            }
            (Err(fault), expected) => {
                let is_expected = expected == Some(FaultKind::of(fault));
                if !is_expected {
                    let expected = expected
                        .map_or_else(|| "its checks".to_owned(), |kind| format!("fault {kind}"));
                    differences.push(Difference::of_fault(expected, fault));
                }
                // one that ended early has not come to all of its questions
                is_expected
            }
        };
        match &self.expect.asked {
            Some(expected) => differences.extend(judge_order(expected, &happened.asked)),
            None => self.judge_questions(&happened.asked, is_over, &mut differences),
        }
        differences.extend(happened.asked.iter().filter_map(|asked| self.judge_declaration(asked)));
        differences
    }

    /// Whether everything that is given was asked, and nothing else.
    fn judge_questions(&self, asked: &[Asked], is_over: bool, differences: &mut Vec<Difference>) {
        let given: Vec<(Question, usize)> = self.questions().collect();
        for (at, asked_now) in asked.iter().enumerate() {
            let is_new = !asked[..at].iter().any(|before| before.question == asked_now.question);
            if is_new && !given.iter().any(|(question, _)| *question == asked_now.question) {
                let found = format!("asked, and answered: {}", asked_now.answer);
                differences.push(Difference::new(
                    about(&asked_now.question),
                    "not asked, since `given` does not name it",
                    found,
                ));
            }
        }
        for (question, answers) in given.iter().filter(|_| is_over) {
            let times = asked.iter().filter(|asked| asked.question == *question).count();
            match times {
                0 => differences.push(Difference::new(about(question), "asked", "never asked")),
                _ if times < *answers => {
                    let expected = format!("asked {answers} times, as it has so many answers");
                    differences.push(Difference::new(
                        about(question),
                        expected,
                        format!("asked {times} times"),
                    ));
                }
                _ => {}
            }
        }
    }

    /// Every question that is given, and how many answers it has.
    fn questions(&self) -> impl Iterator<Item = (Question, usize)> {
        let tools = self
            .given
            .tools
            .0
            .iter()
            .map(|(command, replies)| (Question::Command(command.clone()), replies.0.len()));
        let network = self
            .given
            .network
            .0
            .iter()
            .map(|(address, replies)| (Question::Address(address.clone()), replies.0.len()));
        tools.chain(network)
    }

    /// Whether a question is one that the pack does not declare, while the scenario has
    /// it answered.
    fn judge_declaration(&self, asked: &Asked) -> Option<Difference> {
        let is_answered = match &asked.question {
            Question::Command(command) => {
                let given = self.given.tools.0.iter().find(|(given, _)| given == command);
                given.is_some_and(|(_, replies)| !replies.0.iter().all(super::ToolReply::is_denied))
            }
            Question::Address(address) => {
                let given = self.given.network.0.iter().find(|(given, _)| given == address);
                given.is_some_and(|(_, replies)| {
                    !replies.0.iter().all(super::NetworkReply::is_denied)
                })
            }
        };
        let is_wrong = is_answered && !asked.is_declared;
        is_wrong.then(|| {
            Difference::new(
                about(&asked.question),
                "declared by the pack",
                "not declared (in `CHECKS` or `gtc-pack.toml`), and so denied",
            )
        })
    }
}

impl super::ToolReply {
    /// Whether the host does not run it.
    pub fn is_denied(&self) -> bool {
        match self {
            Self::Word(word) => *word == super::ToolWord::Denied,
            Self::Full(ran) => ran.denied.is_some(),
        }
    }
}

impl super::NetworkReply {
    /// Whether the host does not try it.
    pub fn is_denied(&self) -> bool {
        match self {
            Self::Word(word) => *word == super::NetworkWord::Denied,
            Self::Full(failed) => failed.denied.is_some(),
        }
    }
}

fn about(question: &Question) -> String {
    match question {
        Question::Command(command) => format!("command `{command}`"),
        Question::Address(address) => format!("address `{address}`"),
    }
}

/// Whether exactly this was asked, in this order.
fn judge_order(expected: &[String], asked: &[Asked]) -> Option<Difference> {
    let is_same = expected.len() == asked.len()
        && expected.iter().zip(asked).all(|(text, asked)| asked.question.is(text));
    let listed =
        |texts: Vec<String>| if texts.is_empty() { "nothing".to_owned() } else { texts.join(", ") };
    (!is_same).then(|| {
        let expected = listed(expected.iter().map(|text| format!("`{text}`")).collect());
        let found = listed(asked.iter().map(|asked| format!("`{}`", asked.question)).collect());
        Difference::new("what is asked, in order".to_owned(), expected, found)
    })
}

fn judge_checks(expect: &Expect, checks: &[ToolCheck], differences: &mut Vec<Difference>) {
    for (name, expected) in &expect.checks.0 {
        let about = format!("check `{name}`");
        match checks.iter().find(|check| check.name.as_exact() == name) {
            Some(check) => judge_check(&about, expected, &check.outcome, differences),
            None => differences.push(Difference::new(
                about,
                expected.status().to_string(),
                "no such check",
            )),
        }
    }
    for check in checks
        .iter()
        .filter(|check| !expect.checks.0.iter().any(|(name, _)| name == check.name.as_exact()))
    {
        let about = format!("check `{}`", check.name.as_exact());
        differences.push(Difference::new(about, "no such check", in_full(&check.outcome)));
    }
}

fn judge_check(
    about: &str,
    expected: &ExpectedCheck,
    outcome: &Outcome,
    differences: &mut Vec<Difference>,
) {
    let (status, texts) = parts(outcome);
    if expected.status() != status {
        return differences.push(Difference::new(
            about.to_owned(),
            expected.status().to_string(),
            in_full(outcome),
        ));
    }
    let Short::Full(text) = expected else { return };
    for (field, expected) in text.fields() {
        let found = texts.iter().find(|(name, _)| *name == field).map(|(_, text)| text.as_exact());
        if !found.is_some_and(|found| expected.is_met(found)) {
            let found = found.map_or_else(|| format!("no `{field}`"), |found| format!("{found:?}"));
            differences.push(Difference::new(
                format!("{about}, `{field}`"),
                expected.shown(),
                found,
            ));
        }
    }
}

impl ExpectedCheck {
    fn status(&self) -> Status {
        match self {
            Self::Word(status) => *status,
            Self::Full(text) => text.status,
        }
    }
}

impl CheckText {
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
    fn is_met(&self, found: &str) -> bool {
        match self {
            Self::Word(exact) => exact == found,
            Self::Full(part) => found.contains(&part.contains),
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Word(exact) => format!("{exact:?}"),
            Self::Full(part) => format!("something that contains {:?}", part.contains),
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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

/// The status of an outcome, and its texts by their names in a scenario.
pub(super) fn parts(outcome: &Outcome) -> (Status, Vec<(&'static str, &ForeignText)>) {
    match outcome {
        Outcome::Ok { detail } => {
            (Status::Ok, detail.iter().map(|detail| ("detail", detail)).collect())
        }
        Outcome::Missing { install_hint } => {
            (Status::Missing, vec![("install_hint", install_hint)])
        }
        Outcome::VersionMismatch { found, required, install_hint } => (
            Status::VersionMismatch,
            vec![("found", found), ("required", required), ("install_hint", install_hint)],
        ),
        Outcome::AuthFailed { detail, recovery_hint } => {
            (Status::AuthFailed, vec![("detail", detail), ("recovery_hint", recovery_hint)])
        }
        Outcome::Unreachable { detail, recovery_hint } => {
            (Status::Unreachable, vec![("detail", detail), ("recovery_hint", recovery_hint)])
        }
        Outcome::ProbeError { detail } => (Status::ProbeError, vec![("detail", detail)]),
    }
}

/// An outcome with all it says.
fn in_full(outcome: &Outcome) -> String {
    let (status, texts) = parts(outcome);
    let texts = texts.into_iter().map(|(name, text)| format!("{name} {:?}", text.as_exact()));
    std::iter::once(status.to_string()).chain(texts).collect::<Vec<_>>().join(", ")
}
