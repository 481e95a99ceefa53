//! Bindings of packs to slots and extension instances.

use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use crate::{
    CapabilitySlot, CoreSlot, DescriptorPath, ForeignText, InstanceId, PackDescriptor, PackRef, Pin,
};

/// A pack that is bound in an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The slot or extension instance.
    pub place: BindingPlace,
    /// The handler that the binding requests.
    pub kind: PackDescriptor,
    /// The reference to the pack.
    pub pack_ref: PackRef,
    /// The file of the operator's answers, if there is one.
    pub answers_ref: Option<AnswersRef>,
    /// The number of changes since it was added.
    pub generation: u64,
    /// The exact bytes and permissions; none for a built-in pack, which changes with the
    /// program, and for a pack that was bound without fetching it.
    pub pin: Option<Pin>,
    /// The binding that a rollback restores, with its pin. It has no previous one itself:
    /// `change::update` drops it.
    pub previous: Option<PreviousBinding>,
}

impl Binding {
    /// Returns its key, which is unique within the environment.
    pub fn key(&self) -> BindingKey {
        BindingKey::of(&self.place, &self.kind)
    }

    /// Returns the binding that a rollback would restore, if it is readable.
    pub fn readable_previous(&self) -> Option<&Self> {
        match &self.previous {
            Some(PreviousBinding::Known(previous)) => Some(previous),
            Some(PreviousBinding::Opaque(_)) | None => None,
        }
    }

    /// Returns true if the other binding binds the same bytes with the same permissions and
    /// answers, whatever their generations and previous bindings.
    pub fn has_same_content(&self, other: &Self) -> bool {
        let same_pin = match (&self.pin, &other.pin) {
            (Some(ours), Some(theirs)) => ours.has_same_content(theirs),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        same_pin && self.has_same_references(other)
    }

    /// Returns true if the other binding differs at most in its pin and in that of its previous
    /// binding.
    pub fn equals_without_pins(&self, other: &Self) -> bool {
        self.generation == other.generation
            && self.has_same_references(other)
            && self.has_same_previous(other)
    }

    /// Returns true if the previous binding of the other one differs at most in its pin.
    pub fn has_same_previous(&self, other: &Self) -> bool {
        match (&self.previous, &other.previous) {
            (Some(PreviousBinding::Known(ours)), Some(PreviousBinding::Known(theirs))) => {
                ours.equals_without_pins(theirs)
            }
            (ours, theirs) => ours == theirs,
        }
    }

    fn has_same_references(&self, other: &Self) -> bool {
        let Self { place, kind, pack_ref, answers_ref, generation: _, pin: _, previous: _ } = self;
        *place == other.place
            && *kind == other.kind
            && *pack_ref == other.pack_ref
            && *answers_ref == other.answers_ref
    }

    /// Sets the pins of this binding and of its previous one, as
    /// [`Environment::with_pins`](crate::Environment::with_pins) does.
    pub(crate) fn set_pins(&mut self, pin_of: &impl Fn(&Self, &Self) -> Option<Pin>) {
        let pin = pin_of(self, self);
        let previous_pin = self.readable_previous().and_then(|previous| pin_of(self, previous));
        self.pin = pin;
        if let Some(PreviousBinding::Known(previous)) = &mut self.previous {
            previous.pin = previous_pin;
        }
    }
}

/// The place of a binding: a core slot, or an extension instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BindingPlace {
    /// A slot that an environment binds once.
    Slot(CoreSlot),
    /// An instance of an extension; `None` is the default instance.
    Extension(Option<InstanceId>),
}

impl BindingPlace {
    /// Returns the slot, if it is one that an environment binds once.
    pub fn core_slot(&self) -> Option<CoreSlot> {
        match self {
            Self::Slot(slot) => Some(*slot),
            Self::Extension(_) => None,
        }
    }

    /// Returns the instance of an extension, if it has a name.
    pub fn instance(&self) -> Option<&InstanceId> {
        match self {
            Self::Slot(_) => None,
            Self::Extension(instance) => instance.as_ref(),
        }
    }

    /// Returns the slot that a handler must serve to be bound here.
    pub fn slot(&self) -> CapabilitySlot {
        match self {
            Self::Slot(slot) => slot.slot(),
            Self::Extension(_) => CapabilitySlot::Extension,
        }
    }
}

/// The identity of a binding within its environment. It does not include the version.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum BindingKey {
    /// A core slot.
    Slot(CoreSlot),
    /// An extension.
    Extension {
        /// The descriptor path.
        path: DescriptorPath,
        /// The instance; `None` is the default instance.
        instance: Option<InstanceId>,
    },
}

impl BindingKey {
    /// Returns the key of a binding in this place.
    pub(crate) fn of(place: &BindingPlace, kind: &PackDescriptor) -> Self {
        match place {
            BindingPlace::Slot(slot) => Self::Slot(*slot),
            BindingPlace::Extension(instance) => {
                Self::Extension { path: kind.path().clone(), instance: instance.clone() }
            }
        }
    }

    /// Returns the place of a binding with this key.
    pub fn place(&self) -> BindingPlace {
        match self {
            Self::Slot(slot) => BindingPlace::Slot(*slot),
            Self::Extension { instance, .. } => BindingPlace::Extension(instance.clone()),
        }
    }
}

impl fmt::Display for BindingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Slot(slot) => write!(f, "slot `{slot}`"),
            Self::Extension { path, instance: None } => {
                write!(f, "extension `{path}` (default instance)")
            }
            Self::Extension { path, instance: Some(instance) } => {
                write!(f, "extension `{path}` instance `{instance}`")
            }
        }
    }
}

/// A binding before its last change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PreviousBinding {
    /// The binding, without its own previous one.
    Known(Box<Binding>),
    /// A reference in an unknown format, kept for other tools.
    Opaque(ForeignText),
}

/// The path of the operator's answers, relative to the folder of the environment.
///
/// Stored files may have paths that lead elsewhere;
/// [`relative_path`](Self::relative_path) refuses those.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswersRef(String);

impl AnswersRef {
    /// Wraps a path from a stored file, without checking it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the path as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the path if it stays inside the folder: the same one for all spellings of a place,
    /// such as `a/b.json` for `./a/./b.json`.
    ///
    /// # Errors
    /// [`EscapingAnswersRef`] for a path that is absolute, empty, or has `..`.
    pub fn relative_path(&self) -> Result<PathBuf, EscapingAnswersRef> {
        let path = Path::new(&self.0);
        let stays_inside =
            path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        let has_plain_characters = !self.0.contains(['\0', '\\']);
        if !stays_inside || !has_plain_characters || path.file_name().is_none() {
            return Err(EscapingAnswersRef { text: ForeignText::excerpt(&self.0) });
        }
        Ok(path.components().filter(|part| *part != Component::CurDir).collect())
    }
}

impl FromStr for AnswersRef {
    type Err = EscapingAnswersRef;

    /// Parses a path from user input, which must stay inside the folder.
    fn from_str(text: &str) -> Result<Self, EscapingAnswersRef> {
        let answers_ref = Self::new(text);
        answers_ref.relative_path()?;
        Ok(answers_ref)
    }
}

/// The error for an `answers_ref` that leads out of its environment's folder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "answers_ref `{text}` does not stay inside the environment's folder; \
     expected a relative path without `..`"
)]
pub struct EscapingAnswersRef {
    text: ForeignText,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_slot_or_an_instance() {
        let slot = CoreSlot::try_from(CapabilitySlot::Secrets).expect("a core slot");
        let place = BindingPlace::Slot(slot);
        assert_eq!(place.core_slot(), Some(slot));
        assert_eq!(place.instance(), None);
        assert_eq!(place.slot(), CapabilitySlot::Secrets);

        let instance: InstanceId = "second".parse().expect("an instance");
        let place = BindingPlace::Extension(Some(instance.clone()));
        assert_eq!(place.core_slot(), None);
        assert_eq!(place.instance(), Some(&instance));
        assert_eq!(place.slot(), CapabilitySlot::Extension);
    }

    #[test]
    fn a_stored_path_is_kept_as_it_was_written() {
        for path in ["answers.json", "../elsewhere.json", ""] {
            assert_eq!(AnswersRef::new(path).as_str(), path);
        }
    }

    #[test]
    fn answers_stay_inside_the_environment() {
        for good in ["answers.json", "env-packs/secrets/answers.json", "./a", "a b/ü.json", "..a"]
        {
            assert!(AnswersRef::new(good).relative_path().is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "../a", "a/../b", "a/..", "/etc/passwd", "a\\..\\b", "a\0"] {
            assert!(AnswersRef::new(bad).relative_path().is_err(), "{bad:?}");
        }
    }
}
