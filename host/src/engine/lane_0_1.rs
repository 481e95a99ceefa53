//! Handlers of `greentic:env-pack@0.1.x`: the interface adapted to the domain, and nothing else.

use std::sync::Arc;

use env_pack_domain::{
    BindingContext, Call, CapabilitySlot, DescriptorPath, EnvPackHandler, ForeignText, HandlerFault, Outcome,
    Preflight, Sha256Digest, ToolCheck, VersionReq,
};
use wasmtime::Store;
use wasmtime::component::{Component, HasSelf, Linker};

use super::guest::{Forbidden, Guest};
use super::{Level, Limits, LoadError, Shared, guest};

mod bindings {
    wasmtime::component::bindgen!({
        path: "../wit/env-pack/0.1.0",
        world: "env-pack-handler",
        imports: { default: trappable },
    });
}

use bindings::greentic::env_pack::{binding, log, network, tools, types};
use bindings::{EnvPackHandler as World, EnvPackHandlerPre};

/// A guest that has said who it is.
struct Handler {
    pre: EnvPackHandlerPre<Guest>,
    shared: Arc<Shared>,
    wasi: bool,
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

/// Instantiates a component and asks it the three constants.
pub(super) fn load(
    shared: &Arc<Shared>,
    linker: &Linker<Guest>,
    component: &Component,
    digest: &Sha256Digest,
    wasi: bool,
) -> Result<Box<dyn EnvPackHandler>, LoadError> {
    let interface =
        |error: wasmtime::Error| LoadError::Interface { reason: ForeignText::sentence(&format!("{error:#}")) };
    let pre = linker.instantiate_pre(component).map_err(interface)?;
    let pre = EnvPackHandlerPre::new(pre).map_err(interface)?;
    let mut running = Running::start(&pre, Guest::new(shared, ForeignText::new(digest.to_string()), None, wasi))?;
    let slot = running.call(Call::Slot, |world, store| world.greentic_env_pack_handler().call_slot(store))?;
    let path = running
        .call(Call::DescriptorPath, |world, store| world.greentic_env_pack_handler().call_descriptor_path(store))?;
    let descriptor_path: DescriptorPath = parsed(Call::DescriptorPath, &path)?;
    running.store.data_mut().handler = ForeignText::new(descriptor_path.as_str());
    let versions = running.call(Call::SupportedVersions, |world, store| {
        world.greentic_env_pack_handler().call_supported_versions(store)
    })?;
    Ok(Box::new(Handler {
        pre,
        shared: Arc::clone(shared),
        wasi,
        slot: slot.into(),
        descriptor_path,
        supported_versions: parsed(Call::SupportedVersions, &versions)?,
    }))
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
    fn start(pre: &EnvPackHandlerPre<Guest>, guest: Guest) -> Result<Self, HandlerFault> {
        let mut store = guest::store(pre.engine(), guest);
        match pre.instantiate(&mut store) {
            Ok(world) => Ok(Self { store, world }),
            Err(error) => Err(store.data().fault(&error)),
        }
    }

    fn call<T>(
        &mut self,
        call: Call,
        run: impl FnOnce(&World, &mut Store<Guest>) -> wasmtime::Result<T>,
    ) -> Result<T, HandlerFault> {
        self.store.data_mut().call = call;
        run(&self.world, &mut self.store).map_err(|error| self.store.data().fault(&error))
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
        let handler = ForeignText::new(self.descriptor_path.as_str());
        let guest = Guest::new(&self.shared, handler, Some(binding.clone()), self.wasi);
        let mut running = Running::start(&self.pre, guest)?;
        let checks =
            running.call(Call::Preflight, |world, store| world.greentic_env_pack_handler().call_preflight(store))?;
        let checks = admit(checks, &self.shared.limits)?;
        Ok(Preflight { checks, probes: running.store.into_data().into_probes() })
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
