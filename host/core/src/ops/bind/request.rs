//! The requests to change bindings.

use env_pack_domain::change::BindingRequest;
use env_pack_domain::{BindingKey, EnvId, Permissions, Sha256Digest};

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
}

/// The permissions that an operator grants to a pack.
#[derive(Clone, Debug, Default)]
pub struct GrantSelection {
    /// Permissions to grant, as far as the pack declares them.
    pub permissions: Permissions,
    /// Whether to grant all permissions that the pack declares.
    pub declared: bool,
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
}

/// A request to restore the previous version of a binding.
#[derive(Clone, Debug)]
pub struct RollbackRequest {
    /// The environment.
    pub environment: EnvId,
    /// The binding.
    pub key: BindingKey,
    /// Whether to roll back all other instances of the extension too.
    pub all_instances: bool,
    /// The only generation of the binding to accept.
    pub if_generation: Option<u64>,
    /// Idempotency key; written to the audit log and returned.
    pub idempotency_key: Option<String>,
}
