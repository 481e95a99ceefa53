//! Checks the answer of a preflight against its limits.

use env_pack_domain::{Call, CheckOutcome, ForeignText, HandlerFault, ToolCheck};

use super::limits::EngineLimits;

/// Returns the checks if they are within the limits and have unique names.
pub(super) fn check_answer(
    checks: Vec<ToolCheck>,
    limits: &EngineLimits,
) -> Result<Vec<ToolCheck>, HandlerFault> {
    if checks.len() > limits.checks {
        let count = checks.len();
        return Err(too_much_output(format!("{count} checks, more than {}", limits.checks)));
    }
    for (at, check) in checks.iter().enumerate() {
        let name = ForeignText::excerpt(check.name.as_exact());
        let lengths = texts(check).into_iter().map(|text| text.as_exact().len());
        if let Some(bytes) = lengths.into_iter().find(|bytes| *bytes > limits.text_bytes) {
            let limit = limits.text_bytes;
            let what = format!("a text of {bytes} bytes in check `{name}`, more than {limit}");
            return Err(too_much_output(what));
        }
        if check.name.as_exact().trim().is_empty() {
            return Err(wrong_shape("a check without a name".to_owned()));
        }
        if checks[..at].iter().any(|other| other.name == check.name) {
            return Err(wrong_shape(format!("two checks named `{name}`")));
        }
    }
    Ok(checks)
}

fn too_much_output(what: String) -> HandlerFault {
    HandlerFault::TooMuchOutput { call: Call::Preflight, what: ForeignText::new(what) }
}

fn wrong_shape(reason: String) -> HandlerFault {
    HandlerFault::WrongShape { call: Call::Preflight, reason: ForeignText::new(reason) }
}

fn texts(check: &ToolCheck) -> Vec<&ForeignText> {
    let mut texts = vec![&check.name, &check.description];
    match &check.outcome {
        CheckOutcome::Ok { detail } => texts.extend(detail),
        CheckOutcome::Missing { install_hint } => texts.push(install_hint),
        CheckOutcome::VersionMismatch { found, required, install_hint } => {
            texts.extend([found, required, install_hint])
        }
        CheckOutcome::AuthFailed { detail, recovery_hint }
        | CheckOutcome::Unreachable { detail, recovery_hint } => {
            texts.extend([detail, recovery_hint]);
        }
        CheckOutcome::ProbeError { detail } => texts.push(detail),
    }
    texts
}
