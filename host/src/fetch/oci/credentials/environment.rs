//! The credential in our own variables.

use super::attempt::AttemptOutcome;
use super::scope::CredentialScope;
use super::sources::RegistryVariables;

/// What the variables hold for a place; nothing at all, if none of them is set.
pub(super) fn find(
    variables: &RegistryVariables,
    place: &CredentialScope,
) -> Option<AttemptOutcome> {
    let RegistryVariables { host, username, password, token } = variables;
    if username.is_none() && password.is_none() && token.is_none() {
        return None;
    }
    if host.as_ref().is_some_and(|host| !place.is_registry(host)) {
        return Some(AttemptOutcome::Elsewhere);
    }
    Some(match (username, password, token) {
        (Some(username), Some(password), None) => {
            AttemptOutcome::basic(username.clone(), password.clone())
        }
        (None, None, Some(token)) => AttemptOutcome::bearer(token.clone()),
        (Some(_), None, None) => {
            fault("`GTC_REGISTRY_USERNAME` is set, but not `GTC_REGISTRY_PASSWORD`")
        }
        (None, Some(_), None) => {
            fault("`GTC_REGISTRY_PASSWORD` is set, but not `GTC_REGISTRY_USERNAME`")
        }
        _ => fault("both `GTC_REGISTRY_TOKEN` and a user name or password are set"),
    })
}

fn fault(what: &str) -> AttemptOutcome {
    AttemptOutcome::Fault(what.to_owned())
}
