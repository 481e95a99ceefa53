//! Reads and writes the messaging endpoints in `environment.json`, schema
//! `greentic.messaging-endpoint.v1`. An endpoint that is not well-formed, or has the identity of
//! an earlier one, keeps its exact text and is not changed.

use std::path::Path;

use env_pack_domain::messaging::{
    BundleId, DuplicateEndpoint, Endpoint, EndpointId, Endpoints, FlowId, ProviderId, ProviderType,
    SecretRef, WelcomeFlow,
};
use env_pack_domain::{EnvId, ForeignText, PackId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::audit;
use super::bindings::{MemberError, from_str, optional_member, parse_member};
use super::document_fault::DocumentFault;
use super::error::StoreError;
use super::object::{JsonObject, raw};

const SCHEMA: &str = "greentic.messaging-endpoint.v1";
/// The list in `environment.json`.
const LIST: &str = "messaging_endpoints";
/// The members of an endpoint, in the order in which they are written.
const ORDER: [&str; 14] = [
    "schema",
    "env_id",
    "endpoint_id",
    "provider_id",
    "provider_type",
    "display_name",
    "secret_refs",
    "webhook_secret_ref",
    "linked_bundles",
    "welcome_flow",
    "generation",
    "created_at",
    "updated_at",
    "updated_by",
];

/// An element of `environment.json` that could not be read as a messaging endpoint, or has the
/// identity of an earlier one. It keeps its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointFault {
    /// The element and the problem.
    pub fault: DocumentFault,
    /// The id of the endpoint, if it has a readable one.
    pub id: Option<EndpointId>,
    /// The type and the id of its provider, if they are readable.
    pub instance: Option<(ProviderType, ProviderId)>,
}

/// Returns an id for a new endpoint.
pub fn new_endpoint_id(at: jiff::Timestamp) -> EndpointId {
    audit::new_id(at).to_string().parse().expect("a ULID is an id")
}

/// The messaging endpoints of an environment, as they are stored.
#[derive(Clone, Debug)]
pub struct StoredEndpoints {
    /// The well-formed endpoints.
    pub list: Endpoints,
    /// The elements that are not well-formed, or have the identity of an earlier one.
    pub faults: Vec<EndpointFault>,
    /// The fault of the list itself, which is not changed then.
    pub list_fault: Option<DocumentFault>,
}

/// The list of endpoints of an environment file.
#[derive(Clone, Debug)]
pub(super) struct EndpointsDocument {
    elements: Vec<Element>,
    stored: Box<StoredEndpoints>,
}

/// An element of the list.
#[derive(Clone, Debug)]
struct Element {
    text: Box<RawValue>,
    /// Its endpoint; none if it is faulty. It keeps its text then.
    endpoint: Option<Endpoint>,
}

impl EndpointsDocument {
    /// Returns the endpoints of a new environment.
    pub(crate) fn empty(id: &EnvId) -> Self {
        Self::new(Endpoints::empty(id.clone(), []))
    }

    fn new(list: Endpoints) -> Self {
        let stored = StoredEndpoints { list, faults: Vec::new(), list_fault: None };
        Self { elements: Vec::new(), stored: Box::new(stored) }
    }

    /// Reads the endpoints of a document.
    pub(crate) fn parse(document: &JsonObject<'_>, path: &Path, id: &EnvId) -> Self {
        let mut parsed = Self::new(Endpoints::empty(id.clone(), deployed_bundles(document)));
        let list = match optional_member::<Vec<Box<RawValue>>>(document, LIST) {
            Ok(list) => list.unwrap_or_default(),
            Err(error) => {
                parsed.stored.list_fault =
                    Some(document_fault(path, format!("`{LIST}`"), &error.reason));
                return parsed;
            }
        };
        // the place of each well-formed endpoint in the list
        let mut places = Vec::new();
        for (at, text) in list.into_iter().enumerate() {
            let read = read_endpoint(&text, id).and_then(|endpoint| {
                let pushed = parsed.stored.list.push(endpoint.clone());
                pushed.map_err(|duplicate| describe_duplicate(&endpoint, duplicate, &places))?;
                places.push(at);
                Ok(endpoint)
            });
            if let Err(MemberError { member, reason, .. }) = &read {
                let member = if member.is_empty() { String::new() } else { format!(".{member}") };
                let fault = document_fault(path, format!("`{LIST}[{at}]{member}`"), reason);
                parsed.stored.faults.push(endpoint_fault(fault, &text));
            }
            parsed.elements.push(Element { text, endpoint: read.ok() });
        }
        parsed
    }

    /// Returns the endpoints and their faults.
    pub(crate) fn stored(&self) -> &StoredEndpoints {
        &self.stored
    }

    /// Writes changed endpoints into a document. If none changed, the list keeps its exact text.
    pub(crate) fn write(&self, document: &mut JsonObject<'_>, changed: &Endpoints) {
        if *changed == self.stored.list || self.stored.list_fault.is_some() {
            return;
        }
        let mut texts = Vec::new();
        for element in &self.elements {
            match &element.endpoint {
                None => texts.push(element.text.get().to_owned()),
                Some(old) => {
                    let new = changed.get(&old.id);
                    texts.extend(new.map(|new| endpoint_text(new, old, &element.text)));
                }
            }
        }
        let new = changed.as_slice().iter().filter(|new| self.stored.list.get(&new.id).is_none());
        let environment = changed.environment();
        texts.extend(new.map(|endpoint| new_object(environment, endpoint).render(2)));
        let elements: Vec<_> = texts.iter().map(|text| format!("\n    {text}")).collect();
        let list = match elements.join(",") {
            elements if elements.is_empty() => "[]".to_owned(),
            elements => format!("[{elements}\n  ]"),
        };
        document.set(LIST, RawValue::from_string(list).expect("a list of JSON values"));
    }
}

/// Returns the text of an endpoint: the original text if it did not change. Members that did not
/// change, and those of other tools, keep their text.
fn endpoint_text(new: &Endpoint, old: &Endpoint, text: &RawValue) -> String {
    if new == old {
        return text.get().to_owned();
    }
    let mut object: JsonObject<'_> =
        serde_json::from_str(text.get()).expect("an endpoint was read from it");
    let old = members(old);
    for ((name, after), (_, before)) in members(new).into_iter().zip(old) {
        if after.as_ref().map(|value| value.get()) != before.as_ref().map(|value| value.get()) {
            let is_new = object.get(name).is_none();
            object.put(name, after);
            if is_new {
                object.order(&ORDER);
            }
        }
    }
    object.render(2)
}

fn member_text(value: &str) -> Option<Box<RawValue>> {
    Some(raw(value, 3))
}

fn new_object(environment: &EnvId, endpoint: &Endpoint) -> JsonObject<'static> {
    let mut object = JsonObject::default();
    object.set("schema", raw(SCHEMA, 3));
    object.set("env_id", raw(environment, 3));
    for (name, value) in members(endpoint) {
        object.put(name, value);
    }
    object
}

/// Returns the members of an endpoint in their order.
fn members(endpoint: &Endpoint) -> [(&'static str, Option<Box<RawValue>>); 12] {
    let flow = endpoint.welcome_flow.as_ref().map(|flow| StoredFlow {
        bundle_id: flow.bundle_id.as_str(),
        pack_id: flow.pack_id.as_str(),
        flow_id: flow.flow_id.as_str(),
    });
    [
        ("endpoint_id", member_text(endpoint.id.as_str())),
        ("provider_id", member_text(endpoint.provider_id.as_str())),
        ("provider_type", member_text(endpoint.provider_type.as_str())),
        ("display_name", member_text(endpoint.display_name.as_str())),
        ("secret_refs", Some(raw(&endpoint.secret_refs, 3))),
        ("webhook_secret_ref", endpoint.webhook_secret_ref.as_ref().map(|it| raw(it, 3))),
        ("linked_bundles", Some(raw(&endpoint.linked_bundles, 3))),
        ("welcome_flow", flow.map(|flow| raw(flow, 3))),
        ("generation", Some(raw(endpoint.generation, 3))),
        ("created_at", member_text(&endpoint.created_at)),
        ("updated_at", member_text(&endpoint.updated_at)),
        ("updated_by", member_text(&endpoint.updated_by)),
    ]
}

#[derive(Serialize, Deserialize)]
struct StoredFlow<T> {
    bundle_id: T,
    pack_id: T,
    flow_id: T,
}

/// Reads one element of the list.
fn read_endpoint(text: &RawValue, environment: &EnvId) -> Result<Endpoint, MemberError> {
    let object: JsonObject<'_> = serde_json::from_str(text.get())
        .map_err(|error| MemberError::new("", StoreError::reason(&error)))?;
    parse_member(&object, "schema", |schema| match schema {
        SCHEMA => Ok(()),
        other => Err(format!("it is `{other}`, expected `{SCHEMA}`")),
    })?;
    parse_member(&object, "env_id", |id| match id {
        id if id == environment.as_str() => Ok(()),
        other => Err(format!("it is `{other}`, but the environment is `{environment}`")),
    })?;
    let webhook: Option<Option<String>> = optional_member(&object, "webhook_secret_ref")?;
    let webhook = webhook.flatten().map(|text| from_str::<SecretRef>(&text)).transpose();
    Ok(Endpoint {
        id: parse_member(&object, "endpoint_id", from_str)?,
        provider_id: parse_member(&object, "provider_id", from_str)?,
        provider_type: parse_member(&object, "provider_type", from_str)?,
        display_name: parse_member(&object, "display_name", from_str)?,
        secret_refs: parse_list(&object, "secret_refs")?,
        webhook_secret_ref: webhook
            .map_err(|reason| MemberError::new("webhook_secret_ref", reason))?,
        linked_bundles: parse_list(&object, "linked_bundles")?,
        welcome_flow: parse_flow(&object)
            .map_err(|reason| MemberError::new("welcome_flow", reason))?,
        generation: optional_member(&object, "generation")?.unwrap_or_default(),
        created_at: parse_member(&object, "created_at", check_time)?,
        updated_at: parse_member(&object, "updated_at", check_time)?,
        updated_by: parse_member(&object, "updated_by", |text| Ok(text.to_owned()))?,
    })
}

/// Reads a list of texts, which may be missing.
fn parse_list<T: std::str::FromStr<Err: ToString>>(
    object: &JsonObject<'_>,
    name: &'static str,
) -> Result<Vec<T>, MemberError> {
    let texts: Vec<String> = optional_member(object, name)?.unwrap_or_default();
    let values: Result<Vec<T>, String> = texts.iter().map(|text| from_str(text)).collect();
    values.map_err(|reason| MemberError::new(name, reason))
}

fn parse_flow(object: &JsonObject<'_>) -> Result<Option<WelcomeFlow>, String> {
    let Some(value) = object.get("welcome_flow") else { return Ok(None) };
    let flow: Option<StoredFlow<String>> =
        serde_json::from_str(value.get()).map_err(|error| StoreError::reason(&error))?;
    let Some(flow) = flow else { return Ok(None) };
    Ok(Some(WelcomeFlow {
        bundle_id: from_str::<BundleId>(&flow.bundle_id)?,
        pack_id: from_str::<PackId>(&flow.pack_id)?,
        flow_id: from_str::<FlowId>(&flow.flow_id)?,
    }))
}

fn check_time(text: &str) -> Result<String, String> {
    match text.parse::<jiff::Timestamp>() {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("it is not a time in RFC 3339".to_owned()),
    }
}

/// Returns the ids of the bundles that are deployed. Bundles belong to other tools: one without
/// an id is left to them.
fn deployed_bundles(document: &JsonObject<'_>) -> Vec<BundleId> {
    #[derive(Deserialize)]
    struct Bundle {
        bundle_id: String,
    }
    let bundles: Vec<Box<RawValue>> =
        optional_member(document, "bundles").ok().flatten().unwrap_or_default();
    let bundles = bundles.iter().filter_map(|text| serde_json::from_str::<Bundle>(text.get()).ok());
    bundles.filter_map(|bundle| bundle.bundle_id.parse().ok()).collect()
}

fn describe_duplicate(
    endpoint: &Endpoint,
    duplicate: DuplicateEndpoint,
    places: &[usize],
) -> MemberError {
    let Endpoint { id, provider_type, provider_id, .. } = endpoint;
    match duplicate {
        DuplicateEndpoint::Id { at } => {
            let first = places[at];
            let reason = format!("endpoint `{id}` appears twice, first at `{LIST}[{first}]`");
            MemberError::new("", reason)
        }
        DuplicateEndpoint::Provider { at } => {
            let first = places[at];
            let reason = format!(
                "provider `{provider_id}` of type `{provider_type}` appears twice, first at \
                 `{LIST}[{first}]`"
            );
            MemberError::new("", reason)
        }
    }
}

fn document_fault(path: &Path, place: String, reason: &str) -> DocumentFault {
    let reason = ForeignText::sentence(reason);
    DocumentFault { path: path.to_owned(), place, reason, unknown_slot: None }
}

/// Returns the fault of an element, with the identity that can be read.
fn endpoint_fault(fault: DocumentFault, text: &RawValue) -> EndpointFault {
    let object: JsonObject<'_> = serde_json::from_str(text.get()).unwrap_or_default();
    let provider_type = parse_member(&object, "provider_type", from_str).ok();
    let provider_id = parse_member(&object, "provider_id", from_str).ok();
    EndpointFault {
        fault,
        id: parse_member(&object, "endpoint_id", from_str).ok(),
        instance: provider_type.zip(provider_id),
    }
}
