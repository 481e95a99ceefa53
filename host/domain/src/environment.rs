//! An environment: its id and its bindings.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use crate::{Binding, BindingKey, BindingPlace, CoreSlot, DescriptorPath, EnvId, Pin};

/// An environment.
///
/// Invariant: each core slot and each extension instance is bound at most once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    id: EnvId,
    packs: Vec<Binding>,
    extensions: Vec<Binding>,
    /// The position of each binding in its list: an environment may have thousands, and they are
    /// looked up one by one.
    positions: HashMap<BindingKey, usize>,
    /// The slots whose bindings were removed. None of them is bound.
    emptied_slots: BTreeSet<CoreSlot>,
}

impl Environment {
    /// Makes an environment without bindings.
    pub fn empty(id: EnvId) -> Self {
        Self {
            id,
            packs: Vec::new(),
            extensions: Vec::new(),
            positions: HashMap::new(),
            emptied_slots: BTreeSet::new(),
        }
    }

    /// Makes an environment with these bindings. Packs and extensions each keep their
    /// order.
    ///
    /// # Errors
    /// [`DuplicateBinding`] when two bindings have the same key.
    pub fn new(
        id: EnvId,
        bindings: impl IntoIterator<Item = Binding>,
    ) -> Result<Self, DuplicateBinding> {
        let mut environment = Self::empty(id);
        for binding in bindings {
            environment.add(binding)?;
        }
        Ok(environment)
    }

    /// Returns the id, which is also the name of its folder.
    pub fn id(&self) -> &EnvId {
        &self.id
    }

    /// Returns the bindings of core slots.
    pub fn packs(&self) -> &[Binding] {
        &self.packs
    }

    /// Returns the bindings of extensions.
    pub fn extensions(&self) -> &[Binding] {
        &self.extensions
    }

    /// Returns the slots that an operator emptied: they stay without a default.
    pub fn emptied_slots(&self) -> &BTreeSet<CoreSlot> {
        &self.emptied_slots
    }

    /// Returns the environment with more emptied slots. Those that are bound do not count.
    #[must_use]
    pub fn with_emptied_slots(mut self, slots: impl IntoIterator<Item = CoreSlot>) -> Self {
        let slots =
            slots.into_iter().filter(|slot| !self.positions.contains_key(&BindingKey::Slot(*slot)));
        self.emptied_slots.extend(slots);
        self
    }

    /// Returns all bindings: packs, then extensions.
    pub fn bindings(&self) -> impl Iterator<Item = &Binding> {
        self.packs.iter().chain(&self.extensions)
    }

    /// Finds a binding by its key.
    pub fn binding(&self, key: &BindingKey) -> Option<&Binding> {
        let at = *self.positions.get(key)?;
        match key {
            BindingKey::Slot(_) => self.packs.get(at),
            BindingKey::Extension { .. } => self.extensions.get(at),
        }
    }

    /// Returns the bindings of one extension path, of any version.
    pub fn instances_of<'a>(
        &'a self,
        path: &'a DescriptorPath,
    ) -> impl Iterator<Item = &'a Binding> {
        self.extensions.iter().filter(move |binding| binding.kind.path() == path)
    }

    /// Returns true if any binding, or the previous binding that it keeps, has a pin.
    pub fn has_pins(&self) -> bool {
        self.bindings().any(|binding| {
            let previous = binding.readable_previous();
            binding.pin.is_some() || previous.is_some_and(|previous| previous.pin.is_some())
        })
    }

    /// Returns the environment with other pins. `pin_of(bound, binding)` returns the pin of
    /// `binding`, which is either `bound` itself or its previous binding.
    #[must_use]
    pub fn with_pins(mut self, pin_of: impl Fn(&Binding, &Binding) -> Option<Pin>) -> Self {
        for binding in self.packs.iter_mut().chain(&mut self.extensions) {
            binding.set_pins(&pin_of);
        }
        self
    }

    /// Returns true if the other environment has the same bindings, apart from their pins.
    pub fn equals_without_pins(&self, other: &Self) -> bool {
        let mut pairs = self.bindings().zip(other.bindings());
        self.id == other.id
            && self.packs.len() == other.packs.len()
            && self.extensions.len() == other.extensions.len()
            && pairs.all(|(ours, theirs)| ours.equals_without_pins(theirs))
    }

    /// Adds a binding at the end of its list, and returns its position there.
    ///
    /// # Errors
    /// [`DuplicateBinding`] when there is a binding with its key.
    pub fn add(&mut self, binding: Binding) -> Result<usize, DuplicateBinding> {
        let at = self.list_mut(&binding.place).len();
        match self.positions.entry(binding.key()) {
            Entry::Occupied(entry) => {
                return Err(DuplicateBinding { key: entry.key().clone(), at: *entry.get() });
            }
            Entry::Vacant(entry) => entry.insert(at),
        };
        if let BindingPlace::Slot(slot) = &binding.place {
            self.emptied_slots.remove(slot);
        }
        self.list_mut(&binding.place).push(binding);
        Ok(at)
    }

    /// Replaces the binding with the key of `before`, or removes it if `after` is `None`.
    pub(crate) fn replace(&mut self, before: &Binding, after: Option<Binding>) {
        let Some(at) = self.positions.get(&before.key()).copied() else { return };
        let list = self.list_mut(&before.place);
        if let Some(after) = after {
            list[at] = after;
            return;
        }
        list.remove(at);
        let moved: Vec<BindingKey> = list[at..].iter().map(Binding::key).collect();
        self.positions.remove(&before.key());
        if let BindingPlace::Slot(slot) = &before.place {
            self.emptied_slots.insert(*slot);
        }
        for (key, at) in moved.into_iter().zip(at..) {
            self.positions.insert(key, at);
        }
    }

    fn list_mut(&mut self, place: &BindingPlace) -> &mut Vec<Binding> {
        match place {
            BindingPlace::Slot(_) => &mut self.packs,
            BindingPlace::Extension(_) => &mut self.extensions,
        }
    }
}

/// The error for two bindings with the same key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key} is bound twice")]
pub struct DuplicateBinding {
    /// The key of both bindings.
    pub key: BindingKey,
    /// The position of the first one in its list.
    pub at: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        CapabilitySlot, CoreSlot, PackDescriptor, PackRef, Permissions, PreviousBinding,
        Sha256Digest,
    };

    fn binding(place: BindingPlace, kind: &str, generation: u64) -> Binding {
        let kind: PackDescriptor = kind.parse().expect(kind);
        let pack_ref = PackRef::Builtin(kind.clone());
        Binding { place, kind, pack_ref, answers_ref: None, generation, pin: None, previous: None }
    }

    fn state() -> BindingPlace {
        BindingPlace::Slot(CoreSlot::try_from(CapabilitySlot::State).expect("a core slot"))
    }

    fn environment(bindings: impl IntoIterator<Item = Binding>) -> Environment {
        Environment::new("local".parse().expect("an id"), bindings).expect("different keys")
    }

    #[test]
    fn instances_of_a_path_are_bindings_of_any_version() {
        let instance = |name: &str| BindingPlace::Extension(Some(name.parse().expect(name)));
        let environment = environment([
            binding(BindingPlace::Extension(None), "a.oauth@1.0.0", 0),
            binding(instance("eu"), "a.oauth@2.0.0", 0),
            binding(instance("eu"), "a.other@1.0.0", 0),
            binding(state(), "a.oauth@1.0.0", 0),
        ]);
        let path = "a.oauth".parse().expect("a path");
        let found: Vec<_> = environment.instances_of(&path).map(Binding::key).collect();
        assert_eq!(found, [environment.extensions()[0].key(), environment.extensions()[1].key()]);
    }

    /// A pin whose size tells the generation of its binding.
    fn pin(generation: u64) -> Pin {
        Pin {
            manifest: None,
            archive: Sha256Digest::compute(b"archive"),
            size: generation,
            pack: None,
            handlers: Vec::new(),
            grants: Permissions::default(),
            signer: None,
            locked_at: "2026-11-30T00:00:00Z".to_owned(),
        }
    }

    /// A binding of generation 4, which keeps one of generation 3.
    fn bound() -> Binding {
        let previous = binding(state(), "a.state@1.0.0", 3);
        Binding {
            previous: Some(PreviousBinding::Known(Box::new(previous))),
            ..binding(state(), "a.state@2.0.0", 4)
        }
    }

    #[test]
    fn a_slot_is_emptied_until_it_is_bound_again() {
        let bound = binding(state(), "a.state@1.0.0", 0);
        let environment = environment([bound.clone()]);
        let BindingPlace::Slot(slot) = state() else { panic!("a slot") };
        assert!(environment.clone().with_emptied_slots([slot]).emptied_slots().is_empty());
        let mut emptied = environment.clone();
        emptied.replace(&bound, None);
        assert_eq!(emptied.emptied_slots().iter().copied().collect::<Vec<_>>(), [slot]);
        assert_ne!(emptied, Environment::empty(environment.id().clone()));
        emptied.add(bound).expect("the slot is free");
        assert_eq!(emptied, environment);
    }

    #[test]
    fn pins_of_bindings_and_of_previous_ones_count() {
        assert!(!environment([]).has_pins());
        assert!(!environment([bound()]).has_pins());
        for generation in [3, 4] {
            let pinned = environment([bound()]).with_pins(|_, binding| {
                (binding.generation == generation).then(|| pin(generation))
            });
            assert!(pinned.has_pins(), "generation {generation}");
        }
    }

    #[test]
    fn a_binding_and_its_previous_one_each_get_their_pin() {
        let pinned = environment([bound()]).with_pins(|bound, binding| {
            assert_eq!(bound.generation, 4);
            Some(pin(binding.generation))
        });
        assert_eq!(pinned.packs()[0].pin, Some(pin(4)));
        let previous = pinned.packs()[0].readable_previous().expect("a previous binding");
        assert_eq!(previous.pin, Some(pin(3)));
    }
}
