//! Checks whether a pack may be bound: it loads, provides the requested handler or needs none,
//! takes no path of an unrelated pack, and has a trusted signature if the environment requires
//! one.

use env_pack_domain::change::BindingRequest;
use env_pack_domain::{
    Binding, BindingKey, BindingPlace, ConfigPack, EnvPackHandler, ForeignText, PackRef,
    Permissions, Pin, PinnedHandler, Registry, ResolvedPermissions, Sha256Digest,
};

use indexmap::IndexMap;

use super::error::{BindError, UnsuitablePack};
use super::intent::Intent;
use super::paths::ensure_paths_free;
use crate::Host;
use crate::answers_schema::AnswersSchema;
use crate::ops::answered_addresses;
use crate::ops::answers::check_text;
use crate::ops::load_pack::{self, LoadedPack};
use crate::ops::pack_error::PackError;
use crate::ops::sandbox_check;
use crate::ops::trust::{SignatureCheck, TrustPolicy};
use gtc_archive::Pack;
use gtc_engine::Engine;
use gtc_fetch::FetchedPack;
use gtc_store::{AnswersError, Stored};

/// A pack that may be bound, once its permissions are granted.
#[derive(Debug)]
pub(super) struct CheckedPack {
    pub fetched: FetchedPack,
    /// The pin of the pack, without grants.
    pub pin: Pin,
    pub signed: SignatureCheck,
    /// Problems that do not prevent binding.
    pub warnings: Vec<String>,
    /// The permissions that the pack declares for the bound handler.
    pub declared: Permissions,
    /// The same for each affected binding, with the addresses that its answers name.
    resolved: IndexMap<BindingKey, ResolvedPermissions>,
}

impl CheckedPack {
    /// Returns the permissions that the pack needs in a binding.
    pub(super) fn permissions_of(&self, key: &BindingKey) -> Permissions {
        let resolved = self.resolved.get(key);
        resolved.map(|resolved| resolved.permissions.clone()).unwrap_or_default()
    }

    /// Returns the pin of a binding, with its grants.
    pub(super) fn pin_of(&self, key: &BindingKey) -> Pin {
        Pin { grants: self.permissions_of(key), ..self.pin.clone() }
    }
}

/// Returns the permissions that a pack needs in each binding that a request affects.
fn resolve_for_each(
    host: &Host,
    stored: &Stored,
    intent: &Intent,
    declared: &Permissions,
) -> IndexMap<BindingKey, ResolvedPermissions> {
    let mut resolved = IndexMap::new();
    for key in intent.affected_keys(&stored.environment) {
        let answers_ref = intent.answers_of(&stored.environment, &key);
        let permissions = answered_addresses::resolve_stored(
            host,
            &intent.environment,
            answers_ref.as_ref(),
            declared,
        );
        resolved.insert(key, permissions);
    }
    resolved
}

/// Returns a warning for each address that the answers should name, and do not.
fn unresolved_warnings(resolved: &IndexMap<BindingKey, ResolvedPermissions>) -> Vec<String> {
    let mut warnings = Vec::new();
    for (key, permissions) in resolved {
        for address in &permissions.unresolved {
            warnings.push(format!("{key}: {address}, so its permission allows nothing"));
        }
    }
    warnings
}

/// Fetches and loads the pack of a request, and checks it against the environment.
pub(super) fn check_pack(
    host: &Host,
    stored: &Stored,
    intent: &Intent,
) -> Result<CheckedPack, BindError> {
    let BindingRequest { place, kind, pack_ref, .. } = &intent.binding;
    let not_bound = |source| BindError::Pack { pack_ref: pack_ref.clone(), source };
    let fetched = host.fetcher.fetch(pack_ref).map_err(PackError::from).map_err(not_bound)?;
    ensure_same_digest(stored, intent, fetched.manifest())?;
    // check the signature before reading any of the pack
    let signed = TrustPolicy::for_environment(host, &intent.environment)?
        .examine(host, pack_ref, &fetched)
        .map_err(not_bound)?;
    let opened = load_pack::open_archive(host, &fetched).map_err(PackError::from);
    let opened = opened.map_err(not_bound)?;
    // a handler whose path is taken is not compiled to find that out
    let declared_pin = declared_pin(&opened, &fetched, &signed);
    if declared_pin.has_handler() {
        ensure_free(host, stored, intent, &declared_pin)?;
    }
    let pack = load_pack::load_opened(host, &fetched, opened, Engine::load).map_err(not_bound)?;
    let config = ensure_slot_has_handler(&pack, intent)?;
    let pin = pack.pin(Permissions::default(), signed.signature.signer(), host.now().to_string());
    let declared = requested_permissions(&pack, config.as_ref(), intent, &pin)?;
    let resolved = resolve_for_each(host, stored, intent, &declared);
    ensure_declared(intent, &resolved)?;
    check_answers(host, stored, intent, &pack)?;
    let mut warnings = pack.permission_faults();
    warnings.extend(unresolved_warnings(&resolved));
    if !fetched.is_builtin {
        warnings.extend(sandbox_check::warning(host));
    }
    ensure_free(host, stored, intent, &pin)?;
    single_pack_registry(pack, config, pack_ref)
        .resolve_for_slot(kind, place.slot())
        .map_err(|source| UnsuitablePack::Mismatch { pack_ref: pack_ref.clone(), source })?;
    Ok(CheckedPack { fetched, pin, signed, warnings, declared, resolved })
}

/// Returns the pin of a pack as far as it is known before its handlers are loaded: with the
/// handlers that it declares.
fn declared_pin(pack: &Pack, fetched: &FetchedPack, signed: &SignatureCheck) -> Pin {
    let mut handlers = Vec::new();
    for packed in &pack.handlers {
        let Some(declared) = &packed.declared else { continue };
        handlers.push(PinnedHandler {
            component: packed.component.clone(),
            digest: packed.digest,
            slot: declared.slot,
            descriptor_path: declared.descriptor_path.clone(),
            supported_versions: declared.supported_versions.clone(),
        });
    }
    let signer = signed.signature.signer();
    Pin {
        manifest: fetched.manifest(),
        archive: fetched.digest,
        size: fetched.bytes.len() as u64,
        pack: load_pack::identity(pack, fetched),
        handlers,
        grants: Permissions::default(),
        signer: signer.map(|signer| ForeignText::new(signer.to_string())),
        locked_at: String::new(),
    }
}

/// Checks the schema of the pack, and the answers that the bindings would use against it. Answers
/// that do not exist yet are checked when they are written.
fn check_answers(
    host: &Host,
    stored: &Stored,
    intent: &Intent,
    pack: &LoadedPack,
) -> Result<(), BindError> {
    let Some(schema) = &pack.answers_schema else { return Ok(()) };
    AnswersSchema::parse(schema).map_err(|source| BindError::Pack {
        pack_ref: intent.binding.pack_ref.clone(),
        source: PackError::AnswersSchema(source),
    })?;
    for key in intent.affected_keys(&stored.environment) {
        let Some(answers_ref) = intent.answers_of(&stored.environment, &key) else { continue };
        let text = match host.store.answers(&intent.environment, Some(&answers_ref)) {
            Ok(text) => text,
            Err(AnswersError::Missing { .. }) => continue,
            // what is not JSON matches no schema
            Err(_) => String::new(),
        };
        check_text(schema, &text).map_err(|source| BindError::Answers {
            environment: intent.environment.clone(),
            key: key.clone(),
            pack_ref: intent.binding.pack_ref.clone(),
            answers_ref: ForeignText::excerpt(answers_ref.as_str()),
            source,
        })?;
    }
    Ok(())
}

/// Fails if a pack without a handler is to be bound to a slot, or is not an extension. Returns the
/// extension if the pack has no handler.
fn ensure_slot_has_handler(
    pack: &LoadedPack,
    intent: &Intent,
) -> Result<Option<ConfigPack>, BindError> {
    let BindingRequest { place, pack_ref, .. } = &intent.binding;
    let config = pack.config_pack();
    if let BindingPlace::Slot(slot) = place
        && pack.handlers.is_empty()
    {
        let version = pack.identity.as_ref().and_then(|identity| identity.version.parse().ok());
        let path = config.ok().flatten().map(|config| config.descriptor_path().clone());
        return Err(UnsuitablePack::NoHandler {
            environment: intent.environment.clone(),
            pack_ref: pack_ref.clone(),
            slot: *slot,
            extension: path.zip(version).map(|(path, version)| path.at(version)),
        }
        .into());
    }
    config.map_err(|source| BindError::Pack { pack_ref: pack_ref.clone(), source })
}

/// Returns the permissions that a pack declares for the requested path. A pack without a handler
/// has nothing to run, and declares none.
fn requested_permissions(
    pack: &LoadedPack,
    config: Option<&ConfigPack>,
    intent: &Intent,
    pin: &Pin,
) -> Result<Permissions, UnsuitablePack> {
    let BindingRequest { kind, pack_ref, .. } = &intent.binding;
    if config.is_some_and(|config| config.descriptor_path() == kind.path()) {
        return Ok(Permissions::default());
    }
    let handler = pack.handler_for(kind).ok_or_else(|| UnsuitablePack::HandlesOtherPaths {
        pack_ref: pack_ref.clone(),
        provided: pin.paths(),
        requested: kind.path().clone(),
    })?;
    Ok(handler.permissions.clone())
}

/// Repeats, under the lock of the environment, the checks that another process may have
/// invalidated while the pack was loaded. Completes the pin with grants and signer.
pub(super) fn recheck(
    host: &Host,
    stored: &Stored,
    intent: &Intent,
    checked: &mut CheckedPack,
) -> Result<(), BindError> {
    ensure_same_digest(stored, intent, checked.pin.manifest)?;
    ensure_free(host, stored, intent, &checked.pin)?;
    checked.resolved = resolve_for_each(host, stored, intent, &checked.declared);
    let missing = missing_permissions(stored, intent, checked);
    ensure_granted(intent, &missing)?;
    // without asking a registry, because other processes wait for the lock
    let pack_ref = &intent.binding.pack_ref;
    checked.signed = TrustPolicy::for_environment(host, &intent.environment)?
        .recheck_offline(host, pack_ref, &checked.fetched, &checked.signed)
        .map_err(|source| BindError::Pack { pack_ref: pack_ref.clone(), source })?;
    let verified = checked.signed.signature.signer();
    let verified = verified.map(|signer| ForeignText::new(signer.to_string()));
    checked.pin.signer = verified.or_else(|| known_signer(stored, &intent.key(), &checked.pin));
    Ok(())
}

/// Returns the signer that was verified when the same archive was bound before.
fn known_signer(stored: &Stored, key: &BindingKey, pin: &Pin) -> Option<ForeignText> {
    let bound = stored.environment.binding(key)?.pin.as_ref()?;
    bound.signer.clone().filter(|_| bound.archive == pin.archive)
}

fn ensure_free(
    host: &Host,
    stored: &Stored,
    intent: &Intent,
    pin: &Pin,
) -> Result<(), UnsuitablePack> {
    let replaced = intent.affected_keys(&stored.environment).into_iter().collect();
    ensure_paths_free(host, &stored.environment, &intent.binding.pack_ref, pin, &replaced)
}

/// Fails if the reference of a binding leads to another manifest than the bound one, unless
/// the request is to refresh it.
fn ensure_same_digest(
    stored: &Stored,
    intent: &Intent,
    found: Option<Sha256Digest>,
) -> Result<(), BindError> {
    let pack_ref = &intent.binding.pack_ref;
    let bound = stored.environment.binding(&intent.key());
    let bound = bound.filter(|bound| bound.pack_ref == *pack_ref && !intent.is_refresh());
    let pinned = bound.and_then(|bound| bound.pin.as_ref()).and_then(|pin| pin.manifest);
    match (pinned, found) {
        (Some(from), Some(to)) if from != to => Err(BindError::ReferenceMoved {
            environment: intent.environment.clone(),
            key: intent.key(),
            pack_ref: pack_ref.clone(),
            from,
            to,
        }),
        _ => Ok(()),
    }
}

/// Returns the declared permissions that neither the request grants nor the operator
/// granted to the replaced bindings before. A pack that is new to a binding may ask well-known
/// programs for their versions without a grant.
pub(super) fn missing_permissions(
    stored: &Stored,
    intent: &Intent,
    checked: &CheckedPack,
) -> Permissions {
    let mut missing = Permissions::default();
    if intent.grants.declared {
        return missing;
    }
    for (key, ResolvedPermissions { permissions, .. }) in &checked.resolved {
        let granted = previous_grants(stored.environment.binding(key), intent)
            .unwrap_or_else(|| version_queries(permissions));
        missing = missing.union(&permissions.without(&granted.union(&intent.grants.permissions)));
    }
    missing
}

/// Fails if the request grants permissions that the pack does not declare.
fn ensure_declared(
    intent: &Intent,
    resolved: &IndexMap<BindingKey, ResolvedPermissions>,
) -> Result<(), BindError> {
    let mut undeclared = intent.grants.permissions.clone();
    for (_, declared) in resolved {
        undeclared = undeclared.without(&declared.permissions);
    }
    if undeclared.is_empty() {
        return Ok(());
    }
    let pack_ref = intent.binding.pack_ref.clone();
    Err(BindError::NotDeclared { pack_ref, undeclared })
}

fn version_queries(declared: &Permissions) -> Permissions {
    let queries = declared.tools.iter().filter(|tool| tool.is_version_query());
    Permissions { tools: queries.cloned().collect(), network: Vec::new() }
}

/// Returns the permissions granted to the same handler in the replaced binding, so that a new
/// version needs consent only for additional permissions.
fn previous_grants(replaced: Option<&Binding>, intent: &Intent) -> Option<Permissions> {
    let replaced = replaced.filter(|bound| bound.kind.path() == intent.binding.kind.path())?;
    replaced.pin.as_ref().map(|pin| pin.grants.clone())
}

/// Fails if permissions are missing.
pub(super) fn ensure_granted(intent: &Intent, missing: &Permissions) -> Result<(), BindError> {
    if missing.is_empty() {
        return Ok(());
    }
    Err(BindError::NotGranted {
        pack_ref: intent.binding.pack_ref.clone(),
        missing: missing.clone(),
    })
}

fn single_pack_registry(
    pack: LoadedPack,
    config: Option<ConfigPack>,
    pack_ref: &PackRef,
) -> Registry {
    let origin = pack.origin(pack_ref, None);
    let mut registry = Registry::default();
    for loaded in pack.handlers {
        // a pack provides each path once
        let _ = registry.register(loaded.handler, origin.clone());
    }
    if let Some(config) = config {
        let _ = registry.register(Box::new(config), origin);
    }
    registry
}
