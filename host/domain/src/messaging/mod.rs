//! Messaging endpoints: the instances of messaging providers that an environment has, and the
//! bundles whose flows each of them reaches.

pub mod change;
mod names;
mod secret_ref;

pub use names::{BundleId, EndpointId, FlowId, InvalidEndpointId, ProviderId, ProviderType};
pub use secret_ref::{InvalidSecretRef, SecretRef};

use std::collections::{HashMap, HashSet};

use crate::{DisplayName, EnvId, PackId};

/// An instance of a messaging provider, such as one bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Its id, which never changes.
    pub id: EndpointId,
    /// The id of the instance, such as `legal`.
    pub provider_id: ProviderId,
    /// The class of the provider, such as `messaging.teams.bot`.
    pub provider_type: ProviderType,
    /// A name for people.
    pub display_name: DisplayName,
    /// The secrets that the provider needs.
    pub secret_refs: Vec<SecretRef>,
    /// The secret that the provider presents with each incoming message.
    pub webhook_secret_ref: Option<SecretRef>,
    /// The bundles whose flows the endpoint reaches, in the order in which they were linked.
    pub linked_bundles: Vec<BundleId>,
    /// The flow that runs on first contact.
    pub welcome_flow: Option<WelcomeFlow>,
    /// The number of changes since it was added.
    pub generation: u64,
    /// When it was added, in RFC 3339.
    pub created_at: String,
    /// When it was changed last, in RFC 3339.
    pub updated_at: String,
    /// The user or program that changed it last.
    pub updated_by: String,
}

/// A flow of a linked bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WelcomeFlow {
    /// The bundle.
    pub bundle_id: BundleId,
    /// The pack of the bundle.
    pub pack_id: PackId,
    /// The flow of the pack.
    pub flow_id: FlowId,
}

/// The messaging endpoints of an environment.
///
/// Invariant: ids are unique, and so are pairs of provider type and provider id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    environment: EnvId,
    list: Vec<Endpoint>,
    /// The place of each id in the list: an environment may have thousands of endpoints.
    ids: HashMap<EndpointId, usize>,
    /// The place of each instance of a provider.
    instances: HashMap<(ProviderType, ProviderId), usize>,
    /// The bundles that are deployed in the environment.
    bundles: HashSet<BundleId>,
}

impl Endpoints {
    /// Returns the endpoints of an environment that has none. `bundles` are the bundles that are
    /// deployed in it.
    pub fn empty(environment: EnvId, bundles: impl IntoIterator<Item = BundleId>) -> Self {
        Self {
            environment,
            list: Vec::new(),
            ids: HashMap::new(),
            instances: HashMap::new(),
            bundles: bundles.into_iter().collect(),
        }
    }

    /// Adds an endpoint.
    ///
    /// # Errors
    /// [`DuplicateEndpoint`] if another endpoint has its id, or its provider type and id.
    pub fn push(&mut self, endpoint: Endpoint) -> Result<(), DuplicateEndpoint> {
        if let Some(at) = self.ids.get(&endpoint.id) {
            return Err(DuplicateEndpoint::Id { at: *at });
        }
        let instance = (endpoint.provider_type.clone(), endpoint.provider_id.clone());
        if let Some(at) = self.instances.get(&instance) {
            return Err(DuplicateEndpoint::Provider { at: *at });
        }
        self.ids.insert(endpoint.id.clone(), self.list.len());
        self.instances.insert(instance, self.list.len());
        self.list.push(endpoint);
        Ok(())
    }

    /// Returns the environment.
    pub fn environment(&self) -> &EnvId {
        &self.environment
    }

    /// Returns the endpoints in their order.
    pub fn as_slice(&self) -> &[Endpoint] {
        &self.list
    }

    /// Finds an endpoint by its id.
    pub fn get(&self, id: &EndpointId) -> Option<&Endpoint> {
        self.list.get(*self.ids.get(id)?)
    }

    /// Returns whether a bundle is deployed in the environment.
    pub fn is_deployed(&self, bundle: &BundleId) -> bool {
        self.bundles.contains(bundle)
    }

    /// Returns the bundles that are deployed in the environment, in no order.
    pub fn deployed_bundles(&self) -> impl Iterator<Item = &BundleId> {
        self.bundles.iter()
    }

    /// Replaces an endpoint by one with the same identity.
    fn replace(&mut self, endpoint: Endpoint) {
        if let Some(at) = self.ids.get(&endpoint.id) {
            self.list[*at] = endpoint;
        }
    }

    /// Removes an endpoint.
    fn remove(&mut self, id: &EndpointId) {
        let Some(at) = self.ids.remove(id) else { return };
        let removed = self.list.remove(at);
        self.instances.remove(&(removed.provider_type, removed.provider_id));
        let later = self.ids.values_mut().chain(self.instances.values_mut());
        for place in later.filter(|place| **place > at) {
            *place -= 1;
        }
    }
}

/// An endpoint has the identity of an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuplicateEndpoint {
    /// The endpoint at this place of the list has its id.
    Id {
        /// The place.
        at: usize,
    },
    /// The endpoint at this place of the list has its provider type and id.
    Provider {
        /// The place.
        at: usize,
    },
}
