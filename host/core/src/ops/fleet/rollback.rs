//! Rolls back a binding in many environments: a plan first, then environment after environment.

use env_pack_domain::change::Refusal;
use env_pack_domain::{BindingKey, EnvId, with_causes};
use serde::Serialize;

use super::pattern::Pattern;
use super::selector::{FleetError, FleetSelector};
use crate::Host;
use crate::operation_error::{ExitOutcome, OperationError};
use crate::ops::bind::{
    PreviewedBinding, RollbackRequest, UnbindError, preview_rollback, repeated_rollback, rollback,
};

/// A request to roll back a binding in many environments.
#[derive(Clone, Debug)]
pub struct FleetRollbackRequest {
    /// The ids of the environments.
    pub environments: Pattern,
    /// The binding.
    pub key: BindingKey,
    /// Whether to roll back all other instances of the extension too.
    pub all_instances: bool,
    /// Whether to go on after an environment that cannot be rolled back.
    pub keep_going: bool,
    /// Idempotency key, of one request in each environment.
    pub idempotency_key: Option<String>,
}

/// A planned change of many environments.
#[derive(Debug)]
pub struct FleetPlan<'a> {
    host: &'a Host,
    request: FleetRollbackRequest,
    report: FleetChangeReport,
}

/// The plan of a change of many environments, or its results.
#[derive(Debug, Serialize)]
pub struct FleetChangeReport {
    /// Whether nothing was changed, because only the plan was asked for.
    pub dry_run: bool,
    /// The environments, sorted by id.
    pub environments: Vec<EnvironmentChange>,
    /// The numbers of environments, by their state.
    pub totals: ChangeTotals,
    /// Whether this machine prevented a change.
    #[serde(skip)]
    pub is_host_failure: bool,
}

/// The change of one environment.
#[derive(Debug, Serialize)]
pub struct EnvironmentChange {
    /// The environment.
    pub environment_id: EnvId,
    /// The state of the change.
    pub state: ChangeState,
    /// The binding before the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<PreviewedBinding>,
    /// The binding after the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<PreviewedBinding>,
    /// Why the change is not possible, or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ChangeFailure>,
    /// The revision that the plan is for: what was shown is changed, and nothing else.
    #[serde(skip)]
    planned_revision: Option<u64>,
}

/// The state of the change of an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeState {
    /// It can be changed.
    Planned,
    /// It was changed.
    Changed,
    /// There is nothing to change, or an earlier run of the request has changed it.
    Unchanged,
    /// It cannot be changed, or the change failed.
    Failed,
    /// It was not changed, because another one failed.
    NotTried,
}

/// Why an environment cannot be changed.
#[derive(Debug, Serialize)]
pub struct ChangeFailure {
    /// A stable name of the error.
    pub kind: &'static str,
    /// The error, with its causes.
    pub message: String,
    /// The next step for the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// The numbers of environments, by the state of their change.
#[derive(Debug, Default, Serialize)]
pub struct ChangeTotals {
    /// All that match the pattern.
    pub environments: usize,
    /// Those that can be changed, in a plan.
    pub planned: usize,
    /// Those that were changed.
    pub changed: usize,
    /// Those that need no change.
    pub unchanged: usize,
    /// Those that cannot be changed.
    pub failed: usize,
    /// Those that were not tried.
    pub not_tried: usize,
}

impl FleetRollbackRequest {
    fn in_environment(&self, id: &EnvId) -> RollbackRequest {
        RollbackRequest {
            environment: id.clone(),
            key: self.key.clone(),
            to: None,
            all_instances: self.all_instances,
            if_generation: None,
            idempotency_key: self.idempotency_key.clone(),
            if_revision: None,
        }
    }
}

/// Plans to roll back a binding in all environments that match a pattern. Changes nothing.
///
/// # Errors
/// [`FleetError`] when the store cannot be read, or no environment matches. An environment that
/// cannot be rolled back is part of the plan.
pub fn plan_rollback(
    host: &Host,
    request: FleetRollbackRequest,
) -> Result<FleetPlan<'_>, FleetError> {
    let environments = request.environments.clone();
    let selector = FleetSelector { environments, kind: None, pack_ref: None };
    let mut report = FleetChangeReport {
        dry_run: true,
        environments: Vec::new(),
        totals: ChangeTotals::default(),
        is_host_failure: false,
    };
    for id in selector.environments(host)? {
        let mut change = EnvironmentChange::new(id);
        let request = request.in_environment(&change.environment_id);
        match plan(host, &request, &mut change) {
            Ok(state) => change.state = state,
            // it was never updated, or rolled back already
            Err(UnbindError::Refused(Refusal::NothingToRollBack { .. })) => {
                change.state = ChangeState::Unchanged;
            }
            Err(error) => report.fail(host, &mut change, &error),
        }
        report.environments.push(change);
    }
    report.count();
    Ok(FleetPlan { host, request, report })
}

fn plan(
    host: &Host,
    request: &RollbackRequest,
    change: &mut EnvironmentChange,
) -> Result<ChangeState, UnbindError> {
    if repeated_rollback(host, request)?.is_some() {
        return Ok(ChangeState::Unchanged);
    }
    change.planned_revision = Some(host.store.load(&request.environment)?.revision);
    let preview = preview_rollback(host, request)?;
    if let Some(first) = preview.changes.into_iter().next() {
        change.before = Some(first.before);
        change.after = first.after;
    }
    Ok(ChangeState::Planned)
}

impl FleetPlan<'_> {
    /// Returns the plan.
    pub fn report(&self) -> &FleetChangeReport {
        &self.report
    }

    /// Returns the plan as the report of a run that changes nothing.
    pub fn into_report(self) -> FleetChangeReport {
        self.report
    }

    /// Changes one environment after the other. Stops at the first that fails, and before all if
    /// one cannot be changed, unless the request is to go on.
    pub fn apply(self) -> FleetChangeReport {
        let Self { host, request, mut report } = self;
        report.dry_run = false;
        let mut is_stopped = report.totals.failed > 0 && !request.keep_going;
        let mut environments = std::mem::take(&mut report.environments);
        for change in &mut environments {
            if change.state != ChangeState::Planned {
                continue;
            }
            if is_stopped {
                change.state = ChangeState::NotTried;
                continue;
            }
            let if_revision = change.planned_revision;
            let request_here = request.in_environment(&change.environment_id);
            match rollback(host, &RollbackRequest { if_revision, ..request_here }) {
                Ok(_) => change.state = ChangeState::Changed,
                Err(error) => {
                    report.fail(host, change, &error);
                    is_stopped = !request.keep_going;
                }
            }
        }
        report.environments = environments;
        report.count();
        report
    }
}

impl EnvironmentChange {
    fn new(environment_id: EnvId) -> Self {
        let state = ChangeState::Planned;
        let planned_revision = None;
        Self { environment_id, state, before: None, after: None, error: None, planned_revision }
    }
}

impl FleetChangeReport {
    fn fail(&mut self, host: &Host, change: &mut EnvironmentChange, error: &UnbindError) {
        self.is_host_failure |= error.exit_outcome() == ExitOutcome::Failed;
        change.state = ChangeState::Failed;
        let hint = error.hint().map(|hint| host.repeated_flags.complete(&hint));
        let message = with_causes(error);
        change.error = Some(ChangeFailure { kind: error.kind(), message, hint });
    }

    fn count(&mut self) {
        let environments = self.environments.len();
        self.totals = ChangeTotals { environments, ..ChangeTotals::default() };
        for change in &self.environments {
            *match change.state {
                ChangeState::Planned => &mut self.totals.planned,
                ChangeState::Changed => &mut self.totals.changed,
                ChangeState::Unchanged => &mut self.totals.unchanged,
                ChangeState::Failed => &mut self.totals.failed,
                ChangeState::NotTried => &mut self.totals.not_tried,
            } += 1;
        }
    }
}
