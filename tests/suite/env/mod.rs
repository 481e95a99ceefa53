//! `gtc op env`.

mod delete;
mod doctor;
mod export;
mod files;
mod init;
mod migrate;
mod rename;
mod tool_check;
mod update;

use test_support::Sandbox;

/// Removes the binding of a slot as another tool does, or an earlier version that had no default
/// for it.
fn drop_binding(sandbox: &Sandbox, id: &str, slot: &str) {
    let mut document = sandbox.document(id);
    document["packs"].as_array_mut().expect("a list").retain(|binding| binding["slot"] != slot);
    let text = serde_json::to_string_pretty(&document).expect("JSON") + "\n";
    std::fs::write(sandbox.environment(id).join("environment.json"), text).expect("a file");
}
