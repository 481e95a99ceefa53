//! Applies a plan: checks it again under the lock of the environment, and saves.

use env_pack_domain::change;

use super::changes::{pin_old_reference, retain_used_pins};
use super::check::{self, CheckedPack};
use super::intent::Intent;
use super::plan::{Plan, requested_change};
use super::report::{BindReport, GrantsReport};
use crate::Host;
use crate::ops::OpError;

/// Makes a planned change, and records it in the audit log. A refresh that found nothing new
/// only caches a new signature.
///
/// # Errors
/// [`OpError`]; nothing was written then, unless it is [`OpError::AuditFailed`].
pub fn apply(host: &Host, plan: Plan) -> Result<BindReport, OpError> {
    let Plan { intent, checked, missing, difference, unchanged } = plan;
    let granted = check::ensure_granted(&intent, &missing);
    if granted.is_ok()
        && let Some(unchanged) = unchanged
    {
        if let Some(checked) = &checked {
            cache_signature(host, checked)?;
        }
        return Ok(unchanged);
    }
    let result = granted
        .and_then(|()| save(host, &intent, checked))
        .map(|report| BindReport { moved_from: difference, ..report });
    requested_change(&intent).record(host, result)
}

fn save(
    host: &Host,
    intent: &Intent,
    mut checked: Option<CheckedPack>,
) -> Result<BindReport, OpError> {
    let pack_ref = &intent.binding.pack_ref;
    let mut session = host.store.open(&intent.environment)?;
    let stored = session.stored();
    intent.ensure_unchanged(&stored.environment)?;
    if let Some(checked) = &mut checked {
        check::recheck(host, stored, intent, checked)?;
    }
    let before = stored.environment.clone();
    let mut pins = stored.pins.clone();
    let (base, current_ref) = match pin_old_reference(&mut pins, intent, checked.as_ref()) {
        Some(pinned) => (change::replace_pack_ref(&before, pack_ref, &pinned), pinned),
        None => (before.clone(), pack_ref.clone()),
    };
    let changes = intent.changes(&base, &current_ref)?;
    let after = &changes.last().expect("an intent makes a change").environment;
    let mut report =
        BindReport::of_changes(&intent.environment, intent.idempotency_key.clone(), &changes);
    let mut cached = None;
    if let Some(checked) = checked {
        report.warnings = checked.warnings.clone();
        // a built-in pack changes with this program, so it is not pinned
        if !host.fetcher.is_builtin(pack_ref) {
            cached = Some(host.fetcher.cache.insert(&checked.fetched, host.store.root())?);
            cache_signature(host, &checked)?;
            report.signer = checked.signed.signature.signer();
            let grants = &checked.pin.grants;
            report.grants = (!grants.is_empty()).then(|| GrantsReport::from(grants));
            pins.packs.insert(pack_ref.text(), checked.pin);
        }
    }
    retain_used_pins(&mut pins, &[&before, after]);
    session.save(after, &pins)?;
    // the pin protects the cached archive from garbage collection from here on
    drop(cached);
    Ok(report)
}

fn cache_signature(host: &Host, checked: &CheckedPack) -> Result<(), OpError> {
    if let Some(signature) = &checked.signed.envelope {
        host.fetcher.cache.signatures.insert(&checked.fetched.digest, signature)?;
    }
    Ok(())
}
