//! Finds problems of an environment by resolving its bindings.

use crate::{
    Binding, BindingKey, BindingPlace, CoreSlot, EnvPackHandler, Environment, ResolveError,
};

/// The severity of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DiagnosisSeverity {
    /// The environment works regardless.
    Information,
    /// The operator must fix it.
    Finding,
}

/// The result of [`diagnose`].
#[derive(Debug)]
pub struct EnvironmentDiagnosis<'a> {
    /// One element per binding: packs, then extensions, in the order of the environment.
    pub bindings: Vec<BindingDiagnosis<'a>>,
    /// The core slots without a binding.
    pub missing_slots: Vec<CoreSlot>,
}

/// A binding and the result of resolving it.
#[derive(Debug)]
pub struct BindingDiagnosis<'a> {
    /// The binding that was resolved.
    pub binding: &'a Binding,
    /// Its handler, or the reason why it has none.
    pub verdict: Result<&'a dyn EnvPackHandler, ResolveError>,
}

impl BindingDiagnosis<'_> {
    /// The severity of the verdict; `None` for a binding that resolves.
    ///
    /// An extension without a handler is only information, because workloads can still
    /// read its answers.
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

/// Resolves every binding of an environment.
pub fn diagnose<'a>(
    environment: &'a Environment,
    resolve: impl Fn(&Binding) -> Result<&'a dyn EnvPackHandler, ResolveError>,
) -> EnvironmentDiagnosis<'a> {
    let bindings = environment
        .bindings()
        .map(|binding| BindingDiagnosis { binding, verdict: resolve(binding) });
    let missing_slots =
        CoreSlot::all().filter(|slot| environment.binding(&BindingKey::Slot(*slot)).is_none());
    EnvironmentDiagnosis { bindings: bindings.collect(), missing_slots: missing_slots.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CapabilitySlot, PackRef, Registry};

    fn binding(place: BindingPlace, kind: &str) -> Binding {
        let kind: crate::PackDescriptor = kind.parse().expect(kind);
        Binding {
            place,
            pack_ref: PackRef::Builtin(kind.clone()),
            kind,
            answers_ref: None,
            generation: 0,
            pin: None,
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
        let diagnosis = diagnose(&environment, |binding| registry.resolve(&binding.kind));
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
