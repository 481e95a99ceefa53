//! The questions this program asks: whether a pack may do what it wants to, and whether
//! to take what moved. Only at a terminal; elsewhere, flags answer.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};

use env_pack_domain::Permissions;

use super::error::CliError;

/// The longest answer that is read, in bytes.
const ANSWER_BYTES: u64 = 64;

/// Whether somebody sits at a terminal, to read a question and to answer it.
pub fn somebody_is_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks whether a pack may have these permissions. Anything but a yes is a no.
pub fn consent(missing: &Permissions) -> Result<bool, CliError> {
    let mut question = "this pack wants leave\n".to_owned();
    missing.tools.iter().for_each(|tool| question.push_str(&format!("  to run `{tool}`\n")));
    missing
        .network
        .iter()
        .for_each(|address| question.push_str(&format!("  to reach `{address}`\n")));
    question.push_str("grant it? [y/N] ");
    ask(&question).map_err(|source| CliError::Question { source })
}

/// Asks whether a pack may do here what it declares. Anything but a yes is a no.
pub fn run_here(permissions: &Permissions) -> Result<bool, CliError> {
    let mut question =
        "this runs on your machine, now, with everything granted that the pack declares\n"
            .to_owned();
    permissions
        .tools
        .iter()
        .for_each(|tool| question.push_str(&format!("  it may run `{tool}`\n")));
    permissions
        .network
        .iter()
        .for_each(|address| question.push_str(&format!("  it may reach `{address}`\n")));
    question.push_str("do it? [y/N] ");
    ask(&question).map_err(|source| CliError::Question { source })
}

/// Asks whether what is shown is to be taken. Anything but a yes is a no.
pub fn take(shown: &str) -> Result<bool, CliError> {
    ask(&format!("{shown}take it? [y/N] ")).map_err(|source| CliError::Question { source })
}

fn ask(question: &str) -> io::Result<bool> {
    let mut terminal = anstream::stderr();
    terminal.write_all(question.as_bytes())?;
    terminal.flush()?;
    let mut answer = String::new();
    io::stdin().lock().take(ANSWER_BYTES).read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
