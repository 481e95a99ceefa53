//! Rolls a binding back in many environments: shows the plan, and asks at a terminal.

use std::io;

use env_pack_domain::BindingKey;

use super::unbind::{self, Rollback};
use crate::args::fleet::ChangedEnvironments;
use crate::args::shared_arguments;
use crate::error::{CliError, UsageError};
use crate::exit_code::{EXIT_ERROR, EXIT_REFUSED};
use crate::fleet::OneOrMany;
use crate::input::Input;
use crate::parse::Payload;
use crate::prompt;
use crate::render::{BAD, GOOD, NOTICE, RenderHuman, empty_cell, plural, short, verdict_sign};
use crate::runner::Runner;
use crate::table::{Cell, Style, Table};
use gtc_core::ops::bind::{PreviewedBinding, RollbackRequest};
use gtc_core::ops::fleet::{
    self, ChangeState, EnvironmentChange, FleetChangeReport, FleetRollbackRequest,
};

shared_arguments! {
    /// Go on with the other environments after one that fails
    #[arg(long)]
    KeepGoing { keep_going: bool }

    /// Change many environments without asking at a terminal
    #[arg(long = "yes")]
    YesToAll { yes: bool }
}

/// A rollback in many environments.
pub(crate) struct FleetRollback {
    pub request: FleetRollbackRequest,
    /// Whether to show only the plan.
    pub dry_run: bool,
    /// Whether to change the environments without a question.
    pub confirmed: bool,
}

/// The arguments of a rollback, in one environment or in many.
pub(crate) struct RollbackArguments {
    pub environments: ChangedEnvironments,
    pub key: BindingKey,
    pub to: Option<u64>,
    pub all_instances: bool,
    pub dry_run: bool,
    pub keep_going: bool,
    pub yes: bool,
    pub if_generation: Option<u64>,
    pub if_revision: Option<u64>,
    pub idempotency_key: Option<String>,
}

/// A rollback in one environment or in many.
pub(crate) enum AnyRollback {
    One(Rollback),
    Many(FleetRollback),
}

impl RollbackArguments {
    /// Refuses arguments that only one environment can have, or only many.
    fn reject_misplaced(&self) -> Result<(), UsageError> {
        let of_one = [
            ("to", self.to.is_some()),
            ("if_generation", self.if_generation.is_some()),
            ("if_revision", self.if_revision.is_some()),
        ];
        let of_many = [("keep_going", self.keep_going), ("yes", self.yes)];
        match self.environments {
            ChangedEnvironments::One(_) => {
                reject(&of_many, "needs a pattern such as `--env 'prod-*'`")
            }
            ChangedEnvironments::Many(_) => reject(&of_one, "cannot be combined with a pattern"),
        }
    }

    /// Returns the request of these arguments.
    pub(crate) fn into_request(self) -> Result<AnyRollback, UsageError> {
        self.reject_misplaced()?;
        let Self { key, all_instances, dry_run, keep_going, idempotency_key, .. } = self;
        let Self { to, if_generation, if_revision, yes: confirmed, .. } = self;
        Ok(match self.environments {
            ChangedEnvironments::One(environment) => {
                let request = RollbackRequest {
                    environment,
                    key,
                    to,
                    all_instances,
                    if_generation,
                    idempotency_key,
                    if_revision,
                };
                AnyRollback::One(Rollback { request, dry_run })
            }
            ChangedEnvironments::Many(environments) => {
                let request = FleetRollbackRequest {
                    environments,
                    key,
                    all_instances,
                    keep_going,
                    idempotency_key,
                };
                AnyRollback::Many(FleetRollback { request, dry_run, confirmed })
            }
        })
    }
}

/// Refuses the first of these arguments that is given.
fn reject(arguments: &[(&'static str, bool)], reason: &str) -> Result<(), UsageError> {
    match arguments.iter().find(|(_, is_given)| *is_given) {
        Some((argument, _)) => Err(UsageError::new(argument, reason)),
        None => Ok(()),
    }
}

/// Runs `rollback` of a noun.
pub(crate) fn run_rollback<P: Payload<Request = AnyRollback>>(
    runner: &Runner,
    noun: &'static str,
    input: Input<P>,
) -> io::Result<u8> {
    runner.run_with_writer(
        noun,
        "rollback",
        input,
        |request| {
            Ok(match request {
                AnyRollback::One(request) => OneOrMany::One(unbind::rollback(runner, &request)?),
                AnyRollback::Many(request) => OneOrMany::Many(rollback(runner, request)?),
            })
        },
        |output, report| {
            output.result(report)?;
            Ok(match report {
                OneOrMany::One(_) => 0,
                OneOrMany::Many(report) => exit_code(report),
            })
        },
    )
}

/// Rolls the binding back, or shows the plan.
fn rollback(runner: &Runner, rollback: FleetRollback) -> Result<FleetChangeReport, CliError> {
    let plan = fleet::plan_rollback(&runner.host, rollback.request)?;
    if rollback.dry_run {
        return Ok(plan.into_report());
    }
    if runner.is_interactive && !rollback.confirmed && plan.report().totals.planned > 0 {
        let text = plan.report().render_human("rollback");
        if !prompt::confirm_rollback(&text)? {
            return Err(CliError::Declined);
        }
    }
    Ok(plan.apply())
}

/// Returns the exit code of a report.
fn exit_code(report: &FleetChangeReport) -> u8 {
    if report.is_host_failure {
        EXIT_ERROR
    } else if report.totals.failed > 0 {
        EXIT_REFUSED
    } else {
        0
    }
}

impl RenderHuman for FleetChangeReport {
    fn render_human(&self, _verb: &str) -> String {
        let mut table = Table::new(["ENVIRONMENT", "NOW", "DIGEST", "THEN", "DIGEST", "RESULT"]);
        for change in &self.environments {
            let [now, now_digest] = binding_cells(change.before.as_ref());
            let [then, then_digest] = binding_cells(change.after.as_ref());
            let environment = Style::Bold.cell(&change.environment_id);
            table.row([environment, now, now_digest, then, then_digest, state_cell(change)]);
        }
        let mut text = table.render() + "\n";
        for change in &self.environments {
            if let Some(hint) = change.error.as_ref().and_then(|error| error.hint.as_ref()) {
                text.push_str(&format!("next: `{}`: {hint}\n", change.environment_id));
            }
        }
        let totals = &self.totals;
        let mut summary = plural(totals.environments, "environment");
        for (count, what) in [
            (totals.planned, "to change"),
            (totals.changed, "changed"),
            (totals.unchanged, "unchanged"),
            (totals.failed, "failed"),
            (totals.not_tried, "not tried"),
        ] {
            if count > 0 {
                summary.push_str(&format!(", {count} {what}"));
            }
        }
        let (sign, style) = verdict_sign(totals.failed == 0);
        let note = if self.dry_run { "; nothing changed yet" } else { "" };
        text + &format!("{} {summary}{note}\n", style.paint(sign))
    }
}

fn binding_cells(binding: Option<&PreviewedBinding>) -> [Cell; 2] {
    let Some(binding) = binding else { return [empty_cell(), empty_cell()] };
    let digest = binding.archive_sha256.as_deref();
    let digest = digest.map_or_else(empty_cell, |digest| Style::Plain.cell(short(digest)));
    [Style::Plain.cell(&binding.kind), digest]
}

fn state_cell(change: &EnvironmentChange) -> Cell {
    match (change.state, &change.error) {
        (ChangeState::Planned, _) => Style::Notice.cell(format!("{NOTICE} would change")),
        (ChangeState::Changed, _) => Style::Good.cell(format!("{GOOD} changed")),
        (ChangeState::Unchanged, _) => Style::Good.cell(format!("{GOOD} unchanged")),
        (ChangeState::NotTried, _) => Style::Notice.cell(format!("{NOTICE} not tried")),
        (ChangeState::Failed, Some(error)) => Style::Bad.cell(format!("{BAD} {}", error.message)),
        (ChangeState::Failed, None) => Style::Bad.cell(format!("{BAD} failed")),
    }
}
