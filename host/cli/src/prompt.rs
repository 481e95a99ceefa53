//! Prompts at a terminal. Without a terminal, flags replace them.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};

use env_pack_domain::{ForeignText, Permissions};

use super::error::CliError;
use super::locale::with_signs;
use gtc_core::answers_schema::Question;
use gtc_core::document::JsonValue;

/// Maximum length of an answer in bytes; the rest is not read.
const ANSWER_BYTES: u64 = 64;
/// Maximum length of the value of a property in bytes, such as a certificate on one line.
const VALUE_BYTES: u64 = 64 << 10;

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

/// Asks whether to roll back what is shown.
pub(crate) fn confirm_rollback(changes: &str) -> Result<bool, CliError> {
    confirm(&format!("{changes}Roll back? [y/N] "))
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
    let answer = ask_line(question, ANSWER_BYTES)?.unwrap_or_default();
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Asks for the value of a property until `record` accepts it.
pub(crate) fn ask_property(
    question: &Question,
    mut record: impl FnMut(Option<JsonValue>) -> Result<(), String>,
) -> Result<(), CliError> {
    let prompt = property_prompt(question);
    loop {
        let answer =
            ask_line(&prompt, VALUE_BYTES).map_err(|source| CliError::Prompt { source })?;
        let Some(answer) = answer else { return Err(CliError::Declined) };
        let value = question.parse(&answer).map_err(|error| error.to_string());
        match value.and_then(&mut record) {
            Ok(()) => return Ok(()),
            Err(reason) => {
                let reason = ForeignText::sentence(&reason);
                tell(&format!("  {reason}\n")).map_err(|source| CliError::Prompt { source })?;
            }
        }
    }
}

/// Title, description, choices and default of a property.
fn property_prompt(question: &Question) -> String {
    let mut prompt = question.title.to_string();
    if let Some(description) = &question.description {
        prompt.push_str(&format!(": {description}"));
    }
    if let Some(choices) = question.choices() {
        prompt.push_str(&format!(" ({choices})"));
    }
    match question.shown_default() {
        Some(default) => prompt.push_str(&format!(" [{default}]")),
        None if !question.is_required => prompt.push_str(" [none]"),
        None => {}
    }
    prompt + " "
}

/// Shows a prompt and reads a line; none at the end of the input.
fn ask_line(prompt: &str, limit: u64) -> io::Result<Option<String>> {
    tell(prompt)?;
    let mut answer = String::new();
    let read = io::stdin().lock().take(limit).read_line(&mut answer)?;
    Ok((read > 0).then_some(answer))
}

fn tell(text: &str) -> io::Result<()> {
    let mut terminal = anstream::stderr();
    terminal.write_all(with_signs(text).as_bytes())?;
    terminal.flush()
}
