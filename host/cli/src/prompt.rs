//! Prompts at a terminal. Without a terminal, flags replace them.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};

use env_pack_domain::Permissions;

use super::error::CliError;

/// Maximum length of an answer in bytes; the rest is not read.
const ANSWER_BYTES: u64 = 64;

/// Returns true if standard input and standard error are terminals.
pub(crate) fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks whether to grant permissions to a pack.
pub(crate) fn confirm_permissions(missing: &Permissions) -> Result<bool, CliError> {
    let permissions = permission_lines(missing);
    confirm(&format!("this pack requests permission to:\n{permissions}Grant? [y/N] "))
}

/// Asks whether to run a recording with all permissions that the pack declares.
pub(crate) fn confirm_recording(declared: &Permissions) -> Result<bool, CliError> {
    let permissions = permission_lines(declared);
    confirm(&format!(
        "recording runs the handler on this machine, with every permission that it declares:\n\
         {permissions}Continue? [y/N] "
    ))
}

/// Asks whether to apply the changes that are shown.
pub(crate) fn confirm_update(changes: &str) -> Result<bool, CliError> {
    confirm(&format!("{changes}Update? [y/N] "))
}

/// Asks whether to remove what is shown.
pub(crate) fn confirm_removal(changes: &str) -> Result<bool, CliError> {
    confirm(&format!("{changes}Remove? [y/N] "))
}

fn permission_lines(permissions: &Permissions) -> String {
    let tools = permissions.tools.iter().map(|tool| format!("  run `{tool}`\n"));
    let network = permissions.network.iter().map(|address| format!("  connect to `{address}`\n"));
    tools.chain(network).collect()
}

/// Shows a question and reads the answer. Any answer but `y` or `yes` is a no.
fn confirm(question: &str) -> Result<bool, CliError> {
    ask(question).map_err(|source| CliError::Prompt { source })
}

fn ask(question: &str) -> io::Result<bool> {
    let mut terminal = anstream::stderr();
    terminal.write_all(question.as_bytes())?;
    terminal.flush()?;
    let mut answer = String::new();
    io::stdin().lock().take(ANSWER_BYTES).read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
