//! Reports about messaging endpoints.

use env_pack_domain::messaging::{
    BundleId, Endpoint, EndpointId, FlowId, ProviderId, ProviderType, SecretRef,
};
use env_pack_domain::{EnvId, ForeignText};
use serde::{Deserialize, Serialize};

use gtc_store::DocumentFault;

/// The messaging endpoints of an environment.
#[derive(Debug, Serialize)]
pub struct EndpointsReport {
    /// The environment.
    pub environment_id: EnvId,
    /// The endpoints.
    pub endpoints: Vec<EndpointReport>,
    /// The elements that are not well-formed, or have the identity of an earlier one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub malformed: Vec<EndpointFaultReport>,
}

/// An element that is not a well-formed endpoint. It is left as it is.
#[derive(Debug, Serialize)]
pub struct EndpointFaultReport {
    /// The element, such as `messaging_endpoints[1].schema`, in backticks.
    pub place: String,
    /// The problem.
    pub reason: ForeignText,
}

/// A messaging endpoint. It shows references to secrets, never secrets.
#[derive(Debug, Serialize, Deserialize)]
pub struct EndpointReport {
    /// The environment.
    pub environment_id: EnvId,
    /// The id of the endpoint.
    pub endpoint_id: EndpointId,
    /// The class of the provider.
    pub provider_type: ProviderType,
    /// The id of the instance.
    pub provider_id: ProviderId,
    /// The name for people.
    pub display_name: ForeignText,
    /// The bundles whose flows the endpoint reaches, in the order in which they were linked.
    pub linked_bundles: Vec<BundleId>,
    /// The flow that runs on first contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub welcome_flow: Option<WelcomeFlowReport>,
    /// The secrets that the provider needs.
    pub secret_refs: Vec<SecretRef>,
    /// The secret that the provider presents with each incoming message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook_secret_ref: Option<SecretRef>,
    /// The number of changes since it was added.
    pub generation: u64,
    /// When it was added, in RFC 3339.
    pub created_at: ForeignText,
    /// When it was changed last, in RFC 3339.
    pub updated_at: ForeignText,
    /// The user or program that changed it last.
    pub updated_by: ForeignText,
}

/// The flow that runs on first contact.
#[derive(Debug, Serialize, Deserialize)]
pub struct WelcomeFlowReport {
    /// The bundle.
    pub bundle_id: BundleId,
    /// The pack of the bundle.
    pub pack_id: String,
    /// The flow of the pack.
    pub flow_id: FlowId,
}

/// A messaging endpoint after a change.
#[derive(Debug, Serialize, Deserialize)]
pub struct EndpointChangeReport {
    /// The endpoint.
    #[serde(flatten)]
    pub endpoint: EndpointReport,
    /// Whether the endpoint already was so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unchanged: bool,
    /// The idempotency key of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// The result of removing a messaging endpoint.
#[derive(Debug, Serialize, Deserialize)]
pub struct EndpointRemovalReport {
    /// The environment.
    pub environment_id: EnvId,
    /// The id of the endpoint.
    pub endpoint_id: EndpointId,
    /// Whether there was no such endpoint.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unchanged: bool,
    /// The idempotency key of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

impl EndpointFaultReport {
    pub(super) fn new(fault: &DocumentFault) -> Self {
        Self { place: fault.place.clone(), reason: fault.reason.clone() }
    }
}

impl EndpointReport {
    pub(super) fn new(environment: &EnvId, endpoint: &Endpoint) -> Self {
        let endpoint = endpoint.clone();
        Self {
            environment_id: environment.clone(),
            endpoint_id: endpoint.id,
            provider_type: endpoint.provider_type,
            provider_id: endpoint.provider_id,
            display_name: ForeignText::new(endpoint.display_name.as_str()),
            linked_bundles: endpoint.linked_bundles,
            welcome_flow: endpoint.welcome_flow.map(|flow| WelcomeFlowReport {
                bundle_id: flow.bundle_id,
                pack_id: flow.pack_id.as_str().to_owned(),
                flow_id: flow.flow_id,
            }),
            secret_refs: endpoint.secret_refs,
            webhook_secret_ref: endpoint.webhook_secret_ref,
            generation: endpoint.generation,
            created_at: ForeignText::new(endpoint.created_at),
            updated_at: ForeignText::new(endpoint.updated_at),
            updated_by: ForeignText::new(endpoint.updated_by),
        }
    }
}
