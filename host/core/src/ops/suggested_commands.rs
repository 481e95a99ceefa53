//! Commands that hints suggest.

use env_pack_domain::messaging::EndpointId;
use env_pack_domain::{
    Binding, BindingKey, BindingPlace, CapabilitySlot, CoreSlot, DescriptorPath, EnvId, InstanceId,
    PackDescriptor, PackRef, Permissions,
};

use crate::Host;
use crate::shell::quoted;

/// Returns the flags for these permissions, such as `--tool 'git --version'`.
pub(super) fn flags(permissions: &Permissions) -> String {
    let tools =
        permissions.tools.iter().map(|tool| format!("--tool {}", quoted(&tool.to_string())));
    let network = permissions
        .network
        .iter()
        .map(|address| format!("--network {}", quoted(&address.to_string())));
    tools.chain(network).collect::<Vec<_>>().join(" ")
}

/// Returns the command that grants permissions to a binding.
pub(super) fn grant_command(id: &EnvId, binding: &Binding, missing: &Permissions) -> String {
    let path = binding.kind.path();
    let instance = instance_flag(binding.place.instance());
    format!("gtc op grants add --env {id} --kind {path}{instance} {}", flags(missing))
}

/// Returns the command that inspects a pack.
pub(super) fn inspect_command(pack_ref: &PackRef) -> String {
    format!("gtc pack inspect {}", quoted(&pack_ref.text()))
}

/// Returns the command that refreshes a binding.
pub(super) fn refresh_command(id: &EnvId, key: &BindingKey) -> String {
    format!("{} --refresh", binding_command(id, key, "update"))
}

/// Returns the command that pins a binding.
pub(super) fn pin_command(id: &EnvId, key: &BindingKey) -> String {
    binding_command(id, key, "pin")
}

fn binding_command(id: &EnvId, key: &BindingKey, verb: &str) -> String {
    match key {
        BindingKey::Slot(slot) => format!("gtc op env-packs {verb} --env {id} --slot {slot}"),
        BindingKey::Extension { path, instance } => {
            let instance = instance_flag(instance.as_ref());
            format!("gtc op extensions {verb} --env {id} --kind {path}{instance}")
        }
    }
}

fn instance_flag(instance: Option<&InstanceId>) -> String {
    instance.map(|instance| format!(" --instance-id {instance}")).unwrap_or_default()
}

/// Returns the command that updates a binding, with this pack or a placeholder.
pub(super) fn update_command(id: &EnvId, binding: &Binding, pack_ref: Option<&PackRef>) -> String {
    let place = match &binding.place {
        BindingPlace::Slot(slot) => format!("env-packs update --env {id} --slot {slot}"),
        BindingPlace::Extension(instance) => {
            format!("extensions update --env {id}{}", instance_flag(instance.as_ref()))
        }
    };
    let pack_ref = pack_ref
        .map_or_else(|| "<file>".to_owned(), |pack_ref| quoted(&pack_ref.text()).to_string());
    format!("gtc op {place} --kind {} --pack-ref {pack_ref}", binding.kind)
}

/// Returns a command about a messaging endpoint.
pub(crate) fn endpoint_command(verb: &str, id: &EnvId, endpoint: &EndpointId) -> String {
    format!("gtc op messaging endpoint {verb} --env {id} --endpoint-id {endpoint}")
}

/// Returns a place for the answers of a binding that names none yet.
pub(super) fn default_answers_ref(binding: &Binding) -> String {
    match &binding.place {
        BindingPlace::Slot(slot) => format!("env-packs/{slot}/answers.json"),
        BindingPlace::Extension(instance) => {
            let instance = instance.as_ref().map(|id| format!("-{id}")).unwrap_or_default();
            format!("extensions/{}{instance}/answers.json", binding.kind.path())
        }
    }
}

/// Returns the command that does something with the answers of a binding.
pub(super) fn answers_command(id: &EnvId, binding: &Binding, verb: &str) -> String {
    let instance = instance_flag(binding.place.instance());
    format!("gtc op answers {verb} --env {id} --kind {}{instance}", binding.kind.path())
}

/// Returns the command that binds a pack as an extension.
pub(super) fn add_extension_command(
    id: &EnvId,
    kind: &PackDescriptor,
    pack_ref: &PackRef,
) -> String {
    let pack_ref = quoted(&pack_ref.text());
    format!("gtc op extensions add --env {id} --kind {kind} --pack-ref {pack_ref}")
}

/// Returns the command that lists the bindings of this kind.
pub(crate) fn list_command(environment: &EnvId, key: &BindingKey) -> String {
    match key {
        BindingKey::Slot(_) => format!("gtc op env-packs list {environment}"),
        BindingKey::Extension { .. } => format!("gtc op extensions list {environment}"),
    }
}

/// Returns the command that lists what was bound to a place.
pub(super) fn history_command(id: &EnvId, key: &BindingKey) -> String {
    match key {
        BindingKey::Slot(slot) => format!("gtc op history {id} --slot {slot}"),
        BindingKey::Extension { path, instance } => {
            format!("gtc op history {id} --kind {path}{}", instance_flag(instance.as_ref()))
        }
    }
}

/// Returns the arguments of `gtc` that bind a pack for the first time, in an environment that
/// `gtc op env init` created; none for a slot that `gtc` does not bind.
pub(super) fn bind_arguments(
    host: &Host,
    (path, version): (&DescriptorPath, &str),
    slot: CapabilitySlot,
    environment: &str,
    pack: &str,
) -> Option<String> {
    let kind = if path.as_str().starts_with('-') { "--kind=" } else { "--kind " };
    let descriptor = quoted(&format!("{path}@{version}"));
    let pack = format!("{kind}{descriptor} --pack-ref {pack}");
    // a new environment already binds the default packs
    let is_default = host.fetcher.builtins().any(|builtin| builtin.path().slot() == Some(slot));
    match (CoreSlot::try_from(slot), slot) {
        (Ok(_), _) => {
            let verb = if is_default { "update" } else { "add" };
            Some(format!("op env-packs {verb} --env {environment} --slot {slot} {pack}"))
        }
        (Err(_), CapabilitySlot::Extension) => {
            Some(format!("op extensions add --env {environment} {pack}"))
        }
        (Err(_), _) => None,
    }
}
