//! Chooses environments of a store, and bindings in them.

use env_pack_domain::{Binding, EnvId};

use super::pattern::Pattern;
use crate::Host;
use crate::operation_error::{Explanation, OperationError};
use gtc_store::StoreError;

/// Chooses environments by id, and bindings by descriptor and pack reference.
#[derive(Clone, Debug)]
pub struct FleetSelector {
    /// The ids of the environments.
    pub environments: Pattern,
    /// The descriptors of the bindings: with the version, or only the path.
    pub kind: Option<Pattern>,
    /// The pack references of the bindings.
    pub pack_ref: Option<Pattern>,
}

impl FleetSelector {
    /// Returns the ids of the environments, sorted. They are not read.
    ///
    /// # Errors
    /// [`FleetError`] when the store cannot be read, or no id matches the pattern. A store
    /// without environments is an error only if the pattern is not `*`.
    pub(super) fn environments(&self, host: &Host) -> Result<Vec<EnvId>, FleetError> {
        let mut ids = host.store.list()?;
        ids.retain(|id| self.environments.matches(id.as_str()));
        if ids.is_empty() && self.environments != Pattern::any() {
            let root = host.store.place().to_string();
            return Err(FleetError::NoMatch { pattern: self.environments.clone(), root });
        }
        Ok(ids)
    }

    /// Returns whether it chooses all bindings of its environments.
    pub(super) fn chooses_all_bindings(&self) -> bool {
        self.kind.is_none() && self.pack_ref.is_none()
    }

    /// Returns whether it chooses an environment with these bindings.
    pub(super) fn chooses_any<'a>(&self, mut bindings: impl Iterator<Item = &'a Binding>) -> bool {
        self.chooses_all_bindings() || bindings.any(|binding| self.matches(binding))
    }

    /// Returns whether it chooses this binding.
    pub(super) fn matches(&self, binding: &Binding) -> bool {
        let kind = &binding.kind;
        let is_kind = self.kind.as_ref().is_none_or(|pattern| {
            pattern.matches(&kind.path().to_string()) || pattern.matches(&kind.to_string())
        });
        let pack_ref = self.pack_ref.as_ref();
        is_kind && pack_ref.is_none_or(|pattern| pattern.matches(&binding.pack_ref.to_string()))
    }
}

/// Environments could not be chosen.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No environment has such an id.
    #[error("no environment in {root} matches `{pattern}`")]
    NoMatch {
        /// The pattern.
        pattern: Pattern,
        /// The place of the store.
        root: String,
    },
}

impl OperationError for FleetError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Store(error) => error.explain(),
            Self::NoMatch { .. } => {
                Explanation::refused("not-found", "see all environments with `gtc op env list`")
            }
        }
    }
}
