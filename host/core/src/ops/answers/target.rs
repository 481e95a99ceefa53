//! The answers that a request is about.

use std::path::PathBuf;

use env_pack_domain::{
    AnswersRef, Binding, BindingPlace, DescriptorPath, EnvId, Environment, InstanceId,
};

use super::error::ManageAnswersError;

/// The answers that a request is about.
#[derive(Clone, Debug)]
pub struct AnswersTarget {
    /// The environment.
    pub environment: EnvId,
    /// The document in it.
    pub selector: AnswersSelector,
}

/// An answers document of an environment.
#[derive(Clone, Debug)]
pub enum AnswersSelector {
    /// The document that a binding names.
    Binding {
        /// The descriptor path of the binding.
        kind: DescriptorPath,
        /// The instance, for an extension.
        instance: Option<InstanceId>,
    },
    /// The document at this place, which no binding needs to name.
    Document(AnswersRef),
}

impl AnswersTarget {
    /// Finds the reference to the document.
    pub(super) fn find(&self, environment: &Environment) -> Result<AnswersRef, ManageAnswersError> {
        let (kind, instance) = match &self.selector {
            AnswersSelector::Document(answers_ref) => return Ok(answers_ref.clone()),
            AnswersSelector::Binding { kind, instance } => (kind, instance),
        };
        let binding = environment.bindings().find(|binding| {
            let is_instance = match &binding.place {
                BindingPlace::Slot(_) => instance.is_none(),
                BindingPlace::Extension(bound) => bound == instance,
            };
            is_instance && binding.kind.path() == kind
        });
        let Some(binding) = binding else {
            return Err(ManageAnswersError::NotBound {
                kind: kind.clone(),
                instance: instance.clone(),
                environment: self.environment.clone(),
            });
        };
        binding.answers_ref.clone().ok_or_else(|| ManageAnswersError::NoAnswers {
            environment: self.environment.clone(),
            binding: Box::new(binding.clone()),
        })
    }
}

/// Returns the bindings that use an answers document.
pub(super) fn users<'a>(environment: &'a Environment, answers: &AnswersRef) -> Vec<&'a Binding> {
    let mut users = Vec::new();
    for binding in environment.bindings() {
        if binding.answers_ref.as_ref().is_some_and(|theirs| is_same(theirs, answers)) {
            users.push(binding);
        }
    }
    users
}

/// Returns true if two references lead to the same document, such as `a.json` and `./a.json`.
pub(super) fn is_same(ours: &AnswersRef, theirs: &AnswersRef) -> bool {
    place_of(ours) == place_of(theirs)
}

/// Returns the same place for all references to one document. A reference that leads out of the
/// environment is a place of its own.
pub(super) fn place_of(answers_ref: &AnswersRef) -> Result<PathBuf, String> {
    answers_ref.relative_path().map_err(|_| answers_ref.as_str().to_owned())
}
