//! Handlers of `greentic:env-pack@0.1.x`: the interface adapted to the domain, and
//! nothing else.

use std::sync::Arc;

use env_pack_domain::{
    BindingContext, Call, CapabilitySlot, CheckOutcome, DescriptorPath, ForeignText, HandlerFault,
    Permissions, ToolCheck,
};
use wasmtime::Store;
use wasmtime::component::{Component, HasSelf, InstancePre, Linker};

use super::bench::{Times, timed};
use super::guest::{Forbidden, Guest, Questions};
use super::lane::{Introduction, Prepared};
use super::{Level, LoadError, Shared, guest};

mod bindings {
    wasmtime::component::bindgen!({
        path: "../wit/env-pack/0.1.0",
        world: "env-pack-handler",
        imports: { default: trappable },
    });
}

use bindings::greentic::env_pack::{binding, log, network, tools, types};
use bindings::{EnvPackHandler as World, EnvPackHandlerIndices};

/// Defines what a guest of this lane may import, beside WASI.
pub(super) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    World::add_to_linker::<_, HasSelf<Guest>>(linker, |guest| guest)
}

/// Finds what a component imports.
pub(super) fn prepare(linker: &Linker<Guest>, component: &Component) -> Result<Pre, LoadError> {
    let pre = linker.instantiate_pre(component).map_err(|error| interface(&error))?;
    let indices = EnvPackHandlerIndices::new(&pre).map_err(|error| interface(&error))?;
    Ok(Pre { pre, indices })
}

fn bench(shared: &Arc<Shared>, pre: &Pre, wasi: bool, times: &mut Times) -> Result<(), LoadError> {
    let (limits, nobody) = (&shared.limits, || ForeignText::new("bench"));
    let (mut running, time) = timed(|| {
        Running::start(pre, Guest::new(shared, nobody(), None, wasi, limits.metadata_time))
    })?;
    times.instantiate.push(time);
    let (_, time) = timed(|| {
        running.call(Call::Slot, |world, store| {
            world.greentic_env_pack_handler().call_slot(store).map(drop)
        })
    })?;
    times.slot.push(time);
    let (_, time) = timed(|| {
        running.call(Call::DescriptorPath, |world, store| {
            world.greentic_env_pack_handler().call_descriptor_path(store)
        })
    })?;
    times.descriptor_path.push(time);
    let (_, time) = timed(|| {
        running.call(Call::SupportedVersions, |world, store| {
            world.greentic_env_pack_handler().call_supported_versions(store)
        })
    })?;
    times.supported_versions.push(time);
    let introduced = running.store.data().memory_bytes();
    let nothing = BindingContext {
        env_id: "local".parse().expect("it is an id"),
        instance_id: None,
        answers_json: "{}".to_owned(),
        grants: Permissions::default(),
    };
    let mut running = Running::start(
        pre,
        Guest::new(shared, nobody(), Some(nothing), wasi, limits.preflight_time),
    )?;
    let (_, time) = timed(|| {
        running.call(Call::Preflight, |world, store| {
            world.greentic_env_pack_handler().call_preflight(store)
        })
    })?;
    times.preflight.push(time);
    let most = introduced.max(running.store.data().memory_bytes());
    times.memory_bytes = times.memory_bytes.max(most);
    Ok(())
}

fn interface(error: &wasmtime::Error) -> LoadError {
    LoadError::Interface { reason: ForeignText::sentence(&format!("{error:#}")) }
}

/// A component whose imports are found, and where its exports are.
pub(super) struct Pre {
    pre: InstancePre<Guest>,
    indices: EnvPackHandlerIndices,
}

impl Prepared for Pre {
    fn introduce(&self, guest: Guest) -> Result<Introduction, LoadError> {
        let mut running = Running::start(self, guest)?;
        let slot = running
            .call(Call::Slot, |world, store| world.greentic_env_pack_handler().call_slot(store))?;
        let path = running.call(Call::DescriptorPath, |world, store| {
            world.greentic_env_pack_handler().call_descriptor_path(store)
        })?;
        let descriptor_path: DescriptorPath = parsed(Call::DescriptorPath, &path)?;
        running.store.data_mut().handler = ForeignText::new(descriptor_path.as_str());
        let versions = running.call(Call::SupportedVersions, |world, store| {
            world.greentic_env_pack_handler().call_supported_versions(store)
        })?;
        let supported_versions = parsed(Call::SupportedVersions, &versions)?;
        Ok(Introduction { slot: slot.into(), descriptor_path, supported_versions })
    }

    fn preflight(&self, guest: Guest) -> (Result<Vec<ToolCheck>, HandlerFault>, Questions) {
        let mut running = match Running::start(self, guest) {
            Ok(running) => running,
            Err(LoadError::Fault(fault)) => return (Err(fault), Questions::Unheard),
            // its types were right when it was loaded
            Err(other) => {
                let (call, reason) = (Call::Instantiate, ForeignText::new(other.to_string()));
                return (Err(HandlerFault::WrongShape { call, reason }), Questions::Unheard);
            }
        };
        let checks = running.call(Call::Preflight, |world, store| {
            world.greentic_env_pack_handler().call_preflight(store)
        });
        let checks = checks.map(|checks| checks.into_iter().map(ToolCheck::from).collect());
        (checks, running.store.into_data().questions)
    }

    fn bench(&self, shared: &Arc<Shared>, wasi: bool, times: &mut Times) -> Result<(), LoadError> {
        bench(shared, self, wasi, times)
    }
}

fn parsed<T: std::str::FromStr<Err: ToString>>(call: Call, text: &str) -> Result<T, HandlerFault> {
    text.parse().map_err(|error: T::Err| {
        let reason = format!("`{}`: {}", ForeignText::excerpt(text), error.to_string());
        HandlerFault::WrongShape { call, reason: ForeignText::new(reason) }
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
        let instance =
            pre.pre.instantiate(&mut store).map_err(|error| store.data().fault(&error))?;
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
        let answer =
            run(&self.world, &mut self.store).map_err(|error| self.store.data().fault(&error))?;
        self.store.data().still_in_time()?;
        Ok(answer)
    }
}

impl Guest {
    /// The binding of a preflight; metadata calls have none and may not ask.
    fn preflight(&self, import: &'static str) -> wasmtime::Result<&BindingContext> {
        self.binding
            .as_ref()
            .filter(|_| self.call == Call::Preflight)
            .ok_or_else(|| Forbidden(import).into())
    }
}

impl tools::Host for Guest {
    fn probe(
        &mut self,
        tool: String,
        args: Vec<String>,
    ) -> wasmtime::Result<Result<tools::Output, tools::Failure>> {
        self.preflight("tools.probe")?;
        Ok(self.questions.tool(&tool, &args).map(tools::Output::from).map_err(tools::Failure::from))
    }
}

impl network::Host for Guest {
    fn reach(&mut self, host: String, port: u16) -> wasmtime::Result<Result<(), network::Failure>> {
        self.preflight("network.reach")?;
        Ok(self.questions.network(&host, port).map_err(network::Failure::from))
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
            types::Outcome::Ok(detail) => CheckOutcome::Ok { detail: detail.map(text) },
            types::Outcome::Missing(missing) => {
                CheckOutcome::Missing { install_hint: text(missing.install_hint) }
            }
            types::Outcome::VersionMismatch(mismatch) => CheckOutcome::VersionMismatch {
                found: text(mismatch.found),
                required: text(mismatch.required),
                install_hint: text(mismatch.install_hint),
            },
            types::Outcome::AuthFailed(failed) => CheckOutcome::AuthFailed {
                detail: text(failed.detail),
                recovery_hint: text(failed.recovery_hint),
            },
            types::Outcome::Unreachable(failed) => CheckOutcome::Unreachable {
                detail: text(failed.detail),
                recovery_hint: text(failed.recovery_hint),
            },
            types::Outcome::ProbeError(error) => {
                CheckOutcome::ProbeError { detail: text(error.detail) }
            }
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
