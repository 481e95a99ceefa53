//! What is wrong with an environment, as far as its bindings and a registry tell.

use crate::{Binding, BindingPlace, CoreSlot, EnvPackHandler, Environment, Registry, ResolveError};

/// How much something matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DiagnosisSeverity {
    /// Worth knowing; the environment works.
    Information,
    /// Something the operator has to mend.
    Finding,
}

/// A look at every binding of an environment.
#[derive(Debug)]
pub struct EnvironmentDiagnosis<'a> {
    /// One verdict per binding: packs, then extensions, in the order of the environment.
    pub bindings: Vec<BindingDiagnosis<'a>>,
    /// The core slots that nothing is bound to.
    pub missing_slots: Vec<CoreSlot>,
}

/// A binding, and the handler it resolves to or the reason why it resolves to none.
#[derive(Debug)]
pub struct BindingDiagnosis<'a> {
    /// The binding.
    pub binding: &'a Binding,
    /// What the registry answers.
    pub verdict: Result<&'a dyn EnvPackHandler, ResolveError>,
}

impl BindingDiagnosis<'_> {
    /// How much the verdict matters; nothing for a binding that resolves.
    ///
    /// An extension nobody has a handler for is information: workloads read its answers
    /// all the same.
    pub fn severity(&self) -> Option<DiagnosisSeverity> {
        match (&self.verdict, &self.binding.place) {
            (Ok(_), _) => None,
            (Err(ResolveError::Unknown { .. }), BindingPlace::Extension(_)) => {
                Some(DiagnosisSeverity::Information)
            }
            (Err(_), _) => Some(DiagnosisSeverity::Finding),
        }
    }
}

/// Examines every binding of an environment against a registry.
pub fn diagnose<'a>(
    environment: &'a Environment,
    registry: &'a Registry,
) -> EnvironmentDiagnosis<'a> {
    let examined = |binding: &'a Binding| {
        let verdict = registry.resolve_for_slot(&binding.kind, binding.place.slot());
        BindingDiagnosis { binding, verdict }
    };
    let bound = |slot: &CoreSlot| {
        environment.packs().iter().any(|binding| binding.place == BindingPlace::Slot(*slot))
    };
    EnvironmentDiagnosis {
        bindings: environment.bindings().map(examined).collect(),
        missing_slots: CoreSlot::all().filter(|slot| !bound(slot)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CapabilitySlot, PackRef};

    fn binding(place: BindingPlace, kind: &str) -> Binding {
        let kind: crate::PackDescriptor = kind.parse().expect(kind);
        Binding {
            place,
            pack_ref: PackRef::Named(kind.clone()),
            kind,
            answers_ref: None,
            generation: 0,
            previous: None,
        }
    }

    #[test]
    fn an_unknown_extension_is_information_and_an_unknown_pack_is_a_finding() {
        let state = BindingPlace::Slot(CoreSlot::try_from(CapabilitySlot::State).expect("core"));
        let bindings = [
            binding(state, "a.state.x@1.0.0"),
            binding(BindingPlace::Extension(None), "a.ext.y@1.0.0"),
        ];
        let environment =
            Environment::new("local".parse().expect("an id"), bindings).expect("valid");
        let registry = Registry::default();
        let diagnosis = diagnose(&environment, &registry);
        let severities: Vec<_> =
            diagnosis.bindings.iter().map(BindingDiagnosis::severity).collect();
        assert_eq!(
            severities,
            [Some(DiagnosisSeverity::Finding), Some(DiagnosisSeverity::Information)]
        );
        let missing: Vec<_> = diagnosis.missing_slots.iter().map(ToString::to_string).collect();
        assert_eq!(missing, ["deployer", "secrets", "telemetry", "sessions", "revocation"]);
    }
}
