//! Lists, adds and revokes the permissions of bound packs. No pack is run.

use env_pack_domain::{DescriptorPath, EnvId, PackRef, Permissions};
use serde::Serialize;

use super::audit;
use super::bind::{GrantSelection, GrantsReport};
use super::load_pack;
use super::pack_error::PackError;
use super::phrases::describe_permissions;
use super::suggested_commands::inspect_command;
use crate::Host;
use crate::operation_error::{Explanation, OperationError};
use gtc_store::{AuditEvent, Change, ChangeError, PinnedPack, StoreError, Stored};

/// The permissions of all pinned packs of an environment.
#[derive(Debug, Serialize)]
pub struct GrantsListReport {
    /// The environment.
    pub environment_id: EnvId,
    /// The packs.
    pub packs: Vec<PackGrants>,
}

/// The permissions of one pack.
#[derive(Debug, Serialize)]
pub struct PackGrants {
    /// The environment.
    pub environment_id: EnvId,
    /// The descriptor paths that the pack provides.
    pub kinds: Vec<DescriptorPath>,
    /// The pack reference.
    pub pack_ref: PackRef,
    /// The SHA-256 digest of the archive that the grants apply to.
    pub archive_sha256: String,
    /// The granted permissions.
    pub grants: GrantsReport,
    /// The idempotency key of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// A request to add or revoke permissions.
#[derive(Clone, Debug)]
pub struct GrantsRequest {
    /// The environment.
    pub environment: EnvId,
    /// A descriptor path that the pack provides.
    pub kind: DescriptorPath,
    /// The permissions to add or revoke.
    pub grants: GrantSelection,
    /// Idempotency key; written to the audit log and returned.
    pub idempotency_key: Option<String>,
}

/// Lists the permissions of the pinned packs.
///
/// # Errors
/// [`StoreError`] when the environment cannot be read.
pub fn list(host: &Host, environment: &EnvId) -> Result<GrantsListReport, StoreError> {
    let stored = host.store.load(environment)?;
    let packs = stored.environment.bindings().map(|binding| &binding.pack_ref);
    let mut listed: Vec<PackGrants> = Vec::new();
    for pack_ref in packs {
        let is_new = listed.iter().all(|pack| pack.pack_ref != *pack_ref);
        if let Some(pin) = stored.pins.get(pack_ref).filter(|_| is_new) {
            listed.push(report(environment, pack_ref, pin, None));
        }
    }
    Ok(GrantsListReport { environment_id: environment.clone(), packs: listed })
}

/// Grants permissions that a pack declares.
///
/// # Errors
/// [`GrantsError`] when the pack is not bound, or does not declare them. The environment is
/// unchanged then, except as [`Store::change`] says.
///
/// [`Store::change`]: gtc_store::Store::change
pub fn add(host: &Host, request: &GrantsRequest) -> Result<PackGrants, GrantsError> {
    let result = host.store.change(&request.environment, |stored| {
        let (pack_ref, pin) = add_grants(host, request, &stored)?;
        Ok(change(host, "add", request, stored, &pack_ref, pin))
    });
    record_failure(host, "add", request, result)
}

fn add_grants(
    host: &Host,
    request: &GrantsRequest,
    stored: &Stored,
) -> Result<(PackRef, PinnedPack), GrantsError> {
    let (pack_ref, pin) = pinned_pack(stored, request)?;
    let declared = pinned_declaration(host, &pack_ref, &pin)
        .map_err(|source| GrantsError::Unreadable { pack_ref: pack_ref.clone(), source })?;
    let undeclared = request.grants.permissions.without(&declared);
    if !undeclared.is_empty() {
        return Err(GrantsError::NotDeclared { pack_ref, undeclared });
    }
    let added = if request.grants.declared { &declared } else { &request.grants.permissions };
    let grants = pin.grants.union(added);
    Ok((pack_ref, PinnedPack { grants, ..pin }))
}

/// Revokes permissions of a pack.
///
/// # Errors
/// [`GrantsError`] when the pack is not bound, or does not have them. The environment is
/// unchanged then, except as [`Store::change`] says.
///
/// [`Store::change`]: gtc_store::Store::change
pub fn revoke(host: &Host, request: &GrantsRequest) -> Result<PackGrants, GrantsError> {
    let result = host.store.change(&request.environment, |stored| {
        let (pack_ref, pin) = revoke_grants(request, &stored)?;
        Ok(change(host, "revoke", request, stored, &pack_ref, pin))
    });
    record_failure(host, "revoke", request, result)
}

fn revoke_grants(
    request: &GrantsRequest,
    stored: &Stored,
) -> Result<(PackRef, PinnedPack), GrantsError> {
    let (pack_ref, pin) = pinned_pack(stored, request)?;
    let grants = if request.grants.declared {
        Permissions::default()
    } else {
        let absent = request.grants.permissions.without(&pin.grants);
        if !absent.is_empty() {
            let environment = request.environment.clone();
            return Err(GrantsError::NeverGranted { environment, pack_ref, absent });
        }
        pin.grants.without(&request.grants.permissions)
    };
    Ok((pack_ref, PinnedPack { grants, ..pin }))
}

/// Finds the bound and pinned pack that provides the descriptor path of a request.
fn pinned_pack(
    stored: &Stored,
    request: &GrantsRequest,
) -> Result<(PackRef, PinnedPack), GrantsError> {
    let provides = |pin: &PinnedPack| {
        pin.handlers.iter().any(|handler| handler.descriptor_path == request.kind)
    };
    for binding in stored.environment.bindings() {
        if let Some(pin) = stored.pins.get(&binding.pack_ref).filter(|pin| provides(pin)) {
            return Ok((binding.pack_ref.clone(), pin.clone()));
        }
    }
    Err(GrantsError::NotPinned {
        kind: request.kind.clone(),
        environment: request.environment.clone(),
    })
}

/// Returns the change that replaces the pin of a pack.
fn change(
    host: &Host,
    verb: &'static str,
    request: &GrantsRequest,
    stored: Stored,
    pack_ref: &PackRef,
    pin: PinnedPack,
) -> Change<PackGrants> {
    let report = report(&request.environment, pack_ref, &pin, request.idempotency_key.clone());
    let mut pins = stored.pins;
    pins.packs.insert(pack_ref.text(), pin);
    let events = vec![event(host, verb, request, Some(&report))];
    Change { pins: Some(pins), ..Change::recorded(events, report) }
}

/// Records a failed change of grants in the audit log.
fn record_failure(
    host: &Host,
    verb: &'static str,
    request: &GrantsRequest,
    result: Result<PackGrants, GrantsError>,
) -> Result<PackGrants, GrantsError> {
    let event = event(host, verb, request, None);
    audit::record_failure(host, &request.environment, vec![event], result)
}

fn event(
    host: &Host,
    verb: &'static str,
    request: &GrantsRequest,
    report: Option<&PackGrants>,
) -> AuditEvent {
    AuditEvent {
        origin: host.origin(),
        noun: "grants",
        verb,
        target: vec![
            ("kind", Some(request.kind.to_string())),
            ("pack_ref", report.map(|report| report.pack_ref.to_string())),
            ("grants", report.map(|report| report.grants.to_string())),
        ],
        previous_generation: None,
        new_generation: None,
        idempotency_key: request.idempotency_key.clone(),
        result: Ok(()),
    }
}

/// Returns the permissions that all handlers of the pinned archive declare.
fn pinned_declaration(
    host: &Host,
    pack_ref: &PackRef,
    pin: &PinnedPack,
) -> Result<Permissions, PackError> {
    let fetched = load_pack::fetch_pinned(host, pack_ref, pin)?;
    Ok(load_pack::open_archive(host, &fetched)?.declared_permissions())
}

fn report(
    environment: &EnvId,
    pack_ref: &PackRef,
    pin: &PinnedPack,
    idempotency_key: Option<String>,
) -> PackGrants {
    PackGrants {
        environment_id: environment.clone(),
        kinds: pin.handlers.iter().map(|handler| handler.descriptor_path.clone()).collect(),
        pack_ref: pack_ref.clone(),
        archive_sha256: pin.archive.hex(),
        grants: GrantsReport::from(&pin.grants),
        idempotency_key,
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
    /// No pinned pack provides this descriptor path.
    #[error("no pack that provides `{kind}` is bound and pinned in environment `{environment}`")]
    NotPinned {
        /// The descriptor path.
        kind: DescriptorPath,
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
            Self::Unreadable { source, .. } => source.explain(),
            Self::NotDeclared { pack_ref, .. } => Explanation::refused(
                "unauthorized",
                format!("see its declared permissions with `{}`", inspect_command(pack_ref)),
            ),
            Self::NotPinned { environment, .. } | Self::NeverGranted { environment, .. } => {
                Explanation::refused(
                    "not-found",
                    format!("see all grants with `gtc op grants list {environment}`"),
                )
            }
        }
    }
}
