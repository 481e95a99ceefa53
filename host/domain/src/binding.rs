//! Bindings: which pack fills which place of an environment.

use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use crate::{
    CapabilitySlot, CoreSlot, DescriptorPath, ForeignText, InstanceId, PackDescriptor, PackRef,
};

/// A pack bound to a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Where it is bound.
    pub place: BindingPlace,
    /// What it is bound as.
    pub kind: PackDescriptor,
    /// Where its archive is.
    pub pack_ref: PackRef,
    /// Where the operator's answers are, if there are any.
    pub answers_ref: Option<AnswersRef>,
    /// How often the binding has changed; 0 for a new one.
    pub generation: u64,
    /// What a rollback restores.
    pub previous: Option<PreviousBinding>,
}

impl Binding {
    /// What tells this binding from every other of its environment.
    pub fn key(&self) -> BindingKey {
        match &self.place {
            BindingPlace::Slot(slot) => BindingKey::Slot(*slot),
            BindingPlace::Extension(instance) => {
                BindingKey::Extension { path: self.kind.path().clone(), instance: instance.clone() }
            }
        }
    }
}

/// Where a pack is bound: in a slot that holds one, or as an instance of an extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BindingPlace {
    /// A one-per-environment slot.
    Slot(CoreSlot),
    /// An extension: the default instance, or a named one.
    Extension(Option<InstanceId>),
}

impl BindingPlace {
    /// The slot that a handler must serve to be bound here.
    pub fn slot(&self) -> CapabilitySlot {
        match self {
            Self::Slot(slot) => slot.slot(),
            Self::Extension(_) => CapabilitySlot::Extension,
        }
    }
}

/// The identity of a binding within its environment. An extension's version is no part of
/// it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum BindingKey {
    /// The slot.
    Slot(CoreSlot),
    /// The extension's path and instance.
    Extension {
        /// The path.
        path: DescriptorPath,
        /// The instance; none is the default one.
        instance: Option<InstanceId>,
    },
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

/// What a binding was before its last change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PreviousBinding {
    /// The binding, with its own previous one left out.
    Known(Box<Binding>),
    /// A reference that we cannot read but keep: another tool may.
    Opaque(ForeignText),
}

/// Where the operator's answers are: a path relative to the folder of the environment.
///
/// Files written by others may hold paths that lead elsewhere;
/// [`relative_path`](Self::relative_path) refuses those.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswersRef(String);

impl AnswersRef {
    /// Wraps a path as it stands in a file.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The path as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path, once it is certain not to lead out of the folder it is relative to.
    ///
    /// # Errors
    /// [`EscapingAnswersRef`] for an absolute path, one with `..`, or an empty one.
    pub fn relative_path(&self) -> Result<PathBuf, EscapingAnswersRef> {
        let path = Path::new(&self.0);
        let plain = |component| matches!(component, Component::Normal(_) | Component::CurDir);
        let harmless = !self.0.contains(['\0', '\\']) && path.components().all(plain);
        match harmless && path.file_name().is_some() {
            true => Ok(path.to_owned()),
            false => Err(EscapingAnswersRef { text: ForeignText::excerpt(&self.0) }),
        }
    }
}

impl FromStr for AnswersRef {
    type Err = EscapingAnswersRef;

    /// Reads a path that somebody writes now: files may hold ones that lead elsewhere,
    /// and nobody may add to them.
    fn from_str(text: &str) -> Result<Self, EscapingAnswersRef> {
        let answers_ref = Self::new(text);
        answers_ref.relative_path().map(|_| answers_ref)
    }
}

/// An `answers_ref` that leads out of its environment's folder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "answers_ref `{text}` does not stay inside the environment's folder; expected a relative path without `..`"
)]
pub struct EscapingAnswersRef {
    text: ForeignText,
}

#[cfg(test)]
mod tests {
    use super::*;

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
