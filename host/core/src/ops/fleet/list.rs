//! Lists the bindings of many environments. Reads stored files and loads no component.

use env_pack_domain::{BindingPlace, EnvId, ForeignText, with_causes};
use serde::Serialize;

use super::selector::{FleetError, FleetSelector};
use crate::Host;
use crate::ops::bindings::{ListedBinding, listed_binding};
use gtc_store::Stored;

/// The packs that are bound to core slots of many environments.
#[derive(Debug, Serialize)]
pub struct FleetEnvPacksReport {
    /// The number of environments that were read, or could not be.
    pub environments: usize,
    /// The bindings, by environment.
    pub bindings: Vec<ListedBinding>,
    /// The entries whose slots this version of the program does not know.
    pub unknown_slots: Vec<UnknownSlot>,
    /// The environments that could not be read, or not completely.
    pub unreadable: Vec<UnreadableEnvironment>,
}

/// The extensions that are bound to many environments.
#[derive(Debug, Serialize)]
pub struct FleetExtensionsReport {
    /// The number of environments that were read, or could not be.
    pub environments: usize,
    /// The bindings, by environment.
    pub extensions: Vec<ListedBinding>,
    /// The environments that could not be read, or not completely.
    pub unreadable: Vec<UnreadableEnvironment>,
}

/// A binding whose slot this version of the program does not know.
#[derive(Debug, Serialize)]
pub struct UnknownSlot {
    /// The environment.
    pub environment_id: EnvId,
    /// The slot.
    pub slot: ForeignText,
}

/// An environment that could not be read, or not completely.
#[derive(Debug, Serialize)]
pub struct UnreadableEnvironment {
    /// The environment.
    pub environment_id: EnvId,
    /// The error.
    pub error: String,
}

/// The bindings of some environments.
#[derive(Default)]
struct Listing {
    environments: usize,
    bindings: Vec<ListedBinding>,
    unknown_slots: Vec<UnknownSlot>,
    unreadable: Vec<UnreadableEnvironment>,
}

/// Lists the packs that are bound to core slots.
///
/// # Errors
/// [`FleetError`] when no environment can be chosen. One that cannot be read is part of the
/// report.
pub fn list_env_packs(
    host: &Host,
    selector: &FleetSelector,
) -> Result<FleetEnvPacksReport, FleetError> {
    let listing = list(host, selector, |place| matches!(place, BindingPlace::Slot(_)))?;
    let Listing { environments, bindings, unknown_slots, unreadable } = listing;
    Ok(FleetEnvPacksReport { environments, bindings, unknown_slots, unreadable })
}

/// Lists the bound extensions.
///
/// # Errors
/// As for [`list_env_packs`].
pub fn list_extensions(
    host: &Host,
    selector: &FleetSelector,
) -> Result<FleetExtensionsReport, FleetError> {
    let listing = list(host, selector, |place| matches!(place, BindingPlace::Extension(_)))?;
    let Listing { environments, bindings: extensions, unreadable, .. } = listing;
    Ok(FleetExtensionsReport { environments, extensions, unreadable })
}

fn list(
    host: &Host,
    selector: &FleetSelector,
    is_listed: fn(&BindingPlace) -> bool,
) -> Result<Listing, FleetError> {
    let mut listing = Listing::default();
    for id in selector.environments(host)? {
        listing.environments += 1;
        match host.store.load(&id) {
            Ok(stored) => listing.add(host, selector, stored, is_listed),
            Err(error) => listing
                .unreadable
                .push(UnreadableEnvironment { environment_id: id, error: with_causes(&error) }),
        }
    }
    Ok(listing)
}

impl Listing {
    fn add(
        &mut self,
        host: &Host,
        selector: &FleetSelector,
        stored: Stored,
        is_listed: fn(&BindingPlace) -> bool,
    ) {
        let environment = &stored.environment;
        let bindings = environment.bindings();
        let chosen =
            bindings.filter(|binding| is_listed(&binding.place) && selector.matches(binding));
        self.bindings.extend(chosen.map(|binding| listed_binding(host, environment.id(), binding)));
        let id = environment.id().clone();
        for fault in stored.faults {
            let environment_id = id.clone();
            let error = fault.to_string();
            match fault.unknown_slot {
                Some(slot) if selector.chooses_all_bindings() => {
                    self.unknown_slots.push(UnknownSlot { environment_id, slot });
                }
                Some(_) => {}
                None => self.unreadable.push(UnreadableEnvironment { environment_id, error }),
            }
        }
    }
}
