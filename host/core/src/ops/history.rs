//! Lists past bindings: from the audit log, and from the texts that changes replaced.

use std::collections::{HashMap, HashSet, VecDeque};

use env_pack_domain::{
    Binding, BindingKey, CapabilitySlot, CoreSlot, EnvId, Environment, ForeignText, PackDescriptor,
    Sha256Digest,
};
use serde::Serialize;

use super::audit_log::{AuditedActor, AuditedEvent};
use crate::Host;
use crate::operation_error::{Explanation, OperationError};
use gtc_fetch::FetchError;
use gtc_store::{Past, StoreError, Stored};

/// The verbs of `env` after which the generations of all bindings begin anew.
const REPLACING_VERBS: [&str; 3] = ["delete", "import", "rename"];

/// The bindings to list.
#[derive(Clone, Debug)]
pub struct HistoryFilter {
    /// Only what was bound here.
    pub key: Option<BindingKey>,
    /// At most this many bindings, the latest ones.
    pub last: usize,
}

/// The bindings of an environment, the latest last.
#[derive(Debug, Serialize)]
pub struct HistoryReport {
    /// The environment.
    pub environment_id: EnvId,
    /// The bindings.
    pub bindings: Vec<PastBinding>,
    /// The number of earlier ones that the filter admits too.
    #[serde(skip_serializing_if = "is_zero")]
    pub earlier: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde expects")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// A binding that was made, or removed.
#[derive(Debug, Serialize)]
pub struct PastBinding {
    #[serde(skip)]
    key: BindingKey,
    /// The number of earlier times that the place was free and bound again.
    #[serde(skip)]
    life: u64,
    /// The slot, for packs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slot: Option<String>,
    /// The instance, for extensions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// The generation; none if the binding was removed.
    pub generation: Option<u64>,
    /// The number of the event in the audit log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<u64>,
    /// The time, in RFC 3339; none if the audit log has no event of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ts: Option<ForeignText>,
    /// The user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<AuditedActor>,
    /// The verb, such as `update`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verb: Option<ForeignText>,
    /// The descriptor.
    pub kind: ForeignText,
    /// The pack reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pack_ref: Option<ForeignText>,
    /// The SHA-256 digest of the archive, if it was pinned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive_sha256: Option<ForeignText>,
    /// Whether it can be restored.
    pub state: PastState,
}

/// Whether a past binding can be restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PastState {
    /// It is bound now.
    Bound,
    /// `rollback --to` restores it.
    Restorable,
    /// Its archive is not in the cache any more. It can be restored if its reference still leads
    /// to the archive.
    ArchiveGone,
    /// Its texts are not kept any more.
    NotKept,
}

/// Lists what was bound.
///
/// # Errors
/// [`HistoryError`] when the environment does not exist, or it or the cache cannot be read.
pub fn list(
    host: &Host,
    environment: &EnvId,
    filter: &HistoryFilter,
) -> Result<HistoryReport, HistoryError> {
    let stored = host.store.load(environment)?;
    let past = host.store.past(environment)?;
    let mut history = History::new(filter);
    host.store.visit_audit(environment, &mut |line| {
        if let Ok(event) = serde_json::from_str::<AuditedEvent>(line) {
            history.note(&event);
        }
    })?;
    let archives = host.fetcher.cache.archives.list()?;
    let archives = archives.blobs.iter().map(|blob| blob.digest).collect();
    for key in history.keys(&stored) {
        history.complete(&stored.environment, &past, &key, &archives);
    }
    Ok(history.into_report(environment))
}

/// The bindings that were found so far.
struct History<'a> {
    filter: &'a HistoryFilter,
    bindings: VecDeque<PastBinding>,
    earlier: usize,
    /// The number of listed bindings that are older than the audit log.
    oldest: usize,
    places: HashMap<BindingKey, Place>,
    /// The number of lives of all places so far.
    lives: u64,
}

/// The current life of a place: since it was bound after it was free, or since the environment
/// replaced another one.
#[derive(Default)]
struct Place {
    /// 0 if the audit log has no event of it.
    life: u64,
    /// The generations in the audit log.
    generations: HashSet<u64>,
}

impl<'a> History<'a> {
    fn new(filter: &'a HistoryFilter) -> Self {
        let places = HashMap::new();
        Self { filter, bindings: VecDeque::new(), earlier: 0, oldest: 0, places, lives: 0 }
    }

    /// Notes an event, if it is that of a changed binding.
    fn note(&mut self, event: &AuditedEvent) {
        if event.result.outcome.as_exact() != "ok" {
            return;
        }
        let verb = event.verb.as_exact();
        if event.noun.as_exact() == "env" && REPLACING_VERBS.contains(&verb) {
            self.places.clear();
            return;
        }
        let Some(key) = key_of(event) else { return };
        if self.filter.key.as_ref().is_some_and(|wanted| *wanted != key) {
            return;
        }
        if verb == "add" {
            self.places.remove(&key);
        }
        let lives = &mut self.lives;
        let place = self.places.entry(key.clone()).or_insert_with(|| {
            *lives += 1;
            Place { life: *lives, generations: HashSet::new() }
        });
        let life = place.life;
        match event.new_generation {
            Some(generation) => drop(place.generations.insert(generation)),
            None => drop(self.places.remove(&key)),
        }
        let text = |name| event.target.get(name)?.as_str().map(ForeignText::new);
        self.bindings.push_back(PastBinding {
            life,
            generation: event.new_generation,
            event: event.seq,
            ts: Some(event.ts.clone()),
            actor: Some(event.actor.clone()),
            verb: Some(event.verb.clone()),
            kind: text("kind").unwrap_or_default(),
            pack_ref: text("pack_ref"),
            archive_sha256: text("archive_sha256"),
            ..PastBinding::of(key)
        });
        self.cut();
    }

    /// Forgets the earliest bindings beyond the limit.
    fn cut(&mut self) {
        while self.bindings.len() > self.filter.last {
            self.bindings.pop_front();
            self.earlier += 1;
            self.oldest = self.oldest.saturating_sub(1);
        }
    }

    /// Returns the places that are bound now.
    fn keys(&self, stored: &Stored) -> Vec<BindingKey> {
        let keys = stored.environment.bindings().map(Binding::key);
        keys.filter(|key| self.filter.key.as_ref().is_none_or(|wanted| wanted == key)).collect()
    }

    /// Adds the bindings of a place that the audit log does not have, and says which ones can
    /// be restored.
    fn complete(
        &mut self,
        environment: &Environment,
        past: &Past,
        key: &BindingKey,
        archives: &HashSet<Sha256Digest>,
    ) {
        let Some(bound) = environment.binding(key) else { return };
        let earlier = past.earlier_bindings(environment, key);
        let place = self.places.remove(key).unwrap_or_default();
        for binding in std::iter::once(bound).chain(earlier) {
            if !place.generations.contains(&binding.generation) {
                self.insert(place.life, binding);
            }
            let is_gone = binding.pin.as_ref().is_some_and(|pin| !archives.contains(&pin.archive));
            let state = if std::ptr::eq(binding, bound) {
                PastState::Bound
            } else if is_gone {
                PastState::ArchiveGone
            } else {
                PastState::Restorable
            };
            for listed in &mut self.bindings {
                let is_of_place = listed.key == *key && listed.life == place.life;
                if is_of_place && listed.generation == Some(binding.generation) {
                    listed.state = state;
                    let archive = binding.pin.as_ref().map(|pin| pin.archive.hex());
                    listed.archive_sha256 = archive.map(ForeignText::new);
                }
            }
        }
        self.cut();
    }

    /// Adds a binding before the later ones of its place. Another tool made it, or the audit log
    /// does not go back so far.
    fn insert(&mut self, life: u64, binding: &Binding) {
        let added = PastBinding {
            life,
            generation: Some(binding.generation),
            kind: ForeignText::new(binding.kind.to_string()),
            pack_ref: Some(ForeignText::new(binding.pack_ref.text())),
            ..PastBinding::of(binding.key())
        };
        let later = self.bindings.iter().position(|listed| {
            listed.key == added.key && listed.life == life && listed.generation > added.generation
        });
        // what was bound when the environment was created is older than any event
        let is_oldest = added.generation == Some(0)
            && self.bindings.iter().all(|listed| listed.key != added.key);
        let at = match later {
            Some(at) => at,
            None if is_oldest => self.oldest,
            None => self.bindings.len(),
        };
        self.oldest += usize::from(at <= self.oldest);
        self.bindings.insert(at, added);
    }

    fn into_report(self, environment: &EnvId) -> HistoryReport {
        HistoryReport {
            environment_id: environment.clone(),
            bindings: self.bindings.into(),
            earlier: self.earlier,
        }
    }
}

impl PastBinding {
    fn of(key: BindingKey) -> Self {
        let (slot, instance_id) = match &key {
            BindingKey::Slot(slot) => (Some(slot.to_string()), None),
            BindingKey::Extension { instance, .. } => {
                (None, instance.as_ref().map(ToString::to_string))
            }
        };
        Self {
            key,
            life: 0,
            slot,
            instance_id,
            generation: None,
            event: None,
            ts: None,
            actor: None,
            verb: None,
            kind: ForeignText::default(),
            pack_ref: None,
            archive_sha256: None,
            state: PastState::NotKept,
        }
    }
}

/// Returns the binding that an event changed.
fn key_of(event: &AuditedEvent) -> Option<BindingKey> {
    let text = |name| event.target.get(name)?.as_str();
    match event.noun.as_exact() {
        "env-packs" => {
            let slot: CapabilitySlot = text("slot")?.parse().ok()?;
            CoreSlot::try_from(slot).ok().map(BindingKey::Slot)
        }
        "extensions" => {
            let kind: PackDescriptor = text("kind")?.parse().ok()?;
            let instance = match text("instance_id") {
                Some(instance) => Some(instance.parse().ok()?),
                None => None,
            };
            Some(BindingKey::Extension { path: kind.path().clone(), instance })
        }
        _ => None,
    }
}

/// The history could not be listed.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The environment or its log could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The cache could not be read.
    #[error(transparent)]
    Cache(#[from] FetchError),
}

impl OperationError for HistoryError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Store(error) => error.explain(),
            Self::Cache(error) => error.explain(),
        }
    }
}
