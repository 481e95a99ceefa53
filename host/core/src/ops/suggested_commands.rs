//! Commands that hints suggest. Users paste them into a shell, and some words come from
//! untrusted packs, so every word is quoted.

use env_pack_domain::{
    Binding, BindingKey, BindingPlace, EnvId, ForeignText, PackRef, Permissions,
};

/// Quotes a word for a shell, so that an untrusted word cannot run another command.
pub fn quoted(word: &str) -> ForeignText {
    ForeignText::new(shell_words::quote(word))
}

/// Returns the flags for these permissions, such as `--grant-tool 'git --version'` for the
/// prefix `--grant-`.
pub(super) fn flags(permissions: &Permissions, prefix: &str) -> String {
    let tools =
        permissions.tools.iter().map(|tool| format!("{prefix}tool {}", quoted(&tool.to_string())));
    let network = permissions
        .network
        .iter()
        .map(|address| format!("{prefix}network {}", quoted(&address.to_string())));
    tools.chain(network).collect::<Vec<_>>().join(" ")
}

/// Returns the command that inspects a pack.
pub(super) fn inspect_command(pack_ref: &PackRef) -> String {
    format!("gtc pack inspect {}", quoted(&pack_ref.text()))
}

/// Returns the command that refreshes a binding.
pub(super) fn refresh_command(id: &EnvId, key: &BindingKey) -> String {
    match key {
        BindingKey::Slot(slot) => {
            format!("gtc op env-packs update --env {id} --slot {slot} --refresh")
        }
        BindingKey::Extension { path, instance } => {
            let instance = instance
                .as_ref()
                .map(|instance| format!(" --instance-id {instance}"))
                .unwrap_or_default();
            format!("gtc op extensions update --env {id} --kind {path}{instance} --refresh")
        }
    }
}

/// Returns the command that updates a binding, with this pack or a placeholder.
pub(super) fn update_command(id: &EnvId, binding: &Binding, pack_ref: Option<&PackRef>) -> String {
    let place = match &binding.place {
        BindingPlace::Slot(slot) => format!("env-packs update --env {id} --slot {slot}"),
        BindingPlace::Extension(None) => format!("extensions update --env {id}"),
        BindingPlace::Extension(Some(instance)) => {
            format!("extensions update --env {id} --instance-id {instance}")
        }
    };
    let pack_ref = pack_ref
        .map_or_else(|| "<file>".to_owned(), |pack_ref| quoted(&pack_ref.text()).to_string());
    // an update without this flag would remove the answers
    let answers = binding
        .answers_ref
        .as_ref()
        .map(|answers| format!(" --answers-ref {}", quoted(answers.as_str())));
    let answers = answers.unwrap_or_default();
    format!("gtc op {place} --kind {} --pack-ref {pack_ref}{answers}", binding.kind)
}
