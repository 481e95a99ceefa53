//! Reports answers that cannot be used, and those that other users may read.

use std::collections::HashSet;

use env_pack_domain::diagnosis::DiagnosisSeverity;
use env_pack_domain::{Binding, EnvId, Environment, with_causes};

use super::report::DoctorReport;
use super::{answers_step, binding_subject};
use crate::Host;
use crate::operation_error::OperationError;
use crate::ops::answers::{UnsuitableAnswers, check_text};
use crate::ops::assemble::Assembly;
use crate::ops::phrases::display_path;
use crate::shell::path_argument;

impl DoctorReport {
    /// Reports answers that cannot be read, or do not match the schema of the pack.
    pub(super) fn report_answers(
        &mut self,
        host: &Host,
        binding: &Binding,
        assembly: &Assembly,
        id: &EnvId,
    ) {
        let next = answers_step(id, binding);
        let (code, reason, next) = match host.store.answers(id, binding.answers_ref.as_ref()) {
            Ok(text) => {
                let Some(schema) = assembly.answers_schema(binding) else { return };
                let Err(error) = check_text(schema, &text) else { return };
                let next = match &error {
                    UnsuitableAnswers::Schema(_) => error.hint().unwrap_or_default(),
                    UnsuitableAnswers::Mismatch { .. } => next,
                };
                (error.code(), error.to_string(), next)
            }
            Err(error) => {
                let reason = with_causes(&error);
                self.add_validation_error(format!("{}: {reason}", binding.key()));
                ("unreadable-answers", reason, next)
            }
        };
        let subject = binding_subject(binding);
        self.add_finding(code, DiagnosisSeverity::Finding, subject, reason, next);
    }

    /// Reports answers files that users other than their owner may read, each once.
    pub(super) fn report_exposed_answers(&mut self, host: &Host, environment: &Environment) {
        let mut seen = HashSet::new();
        for binding in environment.bindings() {
            let Some(answers_ref) = &binding.answers_ref else { continue };
            // answers that cannot be found are a finding of their own
            let Ok(Some(exposed)) = host.store.exposed_answers(environment.id(), answers_ref)
            else {
                continue;
            };
            if !seen.insert(exposed.path.clone()) {
                continue;
            }
            let reason = format!(
                "answers may hold secrets, and other users can read `{}` (mode {:04o})",
                display_path(&exposed.path),
                exposed.mode
            );
            let file = path_argument(&exposed.path.to_string_lossy());
            let next = format!("let only its owner read it: `chmod 600 {file}`");
            let subject = binding_subject(binding);
            let severity = DiagnosisSeverity::Finding;
            self.add_finding("exposed-answers", severity, subject, reason, next);
        }
    }
}
