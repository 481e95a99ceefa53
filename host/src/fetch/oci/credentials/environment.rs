//! The credential in our own variables.

use super::place::Place;
use super::sources::RegistryVariables;
use super::tried::Outcome;

/// What the variables hold for a place; nothing at all, if none of them is set.
pub(super) fn find(variables: &RegistryVariables, place: &Place) -> Option<Outcome> {
    let RegistryVariables { host, username, password, token } = variables;
    if username.is_none() && password.is_none() && token.is_none() {
        return None;
    }
    if host.as_ref().is_some_and(|host| !place.is_registry(host)) {
        return Some(Outcome::Elsewhere);
    }
    Some(match (username, password, token) {
        (Some(username), Some(password), None) => {
            Outcome::basic(username.clone(), password.clone())
        }
        (None, None, Some(token)) => Outcome::bearer(token.clone()),
        (Some(_), None, None) => {
            fault("`GTC_REGISTRY_USERNAME` is set, but not `GTC_REGISTRY_PASSWORD`")
        }
        (None, Some(_), None) => {
            fault("`GTC_REGISTRY_PASSWORD` is set, but not `GTC_REGISTRY_USERNAME`")
        }
        _ => fault("both `GTC_REGISTRY_TOKEN` and a user name or password are set"),
    })
}

fn fault(what: &str) -> Outcome {
    Outcome::Fault(what.to_owned())
}
