//! Handlers of `greentic:env-pack@0.1.x`: the interface adapted to the domain, and nothing else.

use std::sync::Arc;
use std::time::Duration;

use env_pack_domain::{
    BindingContext, Call, CapabilitySlot, DescriptorPath, EnvPackHandler, ForeignText, HandlerFault, Outcome,
    Permissions, Preflight, Probe, Sha256Digest, ToolCheck, VersionReq,
};
use wasmtime::Store;
use wasmtime::component::{Component, HasSelf, InstancePre, Linker};

use super::bench::{Times, timed};
use super::guest::{Forbidden, Guest};
use super::world::{Exchange, Rehearsal, Rehearse, Stage, World as Answering};
use super::{Level, Limits, LoadError, Shared, guest, stack};

mod bindings {
    wasmtime::component::bindgen!({
        path: "../wit/env-pack/0.1.0",
        world: "env-pack-handler",
        imports: { default: trappable },
    });
}

use bindings::greentic::env_pack::{binding, log, network, tools, types};
use bindings::{EnvPackHandler as World, EnvPackHandlerIndices};

/// A guest that has said who it is.
struct Handler {
    pre: Pre,
    shared: Arc<Shared>,
    wasi: bool,
    /// What a preflight has.
    time: Duration,
    slot: CapabilitySlot,
    descriptor_path: DescriptorPath,
    supported_versions: VersionReq,
}

impl std::fmt::Debug for Handler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Handler").field(&self.descriptor_path).finish()
    }
}

/// Defines what a guest of this lane may import, beside WASI.
pub(super) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    World::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)
}

/// Instantiates a component and asks it the three constants; its preflights have `time`.
pub(super) fn load(
    shared: &Arc<Shared>,
    linker: &Linker<Guest>,
    component: &Component,
    digest: &Sha256Digest,
    wasi: bool,
    time: Duration,
) -> Result<Box<dyn Rehearse>, LoadError> {
    let pre = linker.instantiate_pre(component).map_err(|error| interface(&error))?;
    let indices = EnvPackHandlerIndices::new(&pre).map_err(|error| interface(&error))?;
    let pre = Pre { pre, indices };
    let Answers { slot, path, versions } = with_room(shared, || ask(shared, &pre, digest, wasi))?;
    Ok(Box::new(Handler {
        pre,
        shared: Arc::clone(shared),
        wasi,
        time,
        slot: slot.into(),
        descriptor_path: path,
        supported_versions: parsed(Call::SupportedVersions, &versions)?,
    }))
}

/// Takes the time of an instance and its calls, each turn in a store of its own.
pub(super) fn bench(
    shared: &Arc<Shared>,
    linker: &Linker<Guest>,
    component: &Component,
    wasi: bool,
    turns: usize,
    times: &mut Times,
) -> Result<(), LoadError> {
    let pre = linker.instantiate_pre(component).map_err(|error| interface(&error))?;
    let indices = EnvPackHandlerIndices::new(&pre).map_err(|error| interface(&error))?;
    let pre = Pre { pre, indices };
    (0..turns).try_for_each(|_| with_room(shared, || bench_once(shared, &pre, wasi, times)))
}

fn bench_once(shared: &Arc<Shared>, pre: &Pre, wasi: bool, times: &mut Times) -> Result<(), LoadError> {
    let (limits, nobody) = (&shared.limits, || ForeignText::new("bench"));
    let (mut running, time) =
        timed(|| Running::start(pre, Guest::new(shared, nobody(), None, wasi, limits.metadata_time)))?;
    times.instantiate.push(time);
    let (_, time) = timed(|| {
        running.call(Call::Slot, |world, store| world.greentic_env_pack_handler().call_slot(store).map(drop))
    })?;
    times.slot.push(time);
    let (_, time) = timed(|| {
        running.call(Call::DescriptorPath, |world, store| world.greentic_env_pack_handler().call_descriptor_path(store))
    })?;
    times.descriptor_path.push(time);
    let (_, time) = timed(|| {
        running.call(Call::SupportedVersions, |world, store| {
            world.greentic_env_pack_handler().call_supported_versions(store)
        })
    })?;
    times.supported_versions.push(time);
    let nothing = BindingContext {
        env_id: "local".parse().expect("it is an id"),
        instance_id: None,
        answers_json: "{}".to_owned(),
        grants: Permissions::default(),
    };
    let mut running = Running::start(pre, Guest::new(shared, nobody(), Some(nothing), wasi, limits.preflight_time))?;
    let (_, time) = timed(|| {
        running.call(Call::Preflight, |world, store| world.greentic_env_pack_handler().call_preflight(store))
    })?;
    times.preflight.push(time);
    times.memory_bytes = times.memory_bytes.max(running.store.data().memory_bytes());
    Ok(())
}

fn interface(error: &wasmtime::Error) -> LoadError {
    LoadError::Interface { reason: ForeignText::sentence(&format!("{error:#}")) }
}

/// Runs a guest where it cannot reach the end of the host's stack.
fn with_room<T: Send, E: From<HandlerFault> + Send>(
    shared: &Shared,
    run: impl FnOnce() -> Result<T, E> + Send,
) -> Result<T, E> {
    stack::with_room(shared.limits.stack_bytes, run).unwrap_or_else(|error| {
        let reason = format!("no thread for it ({error})");
        Err(HandlerFault::NotRun { call: Call::Instantiate, reason }.into())
    })
}

/// A component whose imports are found, and where its exports are.
struct Pre {
    pre: InstancePre<Guest>,
    indices: EnvPackHandlerIndices,
}

/// The three constants, as the guest says them.
struct Answers {
    slot: types::CapabilitySlot,
    path: DescriptorPath,
    versions: String,
}

fn ask(shared: &Arc<Shared>, pre: &Pre, digest: &Sha256Digest, wasi: bool) -> Result<Answers, LoadError> {
    let name = ForeignText::new(digest.to_string());
    let mut running = Running::start(pre, Guest::new(shared, name, None, wasi, shared.limits.metadata_time))?;
    let slot = running.call(Call::Slot, |world, store| world.greentic_env_pack_handler().call_slot(store))?;
    let path = running
        .call(Call::DescriptorPath, |world, store| world.greentic_env_pack_handler().call_descriptor_path(store))?;
    let path: DescriptorPath = parsed(Call::DescriptorPath, &path)?;
    running.store.data_mut().handler = ForeignText::new(path.as_str());
    let versions = running.call(Call::SupportedVersions, |world, store| {
        world.greentic_env_pack_handler().call_supported_versions(store)
    })?;
    Ok(Answers { slot, path, versions })
}

fn parsed<T: std::str::FromStr<Err: ToString>>(call: Call, text: &str) -> Result<T, HandlerFault> {
    text.parse().map_err(|error: T::Err| {
        let reason = format!("`{}`: {}", ForeignText::excerpt(text), error.to_string());
        HandlerFault::WrongShape { call, reason }
    })
}

/// An instance in a store of its own.
struct Running {
    store: Store<Guest>,
    world: World,
}

impl Running {
    fn start(pre: &Pre, guest: Guest) -> Result<Self, LoadError> {
        let mut store = guest::store(pre.pre.engine(), guest);
        let instance = pre.pre.instantiate(&mut store).map_err(|error| store.data().fault(&error))?;
        store.data().still_in_time()?;
        // here, and not before, the engine looks at the types of the exports
        let world = pre.indices.load(&mut store, &instance).map_err(|error| interface(&error))?;
        Ok(Self { store, world })
    }

    fn call<T>(
        &mut self,
        call: Call,
        run: impl FnOnce(&World, &mut Store<Guest>) -> wasmtime::Result<T>,
    ) -> Result<T, HandlerFault> {
        self.store.data_mut().call = call;
        let answer = run(&self.world, &mut self.store).map_err(|error| self.store.data().fault(&error))?;
        self.store.data().still_in_time()?;
        Ok(answer)
    }
}

impl EnvPackHandler for Handler {
    fn slot(&self) -> CapabilitySlot {
        self.slot
    }

    fn descriptor_path(&self) -> &DescriptorPath {
        &self.descriptor_path
    }

    fn supported_versions(&self) -> &VersionReq {
        &self.supported_versions
    }

    fn preflight(&self, binding: &BindingContext) -> Result<Preflight, HandlerFault> {
        let Asked { checks, probes, .. } = self.ask_preflight(binding, None)?;
        Ok(Preflight { checks: checks?, probes })
    }
}

impl Rehearse for Handler {
    fn rehearse(&self, binding: &BindingContext, world: Answering) -> Rehearsal {
        match self.ask_preflight(binding, Some(Stage::new(world))) {
            Ok(Asked { checks, exchanges, .. }) => Rehearsal { checks, exchanges },
            Err(fault) => Rehearsal { checks: Err(fault), exchanges: Vec::new() },
        }
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
    /// Runs the preflight, and holds its answer to its limits.
    fn ask_preflight(&self, binding: &BindingContext, stage: Option<Stage>) -> Result<Asked, HandlerFault> {
        with_room(&self.shared, || {
            let handler = ForeignText::new(self.descriptor_path.as_str());
            let mut guest = Guest::new(&self.shared, handler, Some(binding.clone()), self.wasi, self.time);
            guest.stage = stage;
            let mut running = Running::start(&self.pre, guest).map_err(|error| match error {
                LoadError::Fault(fault) => fault,
                // its types were right when it was loaded
                other => HandlerFault::WrongShape { call: Call::Instantiate, reason: other.to_string() },
            })?;
            let checks =
                running.call(Call::Preflight, |world, store| world.greentic_env_pack_handler().call_preflight(store));
            let checks = checks.and_then(|checks| admit(checks, &self.shared.limits));
            let (probes, exchanges) = running.store.into_data().into_questions();
            Ok(Asked { checks, probes, exchanges })
        })
    }
}

/// Holds the answer of a preflight to its limits.
fn admit(checks: Vec<types::ToolCheck>, limits: &Limits) -> Result<Vec<ToolCheck>, HandlerFault> {
    let call = Call::Preflight;
    let too_much = |what: String| HandlerFault::TooMuchOutput { call, what };
    let wrong = |reason: String| HandlerFault::WrongShape { call, reason };
    if checks.len() > limits.checks {
        return Err(too_much(format!("{} checks, more than {}", checks.len(), limits.checks)));
    }
    let mut admitted: Vec<ToolCheck> = Vec::with_capacity(checks.len());
    for check in checks {
        let check = ToolCheck::from(check);
        if let Some(long) = texts(&check).into_iter().find(|text| text.as_exact().len() > limits.text_bytes) {
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
        if admitted.iter().any(|other| other.name == check.name) {
            return Err(wrong(format!("two checks named `{}`", ForeignText::excerpt(check.name.as_exact()))));
        }
        admitted.push(check);
    }
    Ok(admitted)
}

fn texts(check: &ToolCheck) -> Vec<&ForeignText> {
    let mut texts = vec![&check.name, &check.description];
    match &check.outcome {
        Outcome::Ok { detail } => texts.extend(detail),
        Outcome::Missing { install_hint } => texts.push(install_hint),
        Outcome::VersionMismatch { found, required, install_hint } => texts.extend([found, required, install_hint]),
        Outcome::AuthFailed { detail, recovery_hint } | Outcome::Unreachable { detail, recovery_hint } => {
            texts.extend([detail, recovery_hint]);
        }
        Outcome::ProbeError { detail } => texts.push(detail),
    }
    texts
}

impl Guest {
    /// The binding of a preflight; metadata calls have none and may not ask.
    fn preflight(&self, import: &'static str) -> wasmtime::Result<&BindingContext> {
        self.binding.as_ref().filter(|_| self.call == Call::Preflight).ok_or_else(|| Forbidden(import).into())
    }
}

impl tools::Host for Guest {
    fn probe(&mut self, tool: String, args: Vec<String>) -> wasmtime::Result<Result<tools::Output, tools::Failure>> {
        self.preflight("tools.probe")?;
        Ok(self.probe_tool(&tool, &args).map(tools::Output::from).map_err(tools::Failure::from))
    }
}

impl network::Host for Guest {
    fn reach(&mut self, host: String, port: u16) -> wasmtime::Result<Result<(), network::Failure>> {
        self.preflight("network.reach")?;
        Ok(self.reach_address(&host, port).map_err(network::Failure::from))
    }
}

impl binding::Host for Guest {
    fn env_id(&mut self) -> wasmtime::Result<String> {
        Ok(self.preflight("binding.env-id")?.env_id.to_string())
    }

    fn instance_id(&mut self) -> wasmtime::Result<Option<String>> {
        Ok(self.preflight("binding.instance-id")?.instance_id.as_ref().map(ToString::to_string))
    }

    fn answers_json(&mut self) -> wasmtime::Result<String> {
        Ok(self.preflight("binding.answers-json")?.answers_json.clone())
    }
}

impl log::Host for Guest {
    fn log(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        let level = match level {
            log::Level::Trace => Level::Trace,
            log::Level::Debug => Level::Debug,
            log::Level::Info => Level::Info,
            log::Level::Warn => Level::Warn,
            log::Level::Error => Level::Error,
        };
        Guest::log(self, level, &message);
        Ok(())
    }
}

impl types::Host for Guest {}

impl From<types::CapabilitySlot> for CapabilitySlot {
    fn from(slot: types::CapabilitySlot) -> Self {
        match slot {
            types::CapabilitySlot::Deployer => Self::Deployer,
            types::CapabilitySlot::Secrets => Self::Secrets,
            types::CapabilitySlot::Telemetry => Self::Telemetry,
            types::CapabilitySlot::Sessions => Self::Sessions,
            types::CapabilitySlot::State => Self::State,
            types::CapabilitySlot::Revocation => Self::Revocation,
            types::CapabilitySlot::Messaging => Self::Messaging,
            types::CapabilitySlot::Extension => Self::Extension,
        }
    }
}

impl From<types::ToolCheck> for ToolCheck {
    fn from(check: types::ToolCheck) -> Self {
        let text = |text: String| ForeignText::new(text);
        let outcome = match check.outcome {
            types::Outcome::Ok(detail) => Outcome::Ok { detail: detail.map(text) },
            types::Outcome::Missing(missing) => Outcome::Missing { install_hint: text(missing.install_hint) },
            types::Outcome::VersionMismatch(mismatch) => Outcome::VersionMismatch {
                found: text(mismatch.found),
                required: text(mismatch.required),
                install_hint: text(mismatch.install_hint),
            },
            types::Outcome::AuthFailed(failed) => {
                Outcome::AuthFailed { detail: text(failed.detail), recovery_hint: text(failed.recovery_hint) }
            }
            types::Outcome::Unreachable(failed) => {
                Outcome::Unreachable { detail: text(failed.detail), recovery_hint: text(failed.recovery_hint) }
            }
            types::Outcome::ProbeError(error) => Outcome::ProbeError { detail: text(error.detail) },
        };
        Self { name: text(check.name), description: text(check.description), outcome }
    }
}

impl From<super::tools::Output> for tools::Output {
    fn from(output: super::tools::Output) -> Self {
        let super::tools::Output { exit_code, stdout, stderr, truncated } = output;
        Self { exit_code, stdout, stderr, truncated }
    }
}

impl From<super::tools::Failure> for tools::Failure {
    fn from(failure: super::tools::Failure) -> Self {
        use super::tools::Failure;
        match failure {
            Failure::NotFound => Self::NotFound,
            Failure::Denied(reason) => Self::Denied(reason),
            Failure::TimedOut => Self::TimedOut,
            Failure::Io(reason) => Self::Io(reason),
        }
    }
}

impl From<super::network::Failure> for network::Failure {
    fn from(failure: super::network::Failure) -> Self {
        use super::network::Failure;
        match failure {
            Failure::Denied(reason) => Self::Denied(reason),
            Failure::NotFound => Self::NotFound,
            Failure::Refused => Self::Refused,
            Failure::TimedOut => Self::TimedOut,
            Failure::Io(reason) => Self::Io(reason),
        }
    }
}
