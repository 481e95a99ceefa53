//! Lists, adds and revokes the permissions of bindings. No pack is run.

use env_pack_domain::change::{self, Refusal};
use env_pack_domain::{
    Binding, BindingPlace, DescriptorPath, EnvId, Environment, InstanceId, PackDescriptor, PackRef,
    Permissions, Pin,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::answered_addresses;
use super::audit;
use super::bind::{GrantSelection, GrantsReport};
use super::load_pack;
use super::pack_error::PackError;
use super::phrases::{describe_permissions, instance_phrase};
use super::suggested_commands::{inspect_command, pin_command};
use crate::Host;
use crate::operation_error::{Explanation, OperationError};
use gtc_store::{AuditEvent, Change, ChangeError, StoreError, Stored};

/// The permissions of the bindings of an environment. Built-in packs need none.
#[derive(Debug, Serialize)]
pub struct GrantsListReport {
    /// The environment.
    pub environment_id: EnvId,
    /// The bindings.
    pub bindings: Vec<BindingGrants>,
}

/// The permissions of bindings after a change.
#[derive(Debug, Serialize, Deserialize)]
pub struct GrantsChangeReport {
    /// The environment.
    pub environment_id: EnvId,
    /// The changed bindings.
    pub bindings: Vec<BindingGrants>,
    /// The idempotency key of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// The permissions of one binding.
#[derive(Debug, Serialize, Deserialize)]
pub struct BindingGrants {
    /// The slot, for packs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slot: Option<String>,
    /// The instance, for extensions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// The descriptor.
    pub kind: PackDescriptor,
    /// The pack reference.
    pub pack_ref: PackRef,
    /// The SHA-256 digest of the archive that the grants apply to; none if it is not pinned,
    /// so that nothing is granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive_sha256: Option<String>,
    /// Whether the pack should have a pin, and has none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unpinned: bool,
    /// The granted permissions.
    pub grants: GrantsReport,
}

/// A request to add or revoke permissions.
#[derive(Clone, Debug)]
pub struct GrantsRequest {
    /// The environment.
    pub environment: EnvId,
    /// The descriptor path of the binding.
    pub kind: DescriptorPath,
    /// The instance, for an extension.
    pub instance: Option<InstanceId>,
    /// Whether to change all instances of the extension.
    pub all_instances: bool,
    /// The permissions to add or revoke.
    pub grants: GrantSelection,
    /// The only generation of the binding to accept.
    pub if_generation: Option<u64>,
    /// Idempotency key; written to the audit log and returned.
    pub idempotency_key: Option<String>,
    /// The only revision of the environment to accept.
    pub if_revision: Option<u64>,
}

/// Lists the permissions of the bindings.
///
/// # Errors
/// [`StoreError`] when the environment cannot be read.
pub fn list(host: &Host, environment: &EnvId) -> Result<GrantsListReport, StoreError> {
    let stored = host.store.load(environment)?;
    let bindings = stored
        .environment
        .bindings()
        .filter(|binding| !host.fetcher.is_builtin(&binding.pack_ref))
        .map(report)
        .collect();
    Ok(GrantsListReport { environment_id: environment.clone(), bindings })
}

/// Grants permissions that a pack declares.
///
/// # Errors
/// [`GrantsError`] when the pack is not bound, or does not declare them. The environment is
/// unchanged then, except as [`Store::change`] says.
///
/// [`Store::change`]: gtc_store::Store::change
pub fn add(host: &Host, request: &GrantsRequest) -> Result<GrantsChangeReport, GrantsError> {
    change_grants(host, "add", request, |binding, pin| added(host, request, binding, pin))
}

/// Revokes permissions of a pack.
///
/// # Errors
/// [`GrantsError`] when the pack is not bound, or does not have them. The environment is
/// unchanged then, except as [`Store::change`] says.
///
/// [`Store::change`]: gtc_store::Store::change
pub fn revoke(host: &Host, request: &GrantsRequest) -> Result<GrantsChangeReport, GrantsError> {
    change_grants(host, "revoke", request, |binding, pin| remaining(request, binding, pin))
}

/// Returns the permissions of a binding with the granted ones.
fn added(
    host: &Host,
    request: &GrantsRequest,
    binding: &Binding,
    pin: &Pin,
) -> Result<Permissions, GrantsError> {
    let pack_ref = &binding.pack_ref;
    let declared = pinned_declaration(host, binding, pin)
        .map_err(|source| GrantsError::Unreadable { pack_ref: pack_ref.clone(), source })?;
    let answers_ref = binding.answers_ref.as_ref();
    let resolved =
        answered_addresses::resolve_stored(host, &request.environment, answers_ref, &declared);
    let declared = resolved.permissions;
    let undeclared = request.grants.permissions.without(&declared);
    if !undeclared.is_empty() {
        return Err(GrantsError::NotDeclared { pack_ref: pack_ref.clone(), undeclared });
    }
    let added = if request.grants.declared { &declared } else { &request.grants.permissions };
    Ok(pin.grants.union(added))
}

/// Returns the permissions of a binding without the revoked ones.
fn remaining(
    request: &GrantsRequest,
    binding: &Binding,
    pin: &Pin,
) -> Result<Permissions, GrantsError> {
    if request.grants.declared {
        return Ok(Permissions::default());
    }
    let absent = request.grants.permissions.without(&pin.grants);
    if !absent.is_empty() {
        let environment = request.environment.clone();
        let pack_ref = binding.pack_ref.clone();
        return Err(GrantsError::NeverGranted { environment, pack_ref, absent });
    }
    Ok(pin.grants.without(&request.grants.permissions))
}

/// Changes the permissions of the bindings that a request names.
fn change_grants(
    host: &Host,
    verb: &'static str,
    request: &GrantsRequest,
    grants_of: impl Fn(&Binding, &Pin) -> Result<Permissions, GrantsError>,
) -> Result<GrantsChangeReport, GrantsError> {
    let store_request = host.request(
        &format!("grants {verb}"),
        request.idempotency_key.as_ref(),
        &json!({
            "kind": request.kind,
            "instance": request.instance,
            "all_instances": request.all_instances,
            "grants": request.grants.as_json(),
            "if_generation": request.if_generation,
        }),
    );
    let store_request = store_request.if_revision(request.if_revision);
    let decide = |Stored { environment, .. }| {
        let mut after = environment.clone();
        let mut changed = Vec::new();
        for (binding, pin) in named_bindings(&environment, request)? {
            change::ensure_generation(&after, &binding.key(), request.if_generation)?;
            let pin = Pin { grants: grants_of(binding, pin)?, ..pin.clone() };
            let changed_pin = change::set_pin(after, &binding.key(), pin)?;
            changed.extend(changed_pin.change.after.as_ref().map(report));
            after = changed_pin.environment;
        }
        let events =
            changed.iter().map(|binding| event(host, verb, request, Some(binding))).collect();
        let report = GrantsChangeReport {
            environment_id: request.environment.clone(),
            bindings: changed,
            idempotency_key: request.idempotency_key.clone(),
        };
        Ok(Change { environment: Some(after), ..Change::recorded(events, report) })
    };
    let result = host.store.change(&request.environment, &store_request, decide);
    let event = event(host, verb, request, None);
    audit::record_failure(host, &request.environment, vec![event], result)
}

/// Finds the pinned bindings that a request names.
fn named_bindings<'a>(
    environment: &'a Environment,
    request: &GrantsRequest,
) -> Result<Vec<(&'a Binding, &'a Pin)>, GrantsError> {
    let named: Vec<_> = environment.bindings().filter(|binding| request.names(binding)).collect();
    if named.is_empty() {
        return Err(GrantsError::NotBound {
            kind: request.kind.clone(),
            instance: request.instance.clone(),
            environment: request.environment.clone(),
        });
    }
    let mut pinned = Vec::new();
    for binding in named {
        let Some(pin) = &binding.pin else {
            return Err(GrantsError::NotPinned {
                environment: request.environment.clone(),
                binding: Box::new(binding.clone()),
            });
        };
        pinned.push((binding, pin));
    }
    Ok(pinned)
}

impl GrantsRequest {
    /// Returns true if the request is about this binding.
    fn names(&self, binding: &Binding) -> bool {
        let is_instance = match &binding.place {
            BindingPlace::Slot(_) => self.instance.is_none(),
            BindingPlace::Extension(instance) => self.all_instances || *instance == self.instance,
        };
        is_instance && *binding.kind.path() == self.kind
    }
}

fn event(
    host: &Host,
    verb: &'static str,
    request: &GrantsRequest,
    changed: Option<&BindingGrants>,
) -> AuditEvent {
    let instance = match changed {
        Some(changed) => changed.instance_id.clone(),
        None => request.instance.as_ref().map(ToString::to_string),
    };
    let mut target = vec![("kind", Some(request.kind.to_string()))];
    target.extend(instance.map(|instance| ("instance_id", Some(instance))));
    target.extend([
        ("pack_ref", changed.map(|changed| changed.pack_ref.to_string())),
        ("grants", changed.map(|changed| changed.grants.to_string())),
    ]);
    AuditEvent {
        origin: host.origin(),
        noun: "grants",
        verb,
        target,
        previous_generation: None,
        new_generation: None,
        idempotency_key: request.idempotency_key.clone(),
        result: Ok(()),
    }
}

/// Returns the permissions that the pinned archive declares for the bound handler.
fn pinned_declaration(host: &Host, binding: &Binding, pin: &Pin) -> Result<Permissions, PackError> {
    let fetched = load_pack::fetch_pinned(host, &binding.pack_ref, pin)?;
    Ok(load_pack::open_archive(host, &fetched)?.permissions_of(binding.kind.path()))
}

/// Reports the permissions of a binding.
fn report(binding: &Binding) -> BindingGrants {
    let pin = binding.pin.as_ref();
    BindingGrants {
        slot: binding.place.core_slot().map(|slot| slot.to_string()),
        instance_id: binding.place.instance().map(ToString::to_string),
        kind: binding.kind.clone(),
        pack_ref: binding.pack_ref.clone(),
        archive_sha256: pin.map(|pin| pin.archive.hex()),
        unpinned: pin.is_none(),
        grants: GrantsReport::from(&pin.map(|pin| pin.grants.clone()).unwrap_or_default()),
    }
}

/// Permissions were not granted or revoked.
#[derive(Debug, thiserror::Error)]
pub enum GrantsError {
    /// The environment could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The change was not saved, or not recorded.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The bindings of the environment do not allow the change.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A binding has no pin.
    #[error("{} in environment `{environment}` has no pin", .binding.key())]
    NotPinned {
        /// The environment.
        environment: EnvId,
        /// The binding.
        binding: Box<Binding>,
    },
    /// No binding has this descriptor path.
    #[error(
        "no pack is bound as `{kind}`{} in environment `{environment}`",
        instance_phrase(.instance.as_ref())
    )]
    NotBound {
        /// The descriptor path.
        kind: DescriptorPath,
        /// The instance, for an extension.
        instance: Option<InstanceId>,
        /// The environment.
        environment: EnvId,
    },
    /// The pinned pack could not be read.
    #[error("pack `{pack_ref}` cannot be read")]
    Unreadable {
        /// The pack reference.
        pack_ref: PackRef,
        /// The cause.
        source: PackError,
    },
    /// The permissions to grant are not declared by the pack.
    #[error("pack `{pack_ref}` does not declare the permission {}", describe_permissions(.undeclared))]
    NotDeclared {
        /// The pack reference.
        pack_ref: PackRef,
        /// The undeclared permissions.
        undeclared: Permissions,
    },
    /// The permissions to revoke were not granted.
    #[error("pack `{pack_ref}` was not granted the permission {}", describe_permissions(.absent))]
    NeverGranted {
        /// The environment.
        environment: EnvId,
        /// The pack reference.
        pack_ref: PackRef,
        /// The permissions that were not granted.
        absent: Permissions,
    },
}

impl OperationError for GrantsError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Store(error) => error.explain(),
            Self::Change(error) => error.explain(),
            Self::Refused(error) => error.explain(),
            Self::Unreadable { source, .. } => source.explain(),
            Self::NotDeclared { pack_ref, .. } => Explanation::refused(
                "unauthorized",
                format!("see its declared permissions with `{}`", inspect_command(pack_ref)),
            ),
            Self::NotPinned { binding, .. } if matches!(binding.pack_ref, PackRef::Builtin(_)) => {
                Explanation::refused("not-found", "built-in packs need no permissions")
            }
            Self::NotPinned { environment, binding } => Explanation::refused(
                "unpinned",
                format!("check and pin it with `{}`", pin_command(environment, &binding.key())),
            ),
            Self::NotBound { environment, .. } => Explanation::refused(
                "not-found",
                format!(
                    "see what is bound with `gtc op grants list {environment}`, and name the \
                     instance of an extension with `--instance-id`"
                ),
            ),
            Self::NeverGranted { environment, .. } => Explanation::refused(
                "not-found",
                format!("see all grants with `gtc op grants list {environment}`"),
            ),
        }
    }
}
