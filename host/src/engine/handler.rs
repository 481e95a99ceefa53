//! A handler as the host sees it: what it said of itself, and how its preflight is held
//! to its limits, wherever it runs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use env_pack_domain::{
    BindingContext, Call, CapabilitySlot, CheckOutcome, DescriptorPath, EnvPackHandler,
    ForeignText, HandlerFault, Preflight, Probe, ToolCheck, VersionReq,
};

use super::desk::{Desk, Machine};
use super::guest::{Guest, Questions};
use super::lane::{Introduction, Prepared};
use super::world::{Exchange, Rehearsal, Rehearse, Stage, World};
use super::{Limits, LoadError, Shared, stack};

/// Where the operations of a handler are carried out.
pub(super) trait Place: Send + Sync {
    /// Has the handler say who it is; until then it is known by this name.
    fn introduce(&self, name: ForeignText) -> Result<Introduction, LoadError>;

    /// Has it run its preflight in so much time, and whoever it asks answer; its checks
    /// as it says them, and what was asked.
    fn preflight(
        &self,
        operation: Operation<'_>,
    ) -> (Result<Vec<ToolCheck>, HandlerFault>, Option<Desk>);
}

/// A preflight that is to be run.
pub(super) struct Operation<'a> {
    /// What the handler is called in the log.
    pub name: ForeignText,
    /// What it may know.
    pub binding: &'a BindingContext,
    /// How long it may take.
    pub time: Duration,
    /// Who watches, if somebody does.
    pub stage: Option<Stage>,
}

/// A guest that has said who it is.
pub(super) struct Handler {
    place: Box<dyn Place>,
    shared: Arc<Shared>,
    /// What a preflight has.
    time: Duration,
    said: Introduction,
}

impl std::fmt::Debug for Handler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Handler").field(&self.said.descriptor_path).finish()
    }
}

/// A preflight that was begun.
struct Asked {
    /// Its checks, or why there are none.
    checks: Result<Vec<ToolCheck>, HandlerFault>,
    /// What it asked of the host.
    probes: Vec<Probe>,
    /// The same with the answers, if somebody watched.
    exchanges: Vec<Exchange>,
}

impl Handler {
    /// Asks a handler who it is; its preflights have `time`.
    pub fn introduced(
        place: Box<dyn Place>,
        shared: &Arc<Shared>,
        name: ForeignText,
        time: Duration,
    ) -> Result<Self, LoadError> {
        let said = place.introduce(name)?;
        Ok(Self { place, shared: Arc::clone(shared), time, said })
    }

    fn ask_preflight(
        &self,
        binding: &BindingContext,
        stage: Option<Stage>,
        time: Duration,
    ) -> Asked {
        let name = ForeignText::new(self.said.descriptor_path.as_str());
        let (checks, desk) = self.place.preflight(Operation { name, binding, time, stage });
        let checks = checks.and_then(|checks| admit(checks, &self.shared.limits));
        let (probes, exchanges) = desk.map(Desk::into_questions).unwrap_or_default();
        Asked { checks, probes, exchanges }
    }
}

impl EnvPackHandler for Handler {
    fn slot(&self) -> CapabilitySlot {
        self.said.slot
    }

    fn descriptor_path(&self) -> &DescriptorPath {
        &self.said.descriptor_path
    }

    fn supported_versions(&self) -> &VersionReq {
        &self.said.supported_versions
    }

    fn preflight(&self, binding: &BindingContext) -> Result<Preflight, HandlerFault> {
        let Asked { checks, probes, .. } = self.ask_preflight(binding, None, self.time);
        Ok(Preflight { checks: checks?, probes })
    }
}

impl Rehearse for Handler {
    fn rehearse(&self, binding: &BindingContext, world: World, time: Duration) -> Rehearsal {
        let Asked { checks, exchanges, .. } =
            self.ask_preflight(binding, Some(Stage::new(world)), time.min(self.time));
        Rehearsal { checks, exchanges }
    }
}

/// Holds the answer of a preflight to its limits.
fn admit(checks: Vec<ToolCheck>, limits: &Limits) -> Result<Vec<ToolCheck>, HandlerFault> {
    let call = Call::Preflight;
    let too_much =
        |what: String| HandlerFault::TooMuchOutput { call, what: ForeignText::new(what) };
    let wrong =
        |reason: String| HandlerFault::WrongShape { call, reason: ForeignText::new(reason) };
    if checks.len() > limits.checks {
        return Err(too_much(format!("{} checks, more than {}", checks.len(), limits.checks)));
    }
    for (at, check) in checks.iter().enumerate() {
        if let Some(long) =
            texts(check).into_iter().find(|text| text.as_exact().len() > limits.text_bytes)
        {
            let name = ForeignText::excerpt(check.name.as_exact());
            let bytes = long.as_exact().len();
            return Err(too_much(format!(
                "a text of {bytes} bytes in check `{name}`, more than {}",
                limits.text_bytes
            )));
        }
        if check.name.as_exact().trim().is_empty() {
            return Err(wrong("a check without a name".to_owned()));
        }
        if checks[..at].iter().any(|other| other.name == check.name) {
            return Err(wrong(format!(
                "two checks named `{}`",
                ForeignText::excerpt(check.name.as_exact())
            )));
        }
    }
    Ok(checks)
}

fn texts(check: &ToolCheck) -> Vec<&ForeignText> {
    let mut texts = vec![&check.name, &check.description];
    match &check.outcome {
        CheckOutcome::Ok { detail } => texts.extend(detail),
        CheckOutcome::Missing { install_hint } => texts.push(install_hint),
        CheckOutcome::VersionMismatch { found, required, install_hint } => {
            texts.extend([found, required, install_hint])
        }
        CheckOutcome::AuthFailed { detail, recovery_hint }
        | CheckOutcome::Unreachable { detail, recovery_hint } => {
            texts.extend([detail, recovery_hint]);
        }
        CheckOutcome::ProbeError { detail } => texts.push(detail),
    }
    texts
}

/// The process of the host: the guest runs in it, in the sandbox.
pub(super) struct Here {
    pub prepared: Box<dyn Prepared>,
    pub shared: Arc<Shared>,
    pub machine: Arc<Machine>,
    pub wasi: bool,
}

impl Place for Here {
    fn introduce(&self, name: ForeignText) -> Result<Introduction, LoadError> {
        let time = self.shared.limits.metadata_time;
        let run = || self.prepared.introduce(Guest::new(&self.shared, name, None, self.wasi, time));
        with_room(&self.shared, run)?
    }

    fn preflight(
        &self,
        operation: Operation<'_>,
    ) -> (Result<Vec<ToolCheck>, HandlerFault>, Option<Desk>) {
        let Operation { name, binding, time, stage } = operation;
        let (shared, grants) = (&self.shared, binding.grants.clone());
        let desk = Desk::new(&self.machine, shared, grants, Instant::now() + time, stage);
        let run = || {
            let mut guest = Guest::new(shared, name, Some(binding.clone()), self.wasi, time);
            guest.questions = Questions::Desk(desk);
            self.prepared.preflight(guest)
        };
        match with_room(shared, run) {
            Ok((checks, Questions::Desk(desk))) => (checks, Some(desk)),
            Ok((checks, _)) => (checks, None),
            Err(fault) => (Err(fault), None),
        }
    }
}

/// Runs a guest where it cannot reach the end of the host's stack.
pub(super) fn with_room<T: Send>(
    shared: &Shared,
    run: impl FnOnce() -> T + Send,
) -> Result<T, HandlerFault> {
    stack::with_room(shared.limits.stack_bytes, run).map_err(|error| {
        let reason = ForeignText::new(format!("no thread for it ({error})"));
        HandlerFault::NotRun { call: Call::Instantiate, reason }
    })
}
