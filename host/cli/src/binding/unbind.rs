//! Removes bindings and rolls them back, with a preview, and with a question before a removal
//! at a terminal.

use serde::Serialize;

use super::report::{permissions_list, place_name};
use crate::error::CliError;
use crate::prompt;
use crate::render::{NOTICE, RenderHuman, shown, warnings};
use crate::runner::Runner;
use crate::table::Style;
use gtc_core::ops::bind::{
    self, BindReport, PreviewedBinding, RemoveRequest, RollbackRequest, UnbindPreview,
};

/// A request to remove a binding.
pub(crate) struct Removal {
    pub request: RemoveRequest,
    /// Whether to show only what would change.
    pub dry_run: bool,
    /// Whether to remove it without a question.
    pub confirmed: bool,
}

/// A request to roll a binding back.
pub(crate) struct Rollback {
    pub request: RollbackRequest,
    /// Whether to show only what would change.
    pub dry_run: bool,
}

/// The report of a change, or of what it would change.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum UnbindReport {
    Done(Box<BindReport>),
    Preview(UnbindPreview),
}

/// Removes a binding. At a terminal, shows what is removed and asks first.
pub(crate) fn remove(runner: &Runner, removal: Removal) -> Result<UnbindReport, CliError> {
    let mut request = removal.request;
    if removal.dry_run {
        return Ok(UnbindReport::Preview(bind::preview_remove(&runner.host, &request)?));
    }
    // if the preview fails, so does the removal, which records the refusal in the audit log
    if runner.is_interactive
        && !removal.confirmed
        && let Ok(preview) = bind::preview_remove(&runner.host, &request)
    {
        if !prompt::confirm_removal(&render_preview(&preview, "remove"))? {
            return Err(CliError::Declined);
        }
        // what was shown is removed, and nothing else
        request.if_generation = preview.generation();
    }
    Ok(UnbindReport::Done(Box::new(bind::remove(&runner.host, &request)?)))
}

/// Rolls a binding back, or shows what that would change.
pub(crate) fn rollback(runner: &Runner, rollback: &Rollback) -> Result<UnbindReport, CliError> {
    let host = &runner.host;
    if rollback.dry_run {
        return Ok(UnbindReport::Preview(bind::preview_rollback(host, &rollback.request)?));
    }
    Ok(UnbindReport::Done(Box::new(bind::rollback(host, &rollback.request)?)))
}

impl RenderHuman for UnbindReport {
    fn render_human(&self, verb: &str) -> String {
        match self {
            Self::Done(report) => report.render_human(verb),
            Self::Preview(preview) => {
                let verb = if verb == "rollback" { "roll back" } else { verb };
                render_preview(preview, verb)
            }
        }
    }
}

fn render_preview(preview: &UnbindPreview, verb: &str) -> String {
    let mut text = String::new();
    for change in &preview.changes {
        let extension = if change.slot.is_none() { "extension " } else { "" };
        let place = place_name(change.slot.as_ref(), change.instance_id.as_deref());
        text.push_str(&format!(
            "{} would {verb} {extension}{place} of environment `{}`; nothing changed yet\n",
            Style::Notice.paint(NOTICE),
            preview.environment_id
        ));
        text.push_str(&state("now ", &change.before));
        text.push_str(&match &change.after {
            Some(after) => state("then", after),
            None if change.before.has_previous => {
                "  then  not bound; its previous binding is removed too\n".to_owned()
            }
            None => "  then  not bound\n".to_owned(),
        });
    }
    text + &warnings(&preview.warnings)
}

/// Renders a binding before or after the change.
fn state(when: &str, binding: &PreviewedBinding) -> String {
    let PreviewedBinding { kind, generation, pack_ref, .. } = binding;
    let mut text = format!("  {when}  `{kind}` (generation {generation})\n");
    let mut line = |what: &str, value: &str| text.push_str(&format!("        {what} {value}\n"));
    line("pack", &pack_ref.to_string());
    if let Some(archive) = &binding.archive_sha256 {
        line("archive", archive);
    }
    let answers = binding.answers_ref.as_deref().map_or_else(|| "none".to_owned(), shown);
    line("answers", &answers);
    if let Some(grants) = &binding.grants {
        for permission in permissions_list(grants).lines() {
            text.push_str(&format!("      {permission}\n"));
        }
    }
    text
}
