//! A decided change of an environment, and the texts that it writes.

use env_pack_domain::Environment;
use env_pack_domain::messaging::Endpoints;

use super::audit::{self, AuditEvent};
use super::backend::{Edit, NewAnswers, TextKind};
use super::portable::PortableEnvironment;
use super::request_record::RecordedAnswer;
use super::settings::Settings;
use super::stored::Base;
use super::trust_root::TrustRoot;

/// A change of a whole environment. What was there is kept as one document.
#[derive(Clone, Debug)]
pub struct WholeChange {
    /// The environment before; none if it did not exist.
    pub before: Option<PortableEnvironment>,
    /// The environment after; none if it is deleted.
    pub after: Option<PortableEnvironment>,
}

/// A change that was decided: the new values, and how the audit log records it.
#[derive(Debug)]
pub struct Change<T> {
    /// The changed environment, with its pins; none if it stays the same.
    pub environment: Option<Environment>,
    /// Whether to write the pins with the present schema, also if they stay the same.
    pub converts_pins: bool,
    /// The changed messaging endpoints; none if they stay the same.
    pub endpoints: Option<Endpoints>,
    /// The changed settings; none if they stay the same.
    pub settings: Option<Settings>,
    /// The changed trusted keys; none if they stay the same.
    pub trust_root: Option<TrustRoot>,
    /// Answers documents to write, at most one for each place.
    pub answers: Vec<NewAnswers>,
    /// A change of the environment as a whole, as [`Store::import`] and [`Store::delete`] make it;
    /// then the values above do not count.
    ///
    /// [`Store::import`]: crate::Store::import
    /// [`Store::delete`]: crate::Store::delete
    pub whole: Option<WholeChange>,
    /// The events for the audit log.
    pub events: Vec<AuditEvent>,
    /// The number of the last event to remove from the start of the audit log, with all before
    /// it; none if all stay.
    pub prune_audit: Option<u64>,
    /// The report to return when the change is saved.
    pub report: T,
}

impl<T> Change<T> {
    /// Returns a change that only records events.
    pub fn recorded(events: Vec<AuditEvent>, report: T) -> Self {
        Self {
            environment: None,
            converts_pins: false,
            endpoints: None,
            settings: None,
            trust_root: None,
            answers: Vec::new(),
            whole: None,
            events,
            prune_audit: None,
            report,
        }
    }

    /// Renders the texts that differ from the stored ones, and the audit lines.
    pub(super) fn edit(&self, base: &Base, answer: Option<RecordedAnswer>) -> Edit {
        let id = base.environment.id();
        let audit = self.events.iter().map(|event| audit::line(id, event)).collect();
        let edit = match &self.whole {
            Some(whole) => whole.edit(),
            None => self.edit_values(base),
        };
        Edit { audit, prune_audit: self.prune_audit, answer, ..edit }
    }

    /// Renders the texts that differ from the stored ones.
    fn edit_values(&self, base: &Base) -> Edit {
        let mut writes = Vec::new();
        let after = self.environment.as_ref().unwrap_or(&base.environment);
        let is_changed = *after != base.environment
            || self.endpoints.is_some()
            || self.settings.is_some()
            || self.converts_pins;
        if base.is_new || is_changed {
            writes = self.environment_writes(base, after);
        }
        if let Some(root) = &self.trust_root {
            writes.push((TextKind::TrustRoot, root.render()));
        }
        Edit { answers: self.answers.clone(), writes, ..Edit::default() }
    }

    /// Renders a changed environment and its pins.
    fn environment_writes(&self, base: &Base, after: &Environment) -> Vec<(TextKind, String)> {
        let mut writes = Vec::new();
        let stored = &base.document.endpoints().stored().list;
        let endpoints = self.endpoints.as_ref().unwrap_or(stored);
        let is_changed = !after.equals_without_pins(&base.environment) || endpoints != stored;
        if let Some(settings) = &self.settings {
            let document = base.document.with_settings(settings);
            writes.push((TextKind::Document, document.render(&base.environment, after, endpoints)));
        } else if base.is_new || is_changed {
            let document = base.document.render(&base.environment, after, endpoints);
            writes.push((TextKind::Document, document));
        }
        let has_pins =
            base.pins_text.is_some() || after.has_pins() || !after.emptied_slots().is_empty();
        if has_pins {
            let pins = base.pins.render(&[after]);
            if base.pins_text.as_ref() != Some(&pins) {
                writes.push((TextKind::Pins, pins));
            }
        }
        writes
    }
}

impl WholeChange {
    fn edit(&self) -> Edit {
        let writes = self.after.as_ref().map(PortableEnvironment::writes).unwrap_or_default();
        let mut removes = TextKind::ALL.to_vec();
        removes.retain(|kind| writes.iter().all(|(written, _)| written != kind));
        let removed_answers = answers_of(self.before.as_ref()).into_iter();
        Edit {
            answers: answers_of(self.after.as_ref()),
            removed_answers: removed_answers.map(|old| old.answers_ref).collect(),
            writes,
            removes,
            backup: self.before.as_ref().map(PortableEnvironment::render),
            ..Edit::default()
        }
    }
}

fn answers_of(environment: Option<&PortableEnvironment>) -> Vec<NewAnswers> {
    environment.map(PortableEnvironment::new_answers).unwrap_or_default()
}
