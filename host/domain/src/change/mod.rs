//! How bindings change: functions from an environment and a request to the changed
//! environment or a refusal.
//!
//! Nothing here reads or writes anything. Packs and extensions change by the same rules;
//! only their keys differ.

use crate::{
    AnswersRef, Binding, BindingKey, BindingPlace, EnvId, Environment, ForeignText, PackDescriptor,
    PackRef, PreviousBinding,
};

/// What to bind.
#[derive(Clone, Debug)]
pub struct BindingRequest {
    /// Where.
    pub place: BindingPlace,
    /// As what.
    pub kind: PackDescriptor,
    /// Which archive.
    pub pack_ref: PackRef,
    /// With which answers.
    pub answers_ref: Option<AnswersRef>,
}

/// A change that was made.
#[derive(Clone, Debug)]
pub struct BindingChange {
    /// The environment as it is now.
    pub environment: Environment,
    /// The binding as it was, unless it is new.
    pub before: Option<Binding>,
    /// The binding as it is, unless it is gone.
    pub after: Option<Binding>,
}

/// Binds a pack to a place that is free.
///
/// # Errors
/// [`Refusal::AlreadyBound`] when it is taken.
pub fn add(environment: &Environment, request: BindingRequest) -> Result<BindingChange, Refusal> {
    let added = request.into_binding(0, None);
    if environment.binding(&added.key()).is_some() {
        return Err(Refusal::AlreadyBound {
            environment: environment.id().clone(),
            key: added.key(),
        });
    }
    let mut environment = environment.clone();
    environment.push(added.clone());
    Ok(BindingChange { environment, before: None, after: Some(added) })
}

/// Replaces a binding and keeps the one before for a rollback.
///
/// # Errors
/// [`Refusal::NothingToUpdate`] when there is none.
pub fn update(
    environment: &Environment,
    request: BindingRequest,
) -> Result<BindingChange, Refusal> {
    let key = request.clone().into_binding(0, None).key();
    let nothing =
        || Refusal::NothingToUpdate { environment: environment.id().clone(), key: key.clone() };
    let before = environment.binding(&key).ok_or_else(nothing)?;
    let stash = Binding { previous: None, ..before.clone() };
    let after = request.into_binding(
        before.generation.saturating_add(1),
        Some(PreviousBinding::Known(Box::new(stash))),
    );
    Ok(replace_binding(environment, before, Some(after)))
}

/// The same environment, in which what is bound by one reference is bound by another one
/// for the same pack. No generation changes: the bindings stay what they are.
pub fn replace_pack_ref(environment: &Environment, from: &PackRef, to: &PackRef) -> Environment {
    let mut renamed = environment.clone();
    for binding in environment.bindings().filter(|binding| binding.pack_ref == *from) {
        renamed.replace(binding, Some(Binding { pack_ref: to.clone(), ..binding.clone() }));
    }
    renamed
}

/// Takes a binding away, for good: nothing is kept for a rollback.
///
/// # Errors
/// [`Refusal::NotBound`] when there is none.
pub fn remove(environment: &Environment, key: &BindingKey) -> Result<BindingChange, Refusal> {
    let before = require_binding(environment, key)?;
    Ok(replace_binding(environment, before, None))
}

/// Restores what a binding was before its last update, as a new generation that cannot be
/// rolled back again.
///
/// # Errors
/// [`Refusal::NotBound`] when there is no such binding, [`Refusal::NothingToRollBack`]
/// when it was never updated or is rolled back already, [`Refusal::UnreadablePrevious`]
/// when what was kept is no binding of the same place.
pub fn rollback(environment: &Environment, key: &BindingKey) -> Result<BindingChange, Refusal> {
    let before = require_binding(environment, key)?;
    let id = environment.id();
    let previous = match &before.previous {
        None => {
            return Err(Refusal::NothingToRollBack { environment: id.clone(), key: key.clone() });
        }
        Some(PreviousBinding::Known(previous)) if previous.key() == *key => previous,
        Some(PreviousBinding::Known(previous)) => {
            let reason = ForeignText::new(format!("it belongs to {}", previous.key()));
            return Err(Refusal::UnreadablePrevious {
                environment: id.clone(),
                key: key.clone(),
                reason,
            });
        }
        Some(PreviousBinding::Opaque(text)) => {
            let reason = ForeignText::excerpt(text.as_exact());
            return Err(Refusal::UnreadablePrevious {
                environment: id.clone(),
                key: key.clone(),
                reason,
            });
        }
    };
    let restored = Binding {
        generation: before.generation.saturating_add(1),
        previous: None,
        ..(**previous).clone()
    };
    Ok(replace_binding(environment, before, Some(restored)))
}

impl BindingRequest {
    fn into_binding(self, generation: u64, previous: Option<PreviousBinding>) -> Binding {
        let Self { place, kind, pack_ref, answers_ref } = self;
        Binding { place, kind, pack_ref, answers_ref, generation, previous }
    }
}

fn require_binding<'a>(
    environment: &'a Environment,
    key: &BindingKey,
) -> Result<&'a Binding, Refusal> {
    environment.binding(key).ok_or_else(|| Refusal::NotBound {
        environment: environment.id().clone(),
        key: key.clone(),
    })
}

fn replace_binding(
    environment: &Environment,
    before: &Binding,
    after: Option<Binding>,
) -> BindingChange {
    let mut changed = environment.clone();
    changed.replace(before, after.clone());
    BindingChange { environment: changed, before: Some(before.clone()), after }
}

/// Why a change was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The place is taken.
    #[error("{key} is already bound in environment `{environment}`; use `update` to replace it")]
    AlreadyBound {
        /// The environment.
        environment: EnvId,
        /// The place.
        key: BindingKey,
    },
    /// There is nothing to replace.
    #[error("{key} is not bound in environment `{environment}`; use `add` to bind it")]
    NothingToUpdate {
        /// The environment.
        environment: EnvId,
        /// The place.
        key: BindingKey,
    },
    /// There is nothing to take away or to roll back.
    #[error("{key} is not bound in environment `{environment}`")]
    NotBound {
        /// The environment.
        environment: EnvId,
        /// The place.
        key: BindingKey,
    },
    /// Nothing was kept.
    #[error("{key} in environment `{environment}` has no previous binding to roll back to")]
    NothingToRollBack {
        /// The environment.
        environment: EnvId,
        /// The place.
        key: BindingKey,
    },
    /// What was kept cannot be restored.
    #[error(
        "the previous binding of {key} in environment `{environment}` cannot be restored: {reason}"
    )]
    UnreadablePrevious {
        /// The environment.
        environment: EnvId,
        /// The place.
        key: BindingKey,
        /// What stands there instead.
        reason: ForeignText,
    },
}

#[cfg(test)]
mod tests;
