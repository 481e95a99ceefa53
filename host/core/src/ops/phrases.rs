//! Phrases that several messages contain.

use std::path::Path;

use env_pack_domain::{DescriptorPath, ForeignText, InstanceId, Permissions};

/// Describes permissions in words, such as "to run `git`, to reach `example.com:443`".
pub(super) fn describe_permissions(permissions: &Permissions) -> String {
    let tools = permissions.tools.iter().map(|tool| format!("to run `{tool}`"));
    let network = permissions.network.iter().map(|address| format!("to reach `{address}`"));
    tools.chain(network).collect::<Vec<_>>().join(", ")
}

/// Lists descriptor paths, each in backquotes.
pub(super) fn list_paths(paths: &[DescriptorPath]) -> String {
    paths.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ")
}

/// Returns a path for a message.
pub(super) fn display_path(path: &Path) -> ForeignText {
    ForeignText::new(path.to_string_lossy())
}

/// Names the instance of an extension, after its descriptor path.
pub(super) fn instance_phrase(instance: Option<&InstanceId>) -> String {
    instance.map(|instance| format!(" instance `{instance}`")).unwrap_or_default()
}
