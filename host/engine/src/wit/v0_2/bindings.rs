//! The bindings that wasmtime generates from the WIT, and the shared host interfaces under
//! their names in this version.

use wasmtime::StoreContextMut;
use wasmtime::component::Linker;

use crate::guest::state::Guest;
use crate::wit::v0_1::bindings::greentic::env_pack as shared;
use shared::{binding, log, network, tools};

wasmtime::component::bindgen!({
    path: "../../wit/unreleased/env-pack/0.2.0",
    world: "env-pack-handler",
    imports: { default: trappable },
    with: {
        "greentic:env-pack/types@0.2.0": crate::wit::v0_1::bindings::greentic::env_pack::types,
        "greentic:env-pack/tools@0.2.0": crate::wit::v0_1::bindings::greentic::env_pack::tools,
        "greentic:env-pack/network@0.2.0": crate::wit::v0_1::bindings::greentic::env_pack::network,
        "greentic:env-pack/binding@0.2.0": crate::wit::v0_1::bindings::greentic::env_pack::binding,
        "greentic:env-pack/log@0.2.0": crate::wit::v0_1::bindings::greentic::env_pack::log,
    },
});

type Context<'a> = StoreContextMut<'a, Guest>;

/// Adds the host interfaces to a linker. The generated function would add those of version
/// 0.1 again, because it knows them by the names of their bindings.
pub(in crate::wit) fn add_to_linker(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    linker.instance("greentic:env-pack/types@0.2.0")?;
    linker.instance("greentic:env-pack/tools@0.2.0")?.func_wrap(
        "probe",
        |mut store: Context<'_>, (tool, args): (String, Vec<String>)| {
            Ok((tools::Host::probe(store.data_mut(), tool, args)?,))
        },
    )?;
    linker.instance("greentic:env-pack/network@0.2.0")?.func_wrap(
        "reach",
        |mut store: Context<'_>, (host, port): (String, u16)| {
            Ok((network::Host::reach(store.data_mut(), host, port)?,))
        },
    )?;
    let mut operator = linker.instance("greentic:env-pack/binding@0.2.0")?;
    operator.func_wrap("env-id", |mut store: Context<'_>, (): ()| {
        Ok((binding::Host::env_id(store.data_mut())?,))
    })?;
    operator.func_wrap("instance-id", |mut store: Context<'_>, (): ()| {
        Ok((binding::Host::instance_id(store.data_mut())?,))
    })?;
    operator.func_wrap("answers-json", |mut store: Context<'_>, (): ()| {
        Ok((binding::Host::answers_json(store.data_mut())?,))
    })?;
    linker.instance("greentic:env-pack/log@0.2.0")?.func_wrap(
        "log",
        |mut store: Context<'_>, (level, message): (log::Level, String)| {
            log::Host::log(store.data_mut(), level, message)
        },
    )
}
