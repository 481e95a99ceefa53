//! Changes of messaging endpoints: pure functions from the endpoints of an environment and a
//! request to the changed endpoints, or a refusal.
//!
//! A change to the state that already is changes nothing, so that requests can be repeated.

use super::{BundleId, Endpoint, EndpointId, Endpoints, ProviderId, ProviderType};
use super::{SecretRef, WelcomeFlow};
use crate::{DisplayName, EnvId};

/// An endpoint to add.
#[derive(Clone, Debug)]
pub struct NewEndpoint {
    /// Its id, which no endpoint had before.
    pub id: EndpointId,
    /// The id of the instance.
    pub provider_id: ProviderId,
    /// The class of the provider.
    pub provider_type: ProviderType,
    /// A name for people.
    pub display_name: DisplayName,
    /// The secrets that the provider needs; of equal ones, the first is kept.
    pub secret_refs: Vec<SecretRef>,
    /// The secret that the provider presents with each incoming message.
    pub webhook_secret_ref: Option<SecretRef>,
}

/// When and by whom endpoints are changed.
#[derive(Clone, Debug)]
pub struct Stamp {
    /// The time, in RFC 3339.
    pub at: String,
    /// The user, and the request.
    pub by: String,
}

/// The endpoints of an environment after a change of one of them.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The endpoints.
    pub endpoints: Endpoints,
    /// The endpoint before the change; none if it is new, or was not there.
    pub before: Option<Endpoint>,
    /// The endpoint after the change; none if it was removed.
    pub after: Option<Endpoint>,
}

impl Changed {
    /// Returns true if the endpoint is the same as before.
    pub fn is_unchanged(&self) -> bool {
        self.before == self.after
    }
}

/// Adds an endpoint.
///
/// # Errors
/// [`EndpointRefusal::ProviderTaken`], [`EndpointRefusal::IdTaken`], or
/// [`EndpointRefusal::OtherEnvironment`].
pub fn add(
    mut endpoints: Endpoints,
    new: NewEndpoint,
    stamp: Stamp,
) -> Result<Changed, EndpointRefusal> {
    let instance = (new.provider_type.clone(), new.provider_id.clone());
    if let Some(at) = endpoints.instances.get(&instance) {
        return Err(EndpointRefusal::ProviderTaken {
            environment: endpoints.environment.clone(),
            provider_type: new.provider_type,
            provider_id: new.provider_id,
            id: endpoints.list[*at].id.clone(),
        });
    }
    if endpoints.get(&new.id).is_some() {
        let environment = endpoints.environment.clone();
        return Err(EndpointRefusal::IdTaken { environment, id: new.id });
    }
    let mut secret_refs = Vec::new();
    for secret in new.secret_refs {
        ensure_own(&endpoints, &secret)?;
        if !secret_refs.contains(&secret) {
            secret_refs.push(secret);
        }
    }
    if let Some(secret) = &new.webhook_secret_ref {
        ensure_own(&endpoints, secret)?;
    }
    let added = Endpoint {
        id: new.id,
        provider_id: new.provider_id,
        provider_type: new.provider_type,
        display_name: new.display_name,
        secret_refs,
        webhook_secret_ref: new.webhook_secret_ref,
        linked_bundles: Vec::new(),
        welcome_flow: None,
        generation: 0,
        created_at: stamp.at.clone(),
        updated_at: stamp.at,
        updated_by: stamp.by,
    };
    endpoints.push(added.clone()).expect("its id and its instance are new");
    Ok(Changed { endpoints, before: None, after: Some(added) })
}

/// Links a bundle that is deployed in the environment.
///
/// # Errors
/// [`EndpointRefusal::NotFound`], or [`EndpointRefusal::BundleNotDeployed`].
pub fn link_bundle(
    endpoints: Endpoints,
    id: &EndpointId,
    bundle: BundleId,
    stamp: Stamp,
) -> Result<Changed, EndpointRefusal> {
    let before = require(&endpoints, id)?;
    let mut after = before.clone();
    if !before.linked_bundles.contains(&bundle) {
        if !endpoints.is_deployed(&bundle) {
            let environment = endpoints.environment.clone();
            return Err(EndpointRefusal::BundleNotDeployed { environment, bundle });
        }
        after.linked_bundles.push(bundle);
    }
    Ok(replace(endpoints, after, stamp))
}

/// Unlinks a bundle, which need not be deployed any more.
///
/// # Errors
/// [`EndpointRefusal::NotFound`], or [`EndpointRefusal::HasWelcomeFlow`] if the welcome flow is
/// one of the bundle.
pub fn unlink_bundle(
    endpoints: Endpoints,
    id: &EndpointId,
    bundle: &BundleId,
    stamp: Stamp,
) -> Result<Changed, EndpointRefusal> {
    let mut after = require(&endpoints, id)?.clone();
    if after.welcome_flow.as_ref().is_some_and(|flow| flow.bundle_id == *bundle) {
        return Err(EndpointRefusal::HasWelcomeFlow {
            environment: endpoints.environment.clone(),
            id: id.clone(),
            bundle: bundle.clone(),
        });
    }
    after.linked_bundles.retain(|linked| linked != bundle);
    Ok(replace(endpoints, after, stamp))
}

/// Sets the welcome flow, which belongs to a linked bundle, or removes it.
///
/// # Errors
/// [`EndpointRefusal::NotFound`], or [`EndpointRefusal::BundleNotLinked`].
pub fn set_welcome_flow(
    endpoints: Endpoints,
    id: &EndpointId,
    flow: Option<WelcomeFlow>,
    stamp: Stamp,
) -> Result<Changed, EndpointRefusal> {
    let mut after = require(&endpoints, id)?.clone();
    if let Some(flow) = &flow
        && !after.linked_bundles.contains(&flow.bundle_id)
    {
        return Err(EndpointRefusal::BundleNotLinked {
            environment: endpoints.environment.clone(),
            id: id.clone(),
            bundle: flow.bundle_id.clone(),
        });
    }
    after.welcome_flow = flow;
    Ok(replace(endpoints, after, stamp))
}

/// Sets the reference to the secret that the provider presents.
///
/// # Errors
/// [`EndpointRefusal::NotFound`], or [`EndpointRefusal::OtherEnvironment`].
pub fn set_webhook_secret_ref(
    endpoints: Endpoints,
    id: &EndpointId,
    secret: SecretRef,
    stamp: Stamp,
) -> Result<Changed, EndpointRefusal> {
    let mut after = require(&endpoints, id)?.clone();
    ensure_own(&endpoints, &secret)?;
    after.webhook_secret_ref = Some(secret);
    Ok(replace(endpoints, after, stamp))
}

/// Removes an endpoint. Removing one that is not there changes nothing.
pub fn remove(mut endpoints: Endpoints, id: &EndpointId) -> Changed {
    let before = endpoints.get(id).cloned();
    endpoints.remove(id);
    Changed { endpoints, before, after: None }
}

/// Fails if an endpoint has another generation than the request expects.
///
/// # Errors
/// [`EndpointRefusal::NotFound`], or [`EndpointRefusal::OtherGeneration`].
pub fn ensure_generation(
    endpoints: &Endpoints,
    id: &EndpointId,
    expected: Option<u64>,
) -> Result<(), EndpointRefusal> {
    let Some(expected) = expected else { return Ok(()) };
    let found = require(endpoints, id)?.generation;
    if found == expected {
        return Ok(());
    }
    let environment = endpoints.environment.clone();
    Err(EndpointRefusal::OtherGeneration { environment, id: id.clone(), expected, found })
}

fn require<'a>(endpoints: &'a Endpoints, id: &EndpointId) -> Result<&'a Endpoint, EndpointRefusal> {
    endpoints.get(id).ok_or_else(|| EndpointRefusal::NotFound {
        environment: endpoints.environment.clone(),
        id: id.clone(),
    })
}

/// Fails if a secret belongs to another environment.
fn ensure_own(endpoints: &Endpoints, secret: &SecretRef) -> Result<(), EndpointRefusal> {
    if *secret.environment() == endpoints.environment {
        return Ok(());
    }
    let environment = endpoints.environment.clone();
    Err(EndpointRefusal::OtherEnvironment { environment, secret: secret.clone() })
}

/// Replaces an endpoint, as a new generation if it differs.
fn replace(mut endpoints: Endpoints, mut after: Endpoint, stamp: Stamp) -> Changed {
    let before = endpoints.get(&after.id).cloned();
    if before.as_ref() != Some(&after) {
        after.generation = after.generation.saturating_add(1);
        after.updated_at = stamp.at;
        after.updated_by = stamp.by;
        endpoints.replace(after.clone());
    }
    Changed { endpoints, before, after: Some(after) }
}

/// The reason a change of an endpoint was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointRefusal {
    /// The endpoint does not exist.
    #[error("environment `{environment}` has no messaging endpoint `{id}`")]
    NotFound {
        /// The environment.
        environment: EnvId,
        /// The endpoint.
        id: EndpointId,
    },
    /// Another endpoint is this instance of the provider.
    #[error(
        "provider `{provider_id}` of type `{provider_type}` already has endpoint `{id}` in \
         environment `{environment}`"
    )]
    ProviderTaken {
        /// The environment.
        environment: EnvId,
        /// The class of the provider.
        provider_type: ProviderType,
        /// The id of the instance.
        provider_id: ProviderId,
        /// The other endpoint.
        id: EndpointId,
    },
    /// Another endpoint has the id.
    #[error("environment `{environment}` already has messaging endpoint `{id}`")]
    IdTaken {
        /// The environment.
        environment: EnvId,
        /// The id.
        id: EndpointId,
    },
    /// The bundle to link is not deployed.
    #[error("bundle `{bundle}` is not deployed in environment `{environment}`")]
    BundleNotDeployed {
        /// The environment.
        environment: EnvId,
        /// The bundle.
        bundle: BundleId,
    },
    /// The bundle of the welcome flow is not linked.
    #[error("bundle `{bundle}` is not linked to messaging endpoint `{id}`")]
    BundleNotLinked {
        /// The environment.
        environment: EnvId,
        /// The endpoint.
        id: EndpointId,
        /// The bundle.
        bundle: BundleId,
    },
    /// The bundle to unlink has the welcome flow.
    #[error("the welcome flow of messaging endpoint `{id}` belongs to bundle `{bundle}`")]
    HasWelcomeFlow {
        /// The environment.
        environment: EnvId,
        /// The endpoint.
        id: EndpointId,
        /// The bundle.
        bundle: BundleId,
    },
    /// The reference leads to a secret of another environment.
    #[error(
        "`{secret}` is a secret of environment `{}`, not of `{environment}`",
        .secret.environment()
    )]
    OtherEnvironment {
        /// The environment.
        environment: EnvId,
        /// The reference.
        secret: SecretRef,
    },
    /// The endpoint changed since the request was prepared.
    #[error(
        "messaging endpoint `{id}` in environment `{environment}` has generation {found}, not the \
         expected {expected}"
    )]
    OtherGeneration {
        /// The environment.
        environment: EnvId,
        /// The endpoint.
        id: EndpointId,
        /// The expected generation.
        expected: u64,
        /// The generation of the endpoint.
        found: u64,
    },
}

#[cfg(test)]
mod tests;
