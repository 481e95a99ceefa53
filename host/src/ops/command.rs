//! Commands that people are told to run. Somebody will paste them into a shell, and strangers chose some of the words.

use std::fmt::Display;

use env_pack_domain::{Binding, EnvId, ForeignText, PackRef, Permissions, Place};

/// One word of a command, quoted where a shell would make more of it.
pub fn quoted(word: impl Display) -> String {
    shell_words::quote(&word.to_string()).into_owned()
}

/// The flags that name these permissions, all beginning with `prefix`.
pub(super) fn flags(permissions: &Permissions, prefix: &str) -> String {
    let tools = permissions.tools.iter().map(|tool| format!("{prefix}tool {}", quoted(tool)));
    let network = permissions.network.iter().map(|address| format!("{prefix}network {}", quoted(address)));
    tools.chain(network).collect::<Vec<_>>().join(" ")
}

/// The command that looks into a pack.
pub(super) fn inspect_command(pack_ref: &PackRef) -> String {
    format!("gtc pack inspect {}", quoted(pack_ref))
}

/// The command that binds a pack again, out of this archive or one that is yet to be named.
pub(super) fn update_command(id: &EnvId, binding: &Binding, pack_ref: Option<&PackRef>) -> String {
    let place = match &binding.place {
        Place::Slot(slot) => format!("env-packs update --env {id} --slot {slot}"),
        Place::Extension(None) => format!("extensions update --env {id}"),
        Place::Extension(Some(instance)) => format!("extensions update --env {id} --instance-id {instance}"),
    };
    let pack_ref = pack_ref.map_or_else(|| "<file>".to_owned(), quoted);
    // an update without them would take the answers away
    let answers = binding.answers_ref.as_ref().map(|answers| ForeignText::new(answers.as_str()));
    let answers = answers.map(|answers| format!(" --answers-ref {}", quoted(answers))).unwrap_or_default();
    format!("gtc op {place} --kind {} --pack-ref {pack_ref}{answers}", binding.kind)
}
