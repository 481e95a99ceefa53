//! Packs that declare permissions twice, too many of them, or shells and interpreters.

use super::declarations::asking;
use super::{Broken, codes, findings, handler};
use test_support::Sandbox;

pub fn broken() -> Vec<Broken> {
    let tools = |code, tools: &[&str]| {
        Broken::new(code, format!("{tools:?}"), asking(&handler(), tools, &[]))
    };
    let many: Vec<String> = (0..300).map(|at| format!("vault{at} status")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let addresses = ["vault.example:8200", "vault.example:8200"];
    vec![
        tools("permissions-too-many", &many),
        tools("permission-repeated", &["vault status", "vault status"]),
        Broken::new("permission-repeated", "an address twice", asking(&handler(), &[], &addresses)),
        tools("tool-is-shell", &["bash -c 'echo hello'"]),
    ]
}

/// Validates a pack that declares these commands; returns the number of findings that are
/// notices about a shell or an interpreter, of which there are no others.
fn notices(commands: &[&str]) -> usize {
    let sandbox = Sandbox::new();
    let path = sandbox.write("shells.gtpack", asking(&handler(), commands, &[]));
    let findings = findings(&sandbox.pack().validate(&path).strict().exited(0));
    assert!(codes(&findings).into_iter().all(|code| code == "tool-is-shell"), "{findings:?}");
    assert!(findings.iter().all(|finding| finding["severity"] == "note"), "{findings:?}");
    findings.len()
}

#[test]
fn shells_and_interpreters_are_noticed() {
    let commands = [
        "sh",
        "bash -c *",
        "bash5.1 -l",
        "pwsh -NoProfile -Command x",
        "cmd.exe dir",
        "python3 -c x",
        "python3.12 -m x",
        "Perl5.36 -ne x",
        "node -e x",
        "awk x",
    ];
    assert_eq!(notices(&commands), commands.len());
}

#[test]
fn other_commands_and_version_queries_are_not_noticed() {
    let commands = [
        "vault status",
        "kubectl completion bash",
        "shfmt x",
        "bash --version",
        "python3 -V",
        "node --version",
        "terraform apply -auto-approve",
    ];
    assert_eq!(notices(&commands), 0);
}
