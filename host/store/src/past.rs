//! The environments that changes replaced, as far as their texts are kept.

use std::collections::BTreeMap;

use env_pack_domain::{Binding, BindingKey, EnvId, Environment};

use super::backend::{Backend, Place, TextKind};
use super::document::EnvironmentDocument;
use super::error::StoreError;
use super::pins::PinsDocument;

/// The bindings of an environment before its latest changes.
#[derive(Debug, Default)]
pub struct Past {
    /// The environments with their pins, the newest first.
    environments: Vec<Environment>,
}

impl Past {
    /// Reads the environments whose texts are kept. Texts that are not well-formed are skipped:
    /// another tool may have written them, and nothing can be restored from them.
    pub(super) fn read(
        backend: &dyn Backend,
        id: &EnvId,
        current_pins: Option<String>,
    ) -> Result<Self, StoreError> {
        let mut kept: BTreeMap<u64, Vec<TextKind>> = BTreeMap::new();
        for (kind, revision) in backend.replaced_texts(id)? {
            kept.entry(revision).or_default().push(kind);
        }
        let place = backend.place();
        // pins that were not replaced with a document are those of a later revision
        let mut pins = current_pins;
        let mut environments = Vec::new();
        for (revision, kinds) in kept.iter().rev() {
            if kinds.contains(&TextKind::Pins) {
                let text = backend.replaced_text(id, TextKind::Pins, *revision)?;
                // another change removed it meanwhile, and older ones
                let Some(text) = text else { break };
                pins = Some(text);
            }
            if !kinds.contains(&TextKind::Document) {
                continue;
            }
            if let Some(text) = backend.replaced_text(id, TextKind::Document, *revision)? {
                environments.extend(parse(place, id, &text, pins.as_deref()));
            }
        }
        Ok(Self { environments })
    }

    /// Returns the bindings that a place had before its current one, the newest first, each
    /// generation once. They end where the place was not bound: generations begin again then.
    pub fn earlier_bindings<'a>(
        &'a self,
        current: &'a Environment,
        key: &BindingKey,
    ) -> Vec<&'a Binding> {
        let Some(bound) = current.binding(key) else { return Vec::new() };
        let mut found: BTreeMap<u64, &Binding> = BTreeMap::new();
        let mut previous: BTreeMap<u64, &Binding> = BTreeMap::new();
        let mut oldest = bound.generation;
        previous.extend(bound.readable_previous().map(|binding| (binding.generation, binding)));
        for environment in &self.environments {
            let Some(bound) = environment.binding(key) else { break };
            if bound.generation > oldest {
                break;
            }
            oldest = bound.generation;
            found.entry(oldest).or_insert(bound);
            if let Some(binding) = bound.readable_previous() {
                previous.entry(binding.generation).or_insert(binding);
            }
        }
        for (generation, binding) in previous {
            found.entry(generation).or_insert(binding);
        }
        found.remove(&bound.generation);
        let earlier = found.into_values().rev();
        earlier.filter(|binding| binding.generation < bound.generation).collect()
    }
}

fn parse(place: &Place, id: &EnvId, text: &str, pins: Option<&str>) -> Option<Environment> {
    let path = place.text(id, TextKind::Document.name());
    let (_, environment, _) = EnvironmentDocument::parse(text, &path, id).ok()?;
    let Some(pins) = pins else { return Some(environment) };
    let path = place.text(id, TextKind::Pins.name());
    // without its pins, a binding would be restored without its archive and permissions
    Some(PinsDocument::parse(pins, &path).ok()?.pin(environment))
}
