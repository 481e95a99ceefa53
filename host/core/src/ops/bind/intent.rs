//! The change that a plan is to make.

use env_pack_domain::change::{self, BindingChange, BindingRequest, Refusal};
use env_pack_domain::{
    AnswersRef, Binding, BindingKey, BindingPlace, EnvId, Environment, PackRef, Pin,
};

use super::error::BindError;
use super::request::{BindRequest, GrantSelection};

/// An environment after the changes of a request: that of the binding itself, then those of the
/// other instances.
#[derive(Debug)]
pub(super) struct ChangedBindings {
    pub environment: Environment,
    pub changes: Vec<BindingChange>,
}

/// A change of a binding: the common form of a request to add, update or refresh one.
#[derive(Clone, Debug)]
pub(super) struct Intent {
    pub environment: EnvId,
    pub binding: BindingRequest,
    pub grants: GrantSelection,
    pub verb: Verb,
    pub all_instances: bool,
    /// Whether an update without answers keeps those of the replaced binding.
    pub keep_answers: bool,
    pub if_generation: Option<u64>,
    pub idempotency_key: Option<String>,
}

/// The kind of a change.
#[derive(Clone, Debug)]
pub(super) enum Verb {
    /// The place must be free.
    Add,
    /// The place must be bound.
    Update,
    /// The place must still have this binding.
    Refresh(Box<Binding>),
    /// The place must still have this binding, which has no pin.
    Pin(Box<Binding>),
}

impl Verb {
    /// Returns the name of the verb in the audit log. A refresh is an update.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Update | Self::Refresh(_) => "update",
            Self::Pin(_) => "pin",
        }
    }
}

impl Intent {
    pub(super) fn new(verb: Verb, request: BindRequest) -> Self {
        Self {
            environment: request.environment,
            binding: request.binding,
            grants: request.grants,
            verb,
            all_instances: request.all_instances,
            keep_answers: request.keep_answers,
            if_generation: request.if_generation,
            idempotency_key: request.idempotency_key,
        }
    }

    pub(super) fn is_refresh(&self) -> bool {
        matches!(self.verb, Verb::Refresh(_))
    }

    /// Returns the key of the binding.
    pub(super) fn key(&self) -> BindingKey {
        self.binding.key()
    }

    /// Returns the keys of the binding, and of the other instances that change with it.
    pub(super) fn affected_keys(&self, environment: &Environment) -> Vec<BindingKey> {
        let siblings = self.siblings(environment).map(Binding::key);
        std::iter::once(self.key()).chain(siblings).collect()
    }

    /// Returns the other instances that change with the binding.
    fn siblings<'a>(&'a self, environment: &'a Environment) -> impl Iterator<Item = &'a Binding> {
        let is_extension = matches!(self.binding.place, BindingPlace::Extension(_));
        environment
            .instances_of(self.binding.kind.path())
            .filter(move |_| self.all_instances && is_extension)
            .filter(|sibling| sibling.place != self.binding.place)
    }

    /// Returns the reference to the answers that a binding would have.
    pub(super) fn answers_of(
        &self,
        environment: &Environment,
        key: &BindingKey,
    ) -> Option<AnswersRef> {
        let bound = environment.binding(key).and_then(|bound| bound.answers_ref.clone());
        if *key != self.key() {
            return bound;
        }
        self.binding.answers_ref.clone().or(bound.filter(|_| self.keep_answers))
    }

    /// Fails if the binding to be refreshed or pinned is no longer the one that was read.
    pub(super) fn ensure_unchanged(&self, environment: &Environment) -> Result<(), BindError> {
        if let Verb::Refresh(bound) | Verb::Pin(bound) = &self.verb
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
        self.changes(environment, &|_| None)?;
        Ok(())
    }

    /// Computes the changes: that of the binding itself, then those of the other instances.
    /// `pin_of` returns the new pin of each.
    pub(super) fn changes(
        &self,
        environment: &Environment,
        pin_of: &dyn Fn(&BindingKey) -> Option<Pin>,
    ) -> Result<ChangedBindings, Refusal> {
        change::ensure_generation(environment, &self.key(), self.if_generation)?;
        let mut request = self.binding.clone();
        request.answers_ref = self.answers_of(environment, &self.key());
        let pin = pin_of(&self.key());
        let first = match &self.verb {
            Verb::Add => change::add(environment.clone(), request, pin)?,
            Verb::Update => change::update(environment.clone(), request, pin)?,
            Verb::Refresh(bound) => {
                let mut before = environment.clone();
                if let Some(exact) = exact_reference(bound, pin.as_ref()) {
                    before = change::set_pack_ref(before, &self.key(), exact)?.environment;
                }
                change::update(before, request, pin)?
            }
            // before the pack is fetched, this only checks that it is bound
            Verb::Pin(_) => match pin {
                Some(pin) => change::set_pin(environment.clone(), &self.key(), pin)?,
                None => change::update(environment.clone(), request, None)?,
            },
        };
        let mut after = first.environment;
        let mut changes = vec![first.change];
        for sibling in self.siblings(environment) {
            let Binding { place, answers_ref, .. } = sibling.clone();
            let request = BindingRequest { place, answers_ref, ..self.binding.clone() };
            let changed = change::update(after, request, pin_of(&sibling.key()))?;
            after = changed.environment;
            changes.push(changed.change);
        }
        Ok(ChangedBindings { environment: after, changes })
    }
}

/// Returns the reference of a bound pack by its digest, if its tag leads to another one now. The
/// previous binding keeps this reference: then a rollback follows no tag, and other tools that
/// read the environment find the same archive.
fn exact_reference(bound: &Binding, pin: Option<&Pin>) -> Option<PackRef> {
    let manifest = bound.pin.as_ref()?.manifest?;
    let has_moved = pin?.manifest? != manifest;
    bound.pack_ref.exact(manifest).filter(|_| has_moved)
}
