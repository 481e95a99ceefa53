//! The requests to change bindings.

use env_pack_domain::change::BindingRequest;
use env_pack_domain::{AnswersRef, BindingKey, EnvId, Permissions, Sha256Digest};
use gtc_store::Request;
use serde_json::{Value, json};

use super::report::GrantsReport;
use crate::Host;

/// A request to bind a pack to a free place, or in place of another pack.
#[derive(Clone, Debug)]
pub struct BindRequest {
    /// The environment.
    pub environment: EnvId,
    /// The place, descriptor, pack reference and answers of the binding.
    pub binding: BindingRequest,
    /// The permissions to grant. Version queries of well-known programs need no grant.
    pub grants: GrantSelection,
    /// Whether to fetch, check and pin the pack. Otherwise it is bound unchecked.
    pub fetch: bool,
    /// Whether to bind the pack to all other instances of the extension too.
    pub all_instances: bool,
    /// Whether an update without answers keeps those of the replaced binding.
    pub keep_answers: bool,
    /// The only generation of the binding to accept.
    pub if_generation: Option<u64>,
    /// Idempotency key; written to the audit log and returned.
    pub idempotency_key: Option<String>,
    /// The only revision of the environment to accept.
    pub if_revision: Option<u64>,
}

/// The permissions that an operator grants to a pack.
#[derive(Clone, Debug, Default)]
pub struct GrantSelection {
    /// Permissions to grant, as far as the pack declares them.
    pub permissions: Permissions,
    /// Whether to grant all permissions that the pack declares.
    pub declared: bool,
}

impl GrantSelection {
    /// Returns the selection as a part of the arguments of a request.
    pub(crate) fn as_json(&self) -> Value {
        json!({"permissions": GrantsReport::from(&self.permissions), "declared": self.declared})
    }
}

/// A request to bind what the reference of a binding leads to now, or to pin it.
#[derive(Clone, Debug)]
pub struct RefreshRequest {
    /// The environment.
    pub environment: EnvId,
    /// The binding.
    pub key: BindingKey,
    /// The permissions to grant, in addition to those granted before.
    pub grants: GrantSelection,
    /// The only archive or manifest digest to accept.
    pub expected: Option<Sha256Digest>,
    /// The only generation of the binding to accept.
    pub if_generation: Option<u64>,
    /// Idempotency key; written to the audit log and returned.
    pub idempotency_key: Option<String>,
    /// The only revision of the environment to accept.
    pub if_revision: Option<u64>,
}

/// A request to remove a binding.
#[derive(Clone, Debug)]
pub struct RemoveRequest {
    /// The environment.
    pub environment: EnvId,
    /// The binding.
    pub key: BindingKey,
    /// The only generation of the binding to accept.
    pub if_generation: Option<u64>,
    /// Idempotency key; written to the audit log and returned.
    pub idempotency_key: Option<String>,
    /// The only revision of the environment to accept.
    pub if_revision: Option<u64>,
}

/// A request to restore the previous version of a binding.
#[derive(Clone, Debug)]
pub struct RollbackRequest {
    /// The environment.
    pub environment: EnvId,
    /// The binding.
    pub key: BindingKey,
    /// The generation to restore; the previous binding if there is none.
    pub to: Option<u64>,
    /// Whether to roll back all other instances of the extension too.
    pub all_instances: bool,
    /// The only generation of the binding to accept.
    pub if_generation: Option<u64>,
    /// Idempotency key; written to the audit log and returned.
    pub idempotency_key: Option<String>,
    /// The only revision of the environment to accept.
    pub if_revision: Option<u64>,
}

impl BindRequest {
    /// Returns the request as the store knows it.
    pub(super) fn for_store(&self, host: &Host, verb: &str) -> Request {
        let BindRequest { binding, grants, fetch, all_instances, keep_answers, .. } = self;
        let arguments = json!({
            "place": binding.key().to_string(),
            "kind": binding.kind,
            "pack_ref": binding.pack_ref,
            "answers_ref": binding.answers_ref.as_ref().map(AnswersRef::as_str),
            "grants": grants.as_json(),
            "fetch": fetch,
            "all_instances": all_instances,
            "keep_answers": keep_answers,
            "if_generation": self.if_generation,
        });
        host.request(&command(&binding.key(), verb), self.idempotency_key.as_ref(), &arguments)
            .if_revision(self.if_revision)
    }
}

impl RefreshRequest {
    /// Returns the request as the store knows it.
    pub(super) fn for_store(&self, host: &Host, verb: &str) -> Request {
        let arguments = json!({
            "place": self.key.to_string(),
            "grants": self.grants.as_json(),
            "expected": self.expected,
            "if_generation": self.if_generation,
        });
        host.request(&command(&self.key, verb), self.idempotency_key.as_ref(), &arguments)
            .if_revision(self.if_revision)
    }
}

impl RemoveRequest {
    /// Returns the request as the store knows it.
    pub(super) fn for_store(&self, host: &Host) -> Request {
        let arguments = json!({"place": self.key.to_string(), "if_generation": self.if_generation});
        host.request(&command(&self.key, "remove"), self.idempotency_key.as_ref(), &arguments)
            .if_revision(self.if_revision)
    }
}

impl RollbackRequest {
    /// Returns the request as the store knows it.
    pub(super) fn for_store(&self, host: &Host) -> Request {
        let arguments = json!({
            "place": self.key.to_string(),
            "to": self.to,
            "all_instances": self.all_instances,
            "if_generation": self.if_generation,
        });
        host.request(&command(&self.key, "rollback"), self.idempotency_key.as_ref(), &arguments)
            .if_revision(self.if_revision)
    }
}

/// Returns the command of a request about a binding, such as `env-packs update`.
fn command(key: &BindingKey, verb: &str) -> String {
    match key {
        BindingKey::Slot(_) => format!("env-packs {verb}"),
        BindingKey::Extension { .. } => format!("extensions {verb}"),
    }
}
