//! A decided change of an environment, and the texts that it writes.

use env_pack_domain::Environment;

use super::audit::{self, AuditEvent};
use super::backend::{Edit, TextKind};
use super::stored::Base;
use super::trust_root::TrustRoot;

/// A change that was decided: the new values, and how the audit log records it.
#[derive(Debug)]
pub struct Change<T> {
    /// The changed environment, with its pins; none if it stays the same.
    pub environment: Option<Environment>,
    /// The changed trusted keys; none if they stay the same.
    pub trust_root: Option<TrustRoot>,
    /// The events for the audit log.
    pub events: Vec<AuditEvent>,
    /// The report to return when the change is saved.
    pub report: T,
}

impl<T> Change<T> {
    /// Returns a change that only records events.
    pub fn recorded(events: Vec<AuditEvent>, report: T) -> Self {
        Self { environment: None, trust_root: None, events, report }
    }

    /// Renders the texts that differ from the stored ones, and the audit lines.
    pub(super) fn edit(&self, base: &Base) -> Edit {
        let id = base.environment.id();
        let mut writes = Vec::new();
        let after = self.environment.as_ref().unwrap_or(&base.environment);
        if base.is_new || *after != base.environment {
            writes = environment_writes(base, after);
        }
        if let Some(root) = &self.trust_root {
            writes.push((TextKind::TrustRoot, root.render()));
        }
        let audit = self.events.iter().map(|event| audit::line(id, event)).collect();
        Edit { writes, audit }
    }
}

/// Renders a changed environment and its pins.
///
/// The texts are written one after the other. Pins of the new and the old bindings come first,
/// and those of the old ones are removed last, so that after an interruption each binding has
/// its pin.
fn environment_writes(base: &Base, after: &Environment) -> Vec<(TextKind, String)> {
    let mut writes = Vec::new();
    let document = base.document.render(after);
    let has_pins = |environment: &Environment| {
        environment.bindings().any(|binding| {
            binding.pin.is_some()
                || binding.readable_previous().is_some_and(|old| old.pin.is_some())
        })
    };
    let pins = (base.pins_text.is_some() || has_pins(after))
        .then(|| (base.pins.render(&[after, &base.environment]), base.pins.render(&[after])));
    let stored = base.pins_text.as_deref();
    let (first, last) = pins.unzip();
    if let Some(first) = first.clone().filter(|first| Some(first.as_str()) != stored) {
        writes.push((TextKind::Pins, first));
    }
    if base.is_new || document != base.document.render(&base.environment) {
        writes.push((TextKind::Document, document));
    }
    if let Some(last) = last.filter(|last| Some(last) != first.as_ref()) {
        writes.push((TextKind::Pins, last));
    }
    writes
}
