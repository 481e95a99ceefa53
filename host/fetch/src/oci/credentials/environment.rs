//! The credential in the variables `GTC_REGISTRY_…`.

use super::attempt::AttemptOutcome;
use super::scope::CredentialScope;
use super::sources::RegistryVariables;

/// The credential of the variables; none if no variable is set.
pub(super) fn find(
    variables: &RegistryVariables,
    scope: &CredentialScope,
) -> Option<AttemptOutcome> {
    let RegistryVariables { host, username, password, token } = variables;
    if username.is_none() && password.is_none() && token.is_none() {
        return None;
    }
    if host.as_ref().is_some_and(|host| !scope.is_registry(host)) {
        return Some(AttemptOutcome::OtherRegistry);
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

fn fault(text: &str) -> AttemptOutcome {
    AttemptOutcome::Fault(text.to_owned())
}
