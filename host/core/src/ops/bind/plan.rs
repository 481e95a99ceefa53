//! Plans changes of bindings: fetches, loads and checks the pack, and changes no binding. The
//! audit log records a plan that fails. A preview is not recorded, because it asks for no change.

use env_pack_domain::change::{self, BindingRequest, Refusal};
use env_pack_domain::{Binding, EnvId, PackRef, Permissions, Pin};

use super::check::{CheckedPack, check_pack, missing_permissions};
use super::difference::compare;
use super::error::BindError;
use super::events::{RequestedChange, kind_of};
use super::intent::{Intent, Verb};
use super::report::{BindReport, PackDifference};
use super::request::{BindRequest, RefreshRequest};
use crate::Host;
use crate::ops::suggested_commands::update_command;
use gtc_store::{Request, Stored};

/// A checked change of a binding. [`apply`](fn@crate::ops::bind::apply) makes it.
#[derive(Debug)]
pub struct Plan {
    pub(super) intent: Intent,
    /// The request, as the store knows it.
    pub(super) request: Request,
    /// The checked pack; none if the pack is bound unchecked.
    pub(super) checked: Option<CheckedPack>,
    pub(super) missing: Permissions,
    pub(super) outcome: Outcome,
}

/// The effect of applying a plan.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It changes the binding.
    Change {
        /// The difference from the bound pack, if a refresh found another archive.
        difference: Option<PackDifference>,
    },
    /// It changes nothing: a refresh found nothing to do.
    Unchanged(BindReport),
    /// It changes nothing: the request was made before, and this was its answer.
    Answered(BindReport),
}

impl Plan {
    /// Returns how the pack differs from the bound one, when a refresh found another archive.
    pub fn difference(&self) -> Option<&PackDifference> {
        match &self.outcome {
            Outcome::Change { difference } => difference.as_ref(),
            Outcome::Unchanged(_) | Outcome::Answered(_) => None,
        }
    }

    /// Returns the permissions that the pack declares and that are not granted. Applying the
    /// plan fails until they are.
    pub fn missing_permissions(&self) -> Option<&Permissions> {
        (!self.missing.is_empty()).then_some(&self.missing)
    }

    /// Grants the missing permissions.
    pub fn grant_missing(&mut self) {
        let granted = &self.intent.grants.permissions;
        self.intent.grants.permissions = granted.union(&self.missing);
        self.missing = Permissions::default();
    }
}

/// Plans to bind a pack to a free place.
///
/// # Errors
/// [`BindError`] when the place is taken, or the pack may not be bound. The audit log records
/// the failure.
pub fn plan_add(host: &Host, request: BindRequest) -> Result<Plan, BindError> {
    plan_bind(host, Verb::Add, request)
}

/// Plans to bind a pack in place of another.
///
/// # Errors
/// [`BindError`] when the place is free, or the pack may not be bound. The audit log records
/// the failure.
pub fn plan_update(host: &Host, request: BindRequest) -> Result<Plan, BindError> {
    plan_bind(host, Verb::Update, request)
}

fn plan_bind(host: &Host, verb: Verb, request: BindRequest) -> Result<Plan, BindError> {
    let fetch = request.fetch;
    let store_request = request.for_store(host, verb.name());
    let intent = Intent::new(verb, request);
    // a request that was made before is answered even if its pack is gone
    let first = host.store.first_answer(&intent.environment, &store_request);
    let planned = first.map_err(BindError::from).and_then(|first| match first {
        Some(first) => Ok((None, Permissions::default(), Outcome::Answered(first))),
        None => {
            let (checked, missing) = check_bind(host, &intent, fetch)?;
            Ok((checked, missing, Outcome::Change { difference: None }))
        }
    });
    let (checked, missing, outcome) = requested_change(&intent).record_failure(host, planned)?;
    Ok(Plan { intent, request: store_request, checked, missing, outcome })
}

fn check_bind(
    host: &Host,
    intent: &Intent,
    fetch: bool,
) -> Result<(Option<CheckedPack>, Permissions), BindError> {
    let stored = host.store.load(&intent.environment)?;
    // a request that the bindings do not allow fails before any pack is fetched
    intent.ensure_possible(&stored.environment)?;
    // the operator asked to bind the pack unchecked: its archive, signature and permissions
    // are not looked at
    if !fetch {
        return Ok((None, Permissions::default()));
    }
    let checked = check_pack(host, &stored, intent)?;
    let missing = missing_permissions(&stored, intent, &checked);
    Ok((Some(checked), missing))
}

/// Plans to bind the archive that the reference of a binding resolves to now.
///
/// # Errors
/// [`BindError`] when the binding does not exist, the pack may not be bound, or its digest is
/// not the expected one. The audit log records the failure.
pub fn plan_refresh(host: &Host, request: &RefreshRequest) -> Result<Plan, BindError> {
    let store_request = request.for_store(host, "update --refresh");
    let read = read_or_answer(host, request, &store_request);
    let (stored, bound) = match record_read_failure(host, "update", request, read)? {
        Read::Bound(stored, bound) => (stored, bound),
        Read::Answered(first) => return Ok(Plan::answered(request, store_request, first)),
    };
    let intent = intent_about(request, &bound, Verb::Refresh(Box::new(bound.clone())));
    let checked = check_refresh(host, &stored, request, &intent);
    // a plan that succeeds is recorded when it is applied
    let checked = requested_change(&intent).record_failure(host, checked)?;
    let compared = compare_with_bound(host, &stored, &intent, &bound, checked);
    Ok(compared.into_plan(intent, store_request))
}

/// Plans to pin a binding without a pin to the archive that its reference leads to now. The
/// generation and the previous binding stay. For a binding with a pin, there is nothing to do.
///
/// # Errors
/// As for [`plan_refresh`].
pub fn plan_pin(host: &Host, request: &RefreshRequest) -> Result<Plan, BindError> {
    let store_request = request.for_store(host, "pin");
    let read = read_or_answer(host, request, &store_request);
    let (stored, bound) = match record_read_failure(host, "pin", request, read)? {
        Read::Bound(stored, bound) => (stored, bound),
        Read::Answered(first) => return Ok(Plan::answered(request, store_request, first)),
    };
    let intent = intent_about(request, &bound, Verb::Pin(Box::new(bound.clone())));
    let checked = check_unpinned(host, &stored, request, &intent, &bound);
    let compared = match requested_change(&intent).record_failure(host, checked)? {
        Some(checked) => Compared {
            missing: missing_permissions(&stored, &intent, &checked),
            checked: Some(checked),
            outcome: Outcome::Change { difference: None },
        },
        None => Compared::unchanged(host, &intent, &bound, None),
    };
    Ok(compared.into_plan(intent, store_request))
}

/// Reports what refreshing a binding would change, without changing it.
///
/// # Errors
/// As for [`plan_refresh`]; nothing is recorded in the audit log.
pub fn preview_refresh(host: &Host, request: &RefreshRequest) -> Result<BindReport, BindError> {
    let (stored, bound) = read_bound(host, request)?;
    let intent = intent_about(request, &bound, Verb::Refresh(Box::new(bound.clone())));
    let unchanged = unchanged_report(host, &intent, &bound);
    let checked = check_refresh(host, &stored, request, &intent)?;
    // the binding stays as it is, so a preview says both what differs and `unchanged`
    Ok(match compare_with_bound(host, &stored, &intent, &bound, checked).outcome {
        Outcome::Change { difference } => BindReport { moved_from: difference, ..unchanged },
        Outcome::Unchanged(report) | Outcome::Answered(report) => report,
    })
}

/// The state that a request to refresh or pin a binding finds.
enum Read {
    Bound(Stored, Binding),
    /// The request was made before, and this was its answer.
    Answered(BindReport),
}

fn read_or_answer(
    host: &Host,
    request: &RefreshRequest,
    store_request: &Request,
) -> Result<Read, BindError> {
    // a request that was made before is answered even if nothing is bound any more
    if let Some(first) = host.store.first_answer(&request.environment, store_request)? {
        return Ok(Read::Answered(first));
    }
    let (stored, bound) = read_bound(host, request)?;
    Ok(Read::Bound(stored, bound))
}

/// Reads an environment and the binding to refresh.
fn read_bound(host: &Host, request: &RefreshRequest) -> Result<(Stored, Binding), BindError> {
    let stored = host.store.load(&request.environment)?;
    let bound = stored.environment.binding(&request.key).cloned();
    let bound = bound.ok_or_else(|| Refusal::NotBound {
        environment: request.environment.clone(),
        key: request.key.clone(),
    })?;
    Ok((stored, bound))
}

/// Fetches and checks the pack that the reference resolves to now; none if it is a built-in
/// pack, which changes only with this program.
fn check_refresh(
    host: &Host,
    stored: &Stored,
    request: &RefreshRequest,
    intent: &Intent,
) -> Result<Option<CheckedPack>, BindError> {
    change::ensure_generation(&stored.environment, &request.key, request.if_generation)?;
    if host.fetcher.is_builtin(&intent.binding.pack_ref) {
        return Ok(None);
    }
    let checked = check_pack(host, stored, intent)?;
    ensure_expected(request, intent, &checked.pin)?;
    Ok(Some(checked))
}

/// Fetches and checks the pack of a binding without a pin; none if it needs no new pin.
fn check_unpinned(
    host: &Host,
    stored: &Stored,
    request: &RefreshRequest,
    intent: &Intent,
    bound: &Binding,
) -> Result<Option<CheckedPack>, BindError> {
    let Some(pin) = &bound.pin else { return check_refresh(host, stored, request, intent) };
    change::ensure_generation(&stored.environment, &request.key, request.if_generation)?;
    ensure_expected(request, intent, pin)?;
    Ok(None)
}

/// Returns the intent to change a binding without replacing its pack reference.
fn intent_about(request: &RefreshRequest, bound: &Binding, verb: Verb) -> Intent {
    Intent {
        environment: request.environment.clone(),
        binding: BindingRequest {
            place: bound.place.clone(),
            kind: bound.kind.clone(),
            pack_ref: bound.pack_ref.clone(),
            answers_ref: bound.answers_ref.clone(),
        },
        grants: request.grants.clone(),
        verb,
        all_instances: false,
        keep_answers: true,
        if_generation: request.if_generation,
        idempotency_key: request.idempotency_key.clone(),
    }
}

/// Completes the plan of a refresh. A binding without a pin has nothing to compare with, and
/// is bound to the archive that its reference resolves to.
fn compare_with_bound(
    host: &Host,
    stored: &Stored,
    intent: &Intent,
    bound: &Binding,
    checked: Option<CheckedPack>,
) -> Compared {
    let Some(checked) = checked else { return Compared::unchanged(host, intent, bound, None) };
    let missing = missing_permissions(stored, intent, &checked);
    let pin = bound.pin.as_ref();
    let difference = pin.and_then(|pin| compare(host, pin, &checked, bound.kind.path()));
    // after `grants revoke`, the pack of the pin may need grants again
    let needed = checked.permissions_of(&bound.key());
    let is_granted = pin.is_some_and(|pin| needed.without(&pin.grants).is_empty());
    if difference.is_none() && is_granted {
        return Compared::unchanged(host, intent, bound, Some(checked));
    }
    Compared { checked: Some(checked), missing, outcome: Outcome::Change { difference } }
}

/// A pack that was compared with the bound one.
struct Compared {
    checked: Option<CheckedPack>,
    missing: Permissions,
    outcome: Outcome,
}

impl Compared {
    fn unchanged(
        host: &Host,
        intent: &Intent,
        bound: &Binding,
        checked: Option<CheckedPack>,
    ) -> Self {
        let signer = checked.as_ref().and_then(|checked| checked.signed.signature.signer());
        let report = BindReport { signer, ..unchanged_report(host, intent, bound) };
        let outcome = Outcome::Unchanged(report);
        Self { checked, missing: Permissions::default(), outcome }
    }

    fn into_plan(self, intent: Intent, request: Request) -> Plan {
        let Self { checked, missing, outcome } = self;
        Plan { intent, request, checked, missing, outcome }
    }
}

impl Plan {
    /// Returns the plan of a request that was made before.
    fn answered(request: &RefreshRequest, store_request: Request, first: BindReport) -> Self {
        let intent = Intent {
            environment: request.environment.clone(),
            binding: BindingRequest {
                place: request.key.place(),
                kind: first.kind.clone(),
                pack_ref: first.pack_ref.clone(),
                answers_ref: None,
            },
            grants: request.grants.clone(),
            verb: Verb::Update,
            all_instances: false,
            keep_answers: true,
            if_generation: request.if_generation,
            idempotency_key: request.idempotency_key.clone(),
        };
        Self {
            intent,
            request: store_request,
            checked: None,
            missing: Permissions::default(),
            outcome: Outcome::Answered(first),
        }
    }
}

/// Fails unless the expected digest, if there is one, is that of the archive or of its OCI
/// manifest.
fn ensure_expected(request: &RefreshRequest, intent: &Intent, pin: &Pin) -> Result<(), BindError> {
    match request.expected {
        Some(expected) if expected != pin.archive && Some(expected) != pin.manifest => {
            Err(BindError::ReferenceMoved {
                environment: request.environment.clone(),
                key: request.key.clone(),
                pack_ref: intent.binding.pack_ref.clone(),
                from: expected,
                to: pin.manifest.unwrap_or(pin.archive),
            })
        }
        _ => Ok(()),
    }
}

fn unchanged_report(host: &Host, intent: &Intent, bound: &Binding) -> BindReport {
    BindReport {
        unchanged: true,
        idempotency_key: intent.idempotency_key.clone(),
        warnings: suggest_following_tag(&intent.environment, bound)
            .map(|advice| host.repeated_flags.complete(&advice))
            .into_iter()
            .collect(),
        ..BindReport::of_binding(&intent.environment, bound)
    }
}

/// Returns the advice to follow the tag, for a reference with tag and digest: its digest never
/// moves.
fn suggest_following_tag(environment: &EnvId, bound: &Binding) -> Option<String> {
    let PackRef::Oci(reference) = &bound.pack_ref else { return None };
    reference.tag()?;
    let text = reference.to_string();
    let (tagged, _) = text.split_once('@')?;
    let update = update_command(environment, bound, Some(&tagged.parse().ok()?));
    Some(format!(
        "it is bound by its digest, which never moves; follow the tag again with `{update}`"
    ))
}

/// Returns the change as the audit log records it. A refresh is recorded as `update`: it is
/// the command `update` with `--refresh`, and makes a new generation like any update.
pub(super) fn requested_change(intent: &Intent) -> RequestedChange<'_> {
    RequestedChange {
        environment: &intent.environment,
        verb: intent.verb.name(),
        place: &intent.binding.place,
        kind: Some(intent.binding.kind.to_string()),
        pack_ref: Some(intent.binding.pack_ref.to_string()),
        idempotency_key: &intent.idempotency_key,
    }
}

/// Records that the binding to refresh or to pin could not be read. Its descriptor is not known
/// then.
fn record_read_failure<T>(
    host: &Host,
    verb: &'static str,
    request: &RefreshRequest,
    result: Result<T, BindError>,
) -> Result<T, BindError> {
    let requested = RequestedChange {
        environment: &request.environment,
        verb,
        place: &request.key.place(),
        kind: kind_of(&request.key),
        pack_ref: None,
        idempotency_key: &request.idempotency_key,
    };
    requested.record_failure(host, result)
}
