//! Binds or refreshes a pack, with prompts at a terminal.

use env_pack_domain::Sha256Digest;

use super::report::difference;
use crate::cli::error::{CliError, UsageError};
use crate::cli::grammar::ExpectedDigest;
use crate::cli::parse::parse_argument;
use crate::cli::prompt;
use crate::cli::runner::Runner;
use crate::ops::OpError;
use crate::ops::bind::{self, BindReport, BindRequest, BindVerb, GrantSelection};
use crate::ops::refresh::{self, RefreshRequest};

/// How to replace a binding.
pub enum UpdateRequest {
    /// Bind another pack.
    Bind(Box<BindRequest>),
    /// Resolve the reference of the bound pack again.
    Refresh(RefreshRequest),
}

/// Refuses arguments that belong to the other kind of update.
pub fn reject_misplaced(
    refresh: bool,
    others: &[(&'static str, bool)],
    only_refresh: bool,
) -> Result<(), UsageError> {
    match others.iter().find(|(_, is_given)| *is_given) {
        Some((argument, _)) if refresh => Err(UsageError::new(
            argument,
            "cannot be combined with `--refresh`, which keeps the binding as it is",
        )),
        _ if only_refresh && !refresh => {
            Err(UsageError::new("refresh", "`--dry-run` and `--expect` require `--refresh`"))
        }
        _ => Ok(()),
    }
}

pub fn parse_expected_digest(text: Option<&str>) -> Result<Option<Sha256Digest>, UsageError> {
    text.map(|text| parse_argument("expect", text).map(|ExpectedDigest(digest)| digest)).transpose()
}

pub fn require(argument: &'static str, text: Option<String>) -> Result<String, UsageError> {
    text.ok_or_else(|| UsageError::new(argument, "required unless `--refresh` is given"))
}

/// Binds a pack, and asks for missing permissions at a terminal.
pub fn bind(
    runner: &Runner,
    verb: BindVerb,
    mut request: BindRequest,
) -> Result<BindReport, CliError> {
    let mut grants = std::mem::take(&mut request.grants);
    with_consent(runner, &mut grants, |grants| {
        bind::bind(&runner.host, verb, &BindRequest { grants: grants.clone(), ..request.clone() })
    })
}

/// Replaces a binding, or refreshes it. At a terminal, shows the changes and asks before
/// it refreshes.
pub fn update(runner: &Runner, update: UpdateRequest) -> Result<BindReport, CliError> {
    let mut request = match update {
        UpdateRequest::Bind(request) => return bind(runner, BindVerb::Update, *request),
        UpdateRequest::Refresh(request) => request,
    };
    if runner.is_interactive && !request.dry_run {
        let preview =
            refresh::refresh(&runner.host, &RefreshRequest { dry_run: true, ..request.clone() })?;
        let Some(moved) = &preview.moved_from else { return Ok(preview) };
        if !prompt::confirm_update(&difference(moved))? {
            return Err(CliError::Declined);
        }
        request.expected = Some(moved.archive);
    }
    let mut grants = std::mem::take(&mut request.grants);
    with_consent(runner, &mut grants, |grants| {
        refresh::refresh(
            &runner.host,
            &RefreshRequest { grants: grants.clone(), ..request.clone() },
        )
    })
}

/// Runs an operation. If permissions are missing, asks for them at a terminal and runs it
/// once more.
fn with_consent<R>(
    runner: &Runner,
    grants: &mut GrantSelection,
    operation: impl Fn(&GrantSelection) -> Result<R, OpError>,
) -> Result<R, CliError> {
    match operation(grants) {
        Err(OpError::NotGranted { missing, .. })
            if runner.is_interactive && prompt::confirm_permissions(&missing)? =>
        {
            grants.permissions = grants.permissions.union(&missing);
            Ok(operation(grants)?)
        }
        result => Ok(result?),
    }
}
