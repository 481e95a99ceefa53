//! Permissions of packs with the addresses that the operator's answers name.

use env_pack_domain::{Answer, AnswerPath, AnswersRef, EnvId, Permissions, ResolvedPermissions};
use serde_json::Value;

use crate::Host;

/// Replaces each address that a pack leaves to the answers by the address that they name.
pub(super) fn resolve(declared: &Permissions, answers_json: &str) -> ResolvedPermissions {
    // the store and scenarios give out JSON only
    let answers: Value = serde_json::from_str(answers_json).unwrap_or_default();
    declared.resolve(|path| find(&answers, path))
}

/// Like [`resolve`], with the stored answers of a binding. Answers that cannot be read name no
/// address.
pub(super) fn resolve_stored(
    host: &Host,
    environment: &EnvId,
    answers_ref: Option<&AnswersRef>,
    declared: &Permissions,
) -> ResolvedPermissions {
    if declared.answer().is_none() {
        return ResolvedPermissions { permissions: declared.clone(), unresolved: Vec::new() };
    }
    let answers = host.store.answers(environment, answers_ref).unwrap_or_default();
    resolve(declared, &answers)
}

fn find(answers: &Value, path: &AnswerPath) -> Answer {
    let mut value = Some(answers);
    for name in path.names() {
        value = value.and_then(|value| value.get(name));
    }
    match value {
        None | Some(Value::Null) => Answer::Missing,
        Some(Value::String(text)) => Answer::Text(text.clone()),
        Some(_) => Answer::Other,
    }
}
