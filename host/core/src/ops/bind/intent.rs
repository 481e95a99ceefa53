//! The change that a plan is to make.

use env_pack_domain::change::{self, BindingChange, BindingRequest, Refusal};
use env_pack_domain::{Binding, BindingKey, BindingPlace, EnvId, Environment, PackRef};

use super::error::BindError;
use super::request::{BindRequest, GrantSelection};

/// A change of a binding: the common form of a request to add, update or refresh one.
#[derive(Clone, Debug)]
pub(super) struct Intent {
    pub environment: EnvId,
    pub binding: BindingRequest,
    pub grants: GrantSelection,
    pub verb: Verb,
    pub all_instances: bool,
    pub idempotency_key: Option<String>,
}

/// The kind of a change.
#[derive(Clone, Debug)]
pub(super) enum Verb {
    /// The place must be free.
    Add,
    /// The place must be bound.
    Update,
    /// The place must still have this binding, and every other binding with the same
    /// reference changes too.
    Refresh(Box<Binding>),
}

impl Intent {
    pub(super) fn new(verb: Verb, request: BindRequest) -> Self {
        let BindRequest { environment, binding, grants, all_instances, idempotency_key, .. } =
            request;
        Self { environment, binding, grants, verb, all_instances, idempotency_key }
    }

    pub(super) fn is_refresh(&self) -> bool {
        matches!(self.verb, Verb::Refresh(_))
    }

    /// Returns the key of the binding.
    pub(super) fn key(&self) -> BindingKey {
        match &self.binding.place {
            BindingPlace::Slot(slot) => BindingKey::Slot(*slot),
            BindingPlace::Extension(instance) => BindingKey::Extension {
                path: self.binding.kind.path().clone(),
                instance: instance.clone(),
            },
        }
    }

    /// Fails if the binding to be refreshed is no longer the one that was read.
    pub(super) fn ensure_unchanged(&self, environment: &Environment) -> Result<(), BindError> {
        if let Verb::Refresh(bound) = &self.verb
            && environment.binding(&bound.key()) != Some(bound.as_ref())
        {
            return Err(BindError::BindingChanged {
                environment: self.environment.clone(),
                key: bound.key(),
            });
        }
        Ok(())
    }

    /// Fails if the bindings do not allow the change.
    pub(super) fn ensure_possible(&self, environment: &Environment) -> Result<(), Refusal> {
        self.changes(environment, &self.binding.pack_ref)?;
        Ok(())
    }

    /// Computes the changes: that of the binding itself, then those of the other instances
    /// and of the other bindings that are refreshed with it. `current_ref` is the reference
    /// by which these are bound.
    pub(super) fn changes(
        &self,
        environment: &Environment,
        current_ref: &PackRef,
    ) -> Result<Vec<BindingChange>, Refusal> {
        let first = match self.verb {
            Verb::Add => change::add(environment, self.binding.clone())?,
            Verb::Update | Verb::Refresh(_) => change::update(environment, self.binding.clone())?,
        };
        let mut current = first.environment.clone();
        let mut changes = vec![first];
        for request in self.followers(environment, current_ref) {
            let change = change::update(&current, request)?;
            current = change.environment.clone();
            changes.push(change);
        }
        Ok(changes)
    }

    /// Returns the updates of the other bindings that change along.
    fn followers(&self, environment: &Environment, current_ref: &PackRef) -> Vec<BindingRequest> {
        let mut followers = Vec::new();
        if self.all_instances {
            for sibling in environment.instances_of(self.binding.kind.path()) {
                if sibling.place != self.binding.place {
                    let Binding { place, answers_ref, .. } = sibling.clone();
                    followers.push(BindingRequest { place, answers_ref, ..self.binding.clone() });
                }
            }
        }
        if self.is_refresh() {
            let key = self.key();
            for other in environment.bindings() {
                if other.pack_ref == *current_ref && other.key() != key {
                    let Binding { place, kind, answers_ref, .. } = other.clone();
                    let pack_ref = self.binding.pack_ref.clone();
                    followers.push(BindingRequest { place, kind, answers_ref, pack_ref });
                }
            }
        }
        followers
    }
}
