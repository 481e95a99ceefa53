//! Applies a plan: checks it again under the lock of the environment, and saves.

use env_pack_domain::BindingKey;

use super::check::{self, CheckedPack};
use super::error::BindError;
use super::intent::Intent;
use super::plan::{Outcome, Plan, requested_change};
use super::report::{BindReport, PackDifference};
use crate::Host;
use gtc_store::{Change, Request, Stored};

/// Makes a planned change, and records it in the audit log. A refresh that found nothing new
/// only caches a new signature.
///
/// # Errors
/// [`BindError`]; the environment is unchanged then, except as [`Store::change`] says.
///
/// [`Store::change`]: gtc_store::Store::change
pub fn apply(host: &Host, plan: Plan) -> Result<BindReport, BindError> {
    let Plan { intent, request, checked, missing, outcome } = plan;
    let result = check::ensure_granted(&intent, &missing).and_then(|()| match outcome {
        Outcome::Answered(first) => Ok(first),
        Outcome::Unchanged(report) => keep(host, &intent, &request, checked.as_ref(), report),
        Outcome::Change { difference } => save(host, &intent, &request, checked, difference),
    });
    requested_change(&intent).record_failure(host, result)
}

/// Changes no binding, and remembers the request.
fn keep(
    host: &Host,
    intent: &Intent,
    request: &Request,
    checked: Option<&CheckedPack>,
    report: BindReport,
) -> Result<BindReport, BindError> {
    if let Some(checked) = checked {
        cache_signature(host, checked)?;
    }
    host.store.change(&intent.environment, request, |stored| {
        intent.ensure_unchanged(&stored.environment)?;
        Ok(Change::recorded(Vec::new(), report.clone()))
    })
}

fn save(
    host: &Host,
    intent: &Intent,
    request: &Request,
    mut checked: Option<CheckedPack>,
    difference: Option<PackDifference>,
) -> Result<BindReport, BindError> {
    let mut cached = None;
    let report = host.store.change(&intent.environment, request, |stored| {
        let mut change = decide(host, intent, &stored, checked.as_mut())?;
        change.report.moved_from.clone_from(&difference);
        // a built-in pack changes with this program, so it is not pinned
        if let Some(checked) = &checked
            && !host.fetcher.is_builtin(&intent.binding.pack_ref)
        {
            cached = Some(host.fetcher.cache.insert(&checked.fetched, host.store.gc_root())?);
            cache_signature(host, checked)?;
        }
        Ok::<_, BindError>(change)
    });
    // the pin protects the cached archive from garbage collection from here on
    drop(cached);
    report
}

/// Checks a plan again and computes its change. A request for what is bound already changes
/// nothing.
fn decide(
    host: &Host,
    intent: &Intent,
    stored: &Stored,
    mut checked: Option<&mut CheckedPack>,
) -> Result<Change<BindReport>, BindError> {
    intent.ensure_unchanged(&stored.environment)?;
    if let Some(checked) = &mut checked {
        check::recheck(host, stored, intent, checked)?;
    }
    // a built-in pack changes with this program, so it is not pinned
    let pinned = checked.as_deref().filter(|_| !host.fetcher.is_builtin(&intent.binding.pack_ref));
    let pin_of = |key: &BindingKey| pinned.map(|checked| checked.pin_of(key));
    let after = intent.changes(&stored.environment, &pin_of)?;
    let key = intent.idempotency_key.clone();
    let mut report = BindReport::of_changes(&intent.environment, key, &after.changes);
    report.signer = pinned.and_then(|checked| checked.signed.signature.signer());
    report.warnings = checked.map(|checked| checked.warnings.clone()).unwrap_or_default();
    let events = requested_change(intent).events(host, &after.changes);
    Ok(Change { environment: Some(after.environment), ..Change::recorded(events, report) })
}

fn cache_signature(host: &Host, checked: &CheckedPack) -> Result<(), BindError> {
    if let Some(signature) = &checked.signed.envelope {
        host.fetcher.cache.signatures.insert(&checked.fetched.digest, signature)?;
    }
    Ok(())
}
