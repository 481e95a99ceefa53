//! Brings environments of earlier versions up to date: binds defaults that they lack, and converts
//! their pins.

use env_pack_domain::{CoreSlot, EnvId, Environment, PackDescriptor, with_causes};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::defaults::{Defaults, WithDefaults, bind_defaults};
use super::error::EnvError;
use super::event::event;
use crate::Host;
use crate::operation_error::{ExitOutcome, OperationError as _};
use crate::ops::audit;
use gtc_store::{Change, Stored};

/// A request to bring environments up to date.
#[derive(Clone, Debug)]
pub struct MigrateRequest {
    /// The environment; none for all of them.
    pub environment: Option<EnvId>,
    /// Whether to change them. Otherwise the report says what would change.
    pub apply: bool,
    /// Idempotency key; written to the audit logs and returned.
    pub idempotency_key: Option<String>,
    /// The only revision of the environment to accept.
    pub if_revision: Option<u64>,
}

/// The environments that were brought up to date, or would be.
#[derive(Debug, Serialize)]
pub struct MigrateReport {
    /// Whether the changes were made.
    pub applied: bool,
    /// The environments, sorted by id.
    pub environments: Vec<MigratedEnvironment>,
    /// The idempotency key of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Whether the state of an environment is not known, because of a fault of this machine or of
    /// its files.
    #[serde(skip)]
    pub is_incomplete: bool,
}

/// An environment that was brought up to date, or would be.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct MigratedEnvironment {
    /// The environment.
    pub environment_id: String,
    /// The number of its changes; with those that would be made now.
    pub revision: u64,
    /// The default packs that are bound to free slots.
    pub bound: Vec<PackDescriptor>,
    /// The slots that stay free, because an operator removed their bindings.
    pub kept_empty: Vec<String>,
    /// Those of them that only the audit log knew, and that are remembered from now on.
    pub remembered: Vec<String>,
    /// Whether `packs.lock.json` is converted to the present schema.
    pub converts_pins: bool,
    /// The error, if the environment cannot be read or changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl MigratedEnvironment {
    /// Returns whether the environment was up to date before.
    pub fn is_unchanged(&self) -> bool {
        self.bound.is_empty() && self.remembered.is_empty() && !self.converts_pins
    }
}

/// Brings one environment up to date, or all. Of all, an environment that cannot be read or changed
/// is reported with its error, and the others are migrated.
///
/// # Errors
/// [`EnvError`] when the one environment cannot be read or changed, or none can be listed.
pub fn migrate(host: &Host, request: &MigrateRequest) -> Result<MigrateReport, EnvError> {
    let defaults = Defaults::load(host)?;
    let mut is_incomplete = false;
    let environments = match &request.environment {
        Some(id) => vec![migrate_one(host, &defaults, request, id)?],
        None => host
            .store
            .list()?
            .iter()
            .map(|id| {
                migrate_one(host, &defaults, request, id).unwrap_or_else(|error| {
                    is_incomplete |= error.exit_outcome() == ExitOutcome::Failed;
                    MigratedEnvironment {
                        environment_id: id.to_string(),
                        error: Some(with_causes(&error)),
                        ..MigratedEnvironment::default()
                    }
                })
            })
            .collect(),
    };
    let idempotency_key = request.idempotency_key.clone();
    Ok(MigrateReport { applied: request.apply, environments, idempotency_key, is_incomplete })
}

fn migrate_one(
    host: &Host,
    defaults: &Defaults,
    request: &MigrateRequest,
    id: &EnvId,
) -> Result<MigratedEnvironment, EnvError> {
    let MigrateRequest { apply, idempotency_key, if_revision, .. } = request;
    if !apply {
        let stored = host.store.load(id)?;
        stored.ensure_changeable()?;
        stored.ensure_revision(*if_revision)?;
        return Ok(plan(host, defaults, stored)?.report);
    }
    let event = event(host, "migrate", id, idempotency_key.as_deref());
    let store_request =
        host.request("env migrate", idempotency_key.as_ref(), &json!({})).if_revision(*if_revision);
    let result = host.store.change(id, &store_request, |stored| {
        let Plan { environment, report } = plan(host, defaults, stored)?;
        let events = if report.is_unchanged() { Vec::new() } else { vec![event.clone()] };
        let converts_pins = report.converts_pins;
        let change = Change::recorded(events, report);
        Ok::<_, EnvError>(Change { environment: Some(environment), converts_pins, ..change })
    });
    audit::record_failure(host, id, vec![event], result)
}

struct Plan {
    environment: Environment,
    report: MigratedEnvironment,
}

fn plan(host: &Host, defaults: &Defaults, stored: Stored) -> Result<Plan, EnvError> {
    let Stored { environment, has_old_pins, revision, .. } = stored;
    let environment_id = environment.id().to_string();
    let WithDefaults { environment, bound, kept_empty, remembered } =
        bind_defaults(host, defaults, environment, false)?;
    let names = |slots: &[CoreSlot]| slots.iter().map(ToString::to_string).collect();
    let mut report = MigratedEnvironment {
        environment_id,
        revision,
        bound,
        kept_empty: names(&kept_empty),
        remembered: names(&remembered),
        converts_pins: has_old_pins,
        error: None,
    };
    report.revision = revision.saturating_add(u64::from(!report.is_unchanged()));
    Ok(Plan { environment, report })
}
