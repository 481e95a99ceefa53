//! An environment: its id and its bindings, and what always holds of them.

use crate::{Binding, BindingKey, BindingPlace, DescriptorPath, EnvId};

/// An environment whose invariants hold: each core slot and each extension instance is
/// bound at most once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    id: EnvId,
    packs: Vec<Binding>,
    extensions: Vec<Binding>,
}

impl Environment {
    /// An environment without bindings.
    pub fn empty(id: EnvId) -> Self {
        Self { id, packs: Vec::new(), extensions: Vec::new() }
    }

    /// An environment with these bindings; packs and extensions each keep their order.
    ///
    /// # Errors
    /// [`DuplicateBinding`] when two bindings have the same key.
    pub fn new(
        id: EnvId,
        bindings: impl IntoIterator<Item = Binding>,
    ) -> Result<Self, DuplicateBinding> {
        let mut environment = Self::empty(id);
        for binding in bindings {
            let key = binding.key();
            if environment.binding(&key).is_some() {
                return Err(DuplicateBinding { key });
            }
            environment.push(binding);
        }
        Ok(environment)
    }

    /// The id.
    pub fn id(&self) -> &EnvId {
        &self.id
    }

    /// The bindings of core slots.
    pub fn packs(&self) -> &[Binding] {
        &self.packs
    }

    /// The bindings of extensions.
    pub fn extensions(&self) -> &[Binding] {
        &self.extensions
    }

    /// Every binding: packs, then extensions.
    pub fn bindings(&self) -> impl Iterator<Item = &Binding> {
        self.packs.iter().chain(&self.extensions)
    }

    /// The binding with this key.
    pub fn binding(&self, key: &BindingKey) -> Option<&Binding> {
        self.bindings().find(|binding| binding.key() == *key)
    }

    /// The instances of one extension.
    pub fn instances_of<'a>(
        &'a self,
        path: &'a DescriptorPath,
    ) -> impl Iterator<Item = &'a Binding> {
        self.extensions.iter().filter(move |binding| binding.kind.path() == path)
    }

    pub(crate) fn push(&mut self, binding: Binding) {
        self.list_mut(&binding.place).push(binding);
    }

    /// Puts `after` where the binding with this key is, or takes it away.
    pub(crate) fn replace(&mut self, before: &Binding, after: Option<Binding>) {
        let key = before.key();
        let list = self.list_mut(&before.place);
        if let Some(at) = list.iter().position(|binding| binding.key() == key) {
            match after {
                Some(after) => list[at] = after,
                None => drop(list.remove(at)),
            }
        }
    }

    fn list_mut(&mut self, place: &BindingPlace) -> &mut Vec<Binding> {
        match place {
            BindingPlace::Slot(_) => &mut self.packs,
            BindingPlace::Extension(_) => &mut self.extensions,
        }
    }
}

/// Two bindings with one key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key} is bound twice")]
pub struct DuplicateBinding {
    /// The key.
    pub key: BindingKey,
}
