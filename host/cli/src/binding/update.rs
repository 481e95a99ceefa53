//! Binds or refreshes a pack, with prompts at a terminal.

use super::report::difference;
use crate::error::{CliError, UsageError};
use crate::prompt;
use crate::runner::Runner;
use gtc_core::ops::bind::{self, BindReport, BindRequest, Plan, RefreshRequest};

/// A request to replace a binding.
pub(crate) enum UpdateRequest {
    /// Bind another pack.
    Bind(Box<BindRequest>),
    /// Resolve the reference of the bound pack again.
    Refresh(RefreshRequest),
    /// Show what a refresh would change.
    Preview(RefreshRequest),
}

/// Refuses arguments that belong to the other kind of update: with `--refresh` those in `others`,
/// each with whether it is given, and without it the options of a refresh.
pub(crate) fn reject_misplaced(
    refresh: bool,
    others: &[(&'static str, bool)],
    has_refresh_option: bool,
) -> Result<(), UsageError> {
    match others.iter().find(|(_, is_given)| *is_given) {
        Some((argument, _)) if refresh => Err(UsageError::new(
            argument,
            "cannot be combined with `--refresh`, which keeps the binding as it is",
        )),
        _ if has_refresh_option && !refresh => {
            Err(UsageError::new("refresh", "`--dry-run` and `--expect` require `--refresh`"))
        }
        _ => Ok(()),
    }
}

pub(crate) fn require<T>(argument: &'static str, value: Option<T>) -> Result<T, UsageError> {
    value.ok_or_else(|| UsageError::new(argument, "required unless `--refresh` is given"))
}

/// Returns a refresh, or its preview.
pub(crate) fn refresh_request(request: RefreshRequest, dry_run: bool) -> UpdateRequest {
    if dry_run { UpdateRequest::Preview(request) } else { UpdateRequest::Refresh(request) }
}

/// Replaces a binding, refreshes it, or shows what a refresh would change.
pub(crate) fn update(runner: &Runner, update: UpdateRequest) -> Result<BindReport, CliError> {
    match update {
        UpdateRequest::Bind(request) => apply(runner, bind::plan_update(&runner.host, *request)?),
        UpdateRequest::Refresh(request) => refresh(runner, &request),
        UpdateRequest::Preview(request) => Ok(bind::preview_refresh(&runner.host, &request)?),
    }
}

/// Refreshes a binding. At a terminal, shows the changes and asks before it applies them.
fn refresh(runner: &Runner, request: &RefreshRequest) -> Result<BindReport, CliError> {
    let plan = bind::plan_refresh(&runner.host, request)?;
    if runner.is_interactive
        && let Some(changes) = plan.difference()
        && !prompt::confirm_update(&difference(changes))?
    {
        return Err(CliError::Declined);
    }
    apply(runner, plan)
}

/// Applies a plan. At a terminal, asks once for permissions that the pack requires and that
/// are not granted.
pub(crate) fn apply(runner: &Runner, mut plan: Plan) -> Result<BindReport, CliError> {
    if runner.is_interactive
        && let Some(missing) = plan.missing_permissions()
        && prompt::confirm_permissions(missing)?
    {
        plan.grant_missing();
    }
    Ok(bind::apply(&runner.host, plan)?)
}
