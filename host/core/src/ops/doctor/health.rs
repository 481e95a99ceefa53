//! The state of each binding in a diagnosis.

use std::collections::HashMap;

use env_pack_domain::{Binding, BindingKey, PackRef};

use super::report::{BindingHealth, DoctorFinding};
use crate::ops::assemble::Assembly;

/// Returns the most severe finding about each binding or its pack; of several, the first.
pub(super) fn gravest_findings(findings: &[DoctorFinding]) -> HashMap<&BindingKey, &DoctorFinding> {
    let mut gravest: HashMap<&BindingKey, &DoctorFinding> = HashMap::new();
    for finding in findings {
        for key in finding.subject.bindings() {
            let known = gravest.entry(key).or_insert(finding);
            if finding.severity > known.severity {
                *known = finding;
            }
        }
    }
    gravest
}

/// Returns the state of a binding: the most severe finding about it or its pack.
pub(super) fn health(
    binding: &Binding,
    gravest: &HashMap<&BindingKey, &DoctorFinding>,
    assembly: &Assembly,
) -> BindingHealth {
    let gravest = gravest.get(&binding.key());
    BindingHealth {
        slot: binding.place.slot(),
        instance_id: binding.place.instance().map(ToString::to_string),
        kind: binding.kind.clone(),
        pack_ref: binding.pack_ref.clone(),
        archive_sha256: assembly
            .archive(binding)
            .filter(|_| !matches!(binding.pack_ref, PackRef::Builtin(_)))
            .map(|archive| archive.hex()),
        without_handler: !assembly.has_handler(binding),
        state: gravest.map_or("healthy", |finding| finding.code),
        severity: gravest.map(|finding| finding.severity),
    }
}
