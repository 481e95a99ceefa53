//! Changes messaging endpoints: each request is one change of the store, with an audit event unless
//! nothing changes.

use env_pack_domain::messaging::change::{self as rules, Changed, NewEndpoint, Stamp};
use env_pack_domain::messaging::{
    BundleId, EndpointId, ProviderId, ProviderType, SecretRef, WelcomeFlow,
};
use env_pack_domain::{DisplayName, EnvId};
use serde_json::{Value, json};

use super::error::MessagingError;
use super::report::{EndpointChangeReport, EndpointRemovalReport, EndpointReport};
use super::well_formed::{ensure_list, ensure_well_formed, malformed};
use crate::Host;
use crate::ops::audit;
use gtc_store::{Answer, AuditEvent, Change, Request, Stored, new_endpoint_id};

/// The noun of the commands in the audit log, as the existing tools write it.
const NOUN: &str = "messaging.endpoint";

/// A request to add an endpoint.
#[derive(Clone, Debug)]
pub struct AddRequest {
    /// The environment.
    pub environment: EnvId,
    /// The class of the provider.
    pub provider_type: ProviderType,
    /// The id of the instance.
    pub provider_id: ProviderId,
    /// A name for people.
    pub display_name: DisplayName,
    /// The secrets that the provider needs.
    pub secret_refs: Vec<SecretRef>,
    /// The secret that the provider presents with each incoming message.
    pub webhook_secret_ref: Option<SecretRef>,
    /// The user or program that adds it. Default: the user who runs this program.
    pub updated_by: Option<String>,
    /// Idempotency key; written to the audit log and returned.
    pub idempotency_key: Option<String>,
    /// The only revision of the environment to accept.
    pub if_revision: Option<u64>,
}

/// A request to change an endpoint.
#[derive(Clone, Debug)]
pub struct EndpointRequest {
    /// The environment.
    pub environment: EnvId,
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The change.
    pub change: EndpointChange,
    /// The user or program that changes it. Default: the user who runs this program.
    pub updated_by: Option<String>,
    /// The only generation of the endpoint to accept.
    pub if_generation: Option<u64>,
    /// Idempotency key; written to the audit log and returned.
    pub idempotency_key: Option<String>,
    /// The only revision of the environment to accept.
    pub if_revision: Option<u64>,
}

/// A change of an endpoint.
#[derive(Clone, Debug)]
pub enum EndpointChange {
    /// Link a bundle.
    LinkBundle(BundleId),
    /// Unlink a bundle.
    UnlinkBundle(BundleId),
    /// Set the welcome flow, or remove it.
    SetWelcomeFlow(Option<WelcomeFlow>),
    /// Replace the reference to the secret that the provider presents.
    RotateWebhookSecret(SecretRef),
}

/// A request to remove an endpoint.
#[derive(Clone, Debug)]
pub struct RemoveRequest {
    /// The environment.
    pub environment: EnvId,
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The only generation of the endpoint to accept.
    pub if_generation: Option<u64>,
    /// Idempotency key; written to the audit log and returned.
    pub idempotency_key: Option<String>,
    /// The only revision of the environment to accept.
    pub if_revision: Option<u64>,
}

impl EndpointChange {
    const fn verb(&self) -> &'static str {
        match self {
            Self::LinkBundle(_) => "link-bundle",
            Self::UnlinkBundle(_) => "unlink-bundle",
            Self::SetWelcomeFlow(_) => "set-welcome-flow",
            Self::RotateWebhookSecret(_) => "rotate-webhook-secret",
        }
    }

    /// The members of the change in the audit log; all of its arguments.
    fn target(&self) -> Vec<(&'static str, Option<String>)> {
        match self {
            Self::LinkBundle(bundle) | Self::UnlinkBundle(bundle) => {
                vec![("bundle_id", Some(bundle.as_str().to_owned()))]
            }
            Self::SetWelcomeFlow(flow) => {
                let flow = flow.as_ref();
                vec![
                    ("bundle_id", flow.map(|flow| flow.bundle_id.as_str().to_owned())),
                    ("pack_id", flow.map(|flow| flow.pack_id.as_str().to_owned())),
                    ("flow_id", flow.map(|flow| flow.flow_id.as_str().to_owned())),
                ]
            }
            Self::RotateWebhookSecret(secret) => {
                vec![("webhook_secret_ref", Some(secret.as_str().to_owned()))]
            }
        }
    }
}

/// Adds a messaging endpoint with a new id.
///
/// # Errors
/// [`MessagingError`] when the provider already has an endpoint, or a secret belongs to another
/// environment. The environment is unchanged then, except as [`Store::change`] says.
///
/// [`Store::change`]: gtc_store::Store::change
pub fn add(host: &Host, request: &AddRequest) -> Result<EndpointChangeReport, MessagingError> {
    let instance = (request.provider_type.clone(), request.provider_id.clone());
    let new = NewEndpoint {
        id: new_endpoint_id(host.now()),
        provider_id: request.provider_id.clone(),
        provider_type: request.provider_type.clone(),
        display_name: request.display_name.clone(),
        secret_refs: request.secret_refs.clone(),
        webhook_secret_ref: request.webhook_secret_ref.clone(),
    };
    let target = vec![
        ("provider_id", Some(request.provider_id.as_str().to_owned())),
        ("provider_type", Some(request.provider_type.as_str().to_owned())),
    ];
    let arguments = json!({
        "provider_id": request.provider_id,
        "provider_type": request.provider_type,
        "display_name": request.display_name.as_str(),
        "secret_refs": request.secret_refs,
        "webhook_secret_ref": request.webhook_secret_ref,
        "updated_by": request.updated_by,
    });
    let job = Job {
        environment: &request.environment,
        verb: "add",
        target,
        arguments,
        updated_by: request.updated_by.as_deref(),
        idempotency_key: request.idempotency_key.as_ref(),
        if_revision: request.if_revision,
    };
    let decide = |stored: Stored, stamp: Stamp| {
        ensure_list(&stored)?;
        let faults = &stored.endpoints.faults;
        match faults.iter().find(|faulty| faulty.instance.as_ref() == Some(&instance)) {
            Some(faulty) => Err(malformed(&faulty.fault).into()),
            None => Ok(rules::add(stored.endpoints.list, new.clone(), stamp)?),
        }
    };
    job.run(host, decide, |changed| change_report(changed, request.idempotency_key.clone()))
}

/// Changes a messaging endpoint.
///
/// # Errors
/// [`MessagingError`] when the endpoint does not exist, is not well-formed, or its rules forbid
/// the change. The environment is unchanged then, except as [`Store::change`] says.
///
/// [`Store::change`]: gtc_store::Store::change
pub fn change(
    host: &Host,
    request: &EndpointRequest,
) -> Result<EndpointChangeReport, MessagingError> {
    let id = &request.endpoint;
    let mut target = vec![("endpoint_id", Some(id.to_string()))];
    target.extend(request.change.target());
    let job = Job {
        environment: &request.environment,
        verb: request.change.verb(),
        arguments: arguments(&target, request.updated_by.as_ref(), request.if_generation),
        target,
        updated_by: request.updated_by.as_deref(),
        idempotency_key: request.idempotency_key.as_ref(),
        if_revision: request.if_revision,
    };
    let decide = |stored: Stored, stamp: Stamp| {
        ensure_well_formed(&stored, id)?;
        let endpoints = stored.endpoints.list;
        rules::ensure_generation(&endpoints, id, request.if_generation)?;
        Ok(match request.change.clone() {
            EndpointChange::LinkBundle(bundle) => rules::link_bundle(endpoints, id, bundle, stamp)?,
            EndpointChange::UnlinkBundle(bundle) => {
                rules::unlink_bundle(endpoints, id, &bundle, stamp)?
            }
            EndpointChange::SetWelcomeFlow(flow) => {
                rules::set_welcome_flow(endpoints, id, flow, stamp)?
            }
            EndpointChange::RotateWebhookSecret(secret) => {
                rules::set_webhook_secret_ref(endpoints, id, secret, stamp)?
            }
        })
    };
    job.run(host, decide, |changed| change_report(changed, request.idempotency_key.clone()))
}

/// Removes a messaging endpoint. Removing one that does not exist changes nothing.
///
/// # Errors
/// [`MessagingError`] when the endpoint is not well-formed, or has another generation. The
/// environment is unchanged then, except as [`Store::change`] says.
///
/// [`Store::change`]: gtc_store::Store::change
pub fn remove(
    host: &Host,
    request: &RemoveRequest,
) -> Result<EndpointRemovalReport, MessagingError> {
    let id = &request.endpoint;
    let target = vec![("endpoint_id", Some(id.to_string()))];
    let job = Job {
        environment: &request.environment,
        verb: "remove",
        arguments: arguments(&target, None, request.if_generation),
        target,
        updated_by: None,
        idempotency_key: request.idempotency_key.as_ref(),
        if_revision: request.if_revision,
    };
    job.run(
        host,
        |stored, _| {
            ensure_well_formed(&stored, id)?;
            rules::ensure_generation(&stored.endpoints.list, id, request.if_generation)?;
            Ok(rules::remove(stored.endpoints.list, id))
        },
        |changed| EndpointRemovalReport {
            environment_id: request.environment.clone(),
            endpoint_id: id.clone(),
            unchanged: changed.is_unchanged(),
            idempotency_key: request.idempotency_key.clone(),
        },
    )
}

/// Returns the arguments of a request about an endpoint, by which its repetition is recognized.
fn arguments(
    target: &[(&'static str, Option<String>)],
    updated_by: Option<&String>,
    if_generation: Option<u64>,
) -> Value {
    json!({"target": target, "updated_by": updated_by, "if_generation": if_generation})
}

fn change_report(changed: &Changed, idempotency_key: Option<String>) -> EndpointChangeReport {
    let endpoint = changed.after.as_ref().expect("only a removal leaves no endpoint");
    EndpointChangeReport {
        endpoint: EndpointReport::new(changed.endpoints.environment(), endpoint),
        unchanged: changed.is_unchanged(),
        idempotency_key,
    }
}

/// A change of endpoints, as the store and the audit log record it.
struct Job<'a> {
    environment: &'a EnvId,
    verb: &'static str,
    /// The members that the audit log records.
    target: Vec<(&'static str, Option<String>)>,
    /// Everything that the caller asked for.
    arguments: Value,
    updated_by: Option<&'a str>,
    idempotency_key: Option<&'a String>,
    if_revision: Option<u64>,
}

impl Job<'_> {
    /// Makes the change that `decide` returns, and answers with its report.
    fn run<T: Answer>(
        self,
        host: &Host,
        decide: impl Fn(Stored, Stamp) -> Result<Changed, MessagingError>,
        report: impl Fn(&Changed) -> T,
    ) -> Result<T, MessagingError> {
        let command = format!("messaging endpoint {}", self.verb);
        let request = host
            .request(&command, self.idempotency_key, &self.arguments)
            .if_revision(self.if_revision);
        let stamp = self.stamp(host, &request);
        let result = host.store.change(self.environment, &request, |stored| {
            let changed = decide(stored, stamp.clone())?;
            let report = report(&changed);
            if changed.is_unchanged() {
                return Ok(Change::recorded(Vec::new(), report));
            }
            let change = Change::recorded(vec![self.event(host, Some(&changed))], report);
            Ok(Change { endpoints: Some(changed.endpoints), ..change })
        });
        audit::record_failure(host, self.environment, vec![self.event(host, None)], result)
    }

    /// Returns who changes an endpoint, with the request, as the existing tools write it.
    fn stamp(&self, host: &Host, request: &Request) -> Stamp {
        let actor = host.origin().actor;
        let user = actor.user.unwrap_or_else(|| format!("uid-{}", actor.uid));
        let by = self.updated_by.unwrap_or(&user);
        let by = format!("{by}#idem={}:{}", self.verb, request.key);
        Stamp { at: request.at.to_string(), by }
    }

    fn event(&self, host: &Host, changed: Option<&Changed>) -> AuditEvent {
        let before = changed.and_then(|changed| changed.before.as_ref());
        let after = changed.and_then(|changed| changed.after.as_ref());
        let mut target = self.target.clone();
        // the id of a new endpoint is not known before
        if before.is_none() {
            target.extend(after.map(|added| ("endpoint_id", Some(added.id.to_string()))));
        }
        AuditEvent {
            origin: host.origin(),
            noun: NOUN,
            verb: self.verb,
            target,
            previous_generation: before.map(|endpoint| endpoint.generation),
            new_generation: after.map(|endpoint| endpoint.generation),
            idempotency_key: self.idempotency_key.cloned(),
            result: Ok(()),
        }
    }
}
