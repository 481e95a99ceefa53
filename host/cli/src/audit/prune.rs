//! `gtc op audit prune`: remove old events.

use std::io;

use clap::Args;
use schemars::JsonSchema;
use serde::Deserialize;

use super::list::parse_time;
use crate::args::environment::EnvironmentArg;
use crate::args::idempotency_key::{IdempotencyKey, IfRevision};
use crate::args::shared_arguments;
use crate::binding::arguments::Preview;
use crate::error::{CliError, UsageError};
use crate::input::Input;
use crate::parse::Payload;
use crate::prompt;
use crate::render::{GOOD, NOTICE, RenderHuman, plural};
use crate::runner::Runner;
use crate::table::Style;
use gtc_core::ops::audit_prune::{self, PruneReport, PruneRequest};

shared_arguments! {
    /// Remove them without asking at a terminal
    #[arg(long)]
    Confirmed { yes: bool }
}

/// Events to remove.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuditPrunePayload {
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    /// Remove events before this time: a date, or a time in RFC 3339, in UTC unless it says
    /// otherwise
    #[arg(long, value_name = "TIME", required = true)]
    #[schemars(description = "Remove events before this time")]
    pub before: String,
    #[command(flatten)]
    #[serde(default)]
    pub dry_run: Preview,
    #[command(flatten)]
    #[serde(default)]
    pub yes: Confirmed,
    #[command(flatten)]
    #[serde(default)]
    pub idempotency_key: IdempotencyKey,
    #[command(flatten)]
    #[serde(default)]
    pub if_revision: IfRevision,
}

/// A request to remove old events.
pub(crate) struct Prune {
    request: PruneRequest,
    /// Whether to show only what would be removed.
    dry_run: bool,
    /// Whether to remove them without a question.
    confirmed: bool,
}

impl Payload for AuditPrunePayload {
    type Request = Prune;

    fn into_request(self) -> Result<Prune, UsageError> {
        let request = PruneRequest {
            environment: self.environment_id.parse()?,
            before: parse_time("before", &self.before)?,
            idempotency_key: self.idempotency_key.key,
            if_revision: *self.if_revision,
        };
        Ok(Prune { request, dry_run: *self.dry_run, confirmed: *self.yes })
    }
}

pub(super) fn run(runner: &Runner, input: Input<AuditPrunePayload>) -> io::Result<u8> {
    runner.run("audit", "prune", input, |prune| remove_events(runner, &prune))
}

fn remove_events(runner: &Runner, prune: &Prune) -> Result<PruneReport, CliError> {
    let Prune { request, dry_run, confirmed } = prune;
    if *dry_run {
        return Ok(audit_prune::preview(&runner.host, request)?);
    }
    // if the preview fails, so does the command, which records the refusal in the audit log
    if runner.is_interactive
        && !confirmed
        && let Ok(preview) = audit_prune::preview(&runner.host, request)
        && preview.removed > 0
        && !prompt::confirm_removal(&preview.render_human("prune"))?
    {
        return Err(CliError::Declined);
    }
    Ok(audit_prune::prune(&runner.host, request)?)
}

impl RenderHuman for PruneReport {
    fn render_human(&self, _verb: &str) -> String {
        let id = &self.environment_id;
        let before = &self.before;
        let good = Style::Good.paint(GOOD);
        let Some(through) = self.through else {
            return format!(
                "{good} the audit log of environment `{id}` has no events before {before}\n"
            );
        };
        let removed = plural(usize::try_from(self.removed).unwrap_or(usize::MAX), "line");
        let of = format!("{removed} of the audit log of environment `{id}`, to event {through}");
        if self.dry_run {
            let notice = Style::Notice.paint(NOTICE);
            format!("{notice} would remove {of}; nothing changed yet\n")
        } else {
            format!("{good} removed {of}\n")
        }
    }
}
