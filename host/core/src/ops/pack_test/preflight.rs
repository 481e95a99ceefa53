//! Runs the preflight of a scenario.

use std::time::Duration;

use env_pack_domain::{BindingContext, EnvId, Permissions};

use super::script;
use crate::ops::answered_addresses;
use crate::ops::load_pack::LoadedHandler;
use crate::scenario::{Actual, Given};
use gtc_engine::{PreflightRecording, ProbeBackend};

/// The default environment id of a scenario.
const ENVIRONMENT: &str = "local";

/// Runs a preflight with the replies of a scenario.
pub(super) fn record_preflight(
    given: &Given,
    loaded: &LoadedHandler,
    time: Duration,
) -> PreflightRecording {
    loaded.handler.record_preflight(
        &context(given, loaded),
        ProbeBackend::Scripted(script::script(given)),
        time,
    )
}

/// Returns the binding of a scenario. All permissions that the pack declares are granted.
pub(super) fn context(given: &Given, loaded: &LoadedHandler) -> BindingContext {
    let permissions = permissions(given, loaded);
    BindingContext {
        env_id: environment(given),
        instance_id: given.instance_id.as_ref().map(|instance| instance.0.clone()),
        answers_json: answers(given),
        grants: permissions.clone(),
        declared: permissions,
    }
}

/// Returns the permissions that the pack declares, with the addresses of the scenario's answers.
pub(super) fn permissions(given: &Given, loaded: &LoadedHandler) -> Permissions {
    answered_addresses::resolve(&loaded.permissions, &answers(given)).permissions
}

fn answers(given: &Given) -> String {
    given.answers.as_ref().map_or_else(|| "{}".to_owned(), ToString::to_string)
}

pub(super) fn environment(given: &Given) -> EnvId {
    given
        .environment_id
        .as_ref()
        .map_or_else(|| ENVIRONMENT.parse().expect("it is an id"), |id| id.0.clone())
}

pub(super) fn observed(
    rehearsal: PreflightRecording,
    given: &Given,
    loaded: &LoadedHandler,
) -> Actual {
    let declared = permissions(given, loaded);
    let asked = rehearsal
        .interactions
        .iter()
        .map(|exchange| script::describe_exchange(exchange, &declared))
        .collect();
    Actual { checks: rehearsal.checks, calls: asked }
}
