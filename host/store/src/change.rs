//! A decided change of an environment, and the texts that it writes.

use env_pack_domain::Environment;

use super::audit::{self, AuditEvent};
use super::backend::{Edit, Place, TextKind};
use super::error::StoreError;
use super::pins::{PackPins, PinsDocument};
use super::stored::Base;
use super::trust_root::TrustRoot;

/// A change that was decided: the new values, and how the audit log records it.
#[derive(Debug)]
pub struct Change<T> {
    /// The environment, if it changes.
    pub environment: Option<Environment>,
    /// The pins, if they change.
    pub pins: Option<PackPins>,
    /// The trusted keys, if they change.
    pub trust_root: Option<TrustRoot>,
    /// The events for the audit log.
    pub events: Vec<AuditEvent>,
    /// The report to return when the change is saved.
    pub report: T,
}

impl<T> Change<T> {
    /// Returns a change that only records events.
    pub fn recorded(events: Vec<AuditEvent>, report: T) -> Self {
        Self { environment: None, pins: None, trust_root: None, events, report }
    }

    /// Renders the texts that differ from the stored ones, and the audit lines.
    ///
    /// New pins come first, because an unused pin is harmless and a missing one leaves a binding
    /// without a pack. Changed and removed pins come last, so that an interruption in between
    /// leaves the old bindings usable.
    pub(super) fn edit(&self, base: &Base, place: &Place) -> Result<Edit, StoreError> {
        let id = base.environment.id();
        let mut writes = Vec::new();
        let pins = self.pins.as_ref().unwrap_or(&base.pins);
        let mut first = pins.clone();
        first.packs.extend(base.pins.packs.clone());
        let mut pins_document = base.pins_document.clone();
        if first != base.pins {
            let text = pins_document.render(&first);
            (pins_document, _) =
                PinsDocument::parse(&text, &place.text(id, TextKind::Pins.name()))?;
            writes.push((TextKind::Pins, text));
        }
        let environment = self.environment.as_ref().unwrap_or(&base.environment);
        if base.is_new || *environment != base.environment {
            writes.push((TextKind::Document, base.document.render(environment)));
        }
        if *pins != first {
            writes.push((TextKind::Pins, pins_document.render(pins)));
        }
        if let Some(root) = &self.trust_root {
            writes.push((TextKind::TrustRoot, root.render()));
        }
        let audit = self.events.iter().map(|event| audit::line(id, event)).collect();
        Ok(Edit { writes, audit })
    }
}
