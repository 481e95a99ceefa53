//! Lists, adds, changes and removes the messaging endpoints of an environment. No pack is run, and
//! no secret is read or written: endpoints hold references to secrets.

mod change;
mod error;
mod report;
mod well_formed;

pub use change::{AddRequest, EndpointChange, EndpointRequest, RemoveRequest, add, change, remove};
pub use error::MessagingError;
pub use report::{
    EndpointChangeReport, EndpointFaultReport, EndpointRemovalReport, EndpointReport,
    EndpointsReport, WelcomeFlowReport,
};

use env_pack_domain::EnvId;
use env_pack_domain::messaging::change::EndpointRefusal;
use env_pack_domain::messaging::{BundleId, EndpointId};

use well_formed::ensure_well_formed;

use crate::Host;
use gtc_store::StoreError;

/// Lists the messaging endpoints of an environment.
///
/// # Errors
/// [`StoreError`] when the environment cannot be read.
pub fn list(host: &Host, environment: &EnvId) -> Result<EndpointsReport, StoreError> {
    let stored = host.store.load(environment)?;
    let endpoints = stored.endpoints.list.as_slice();
    let faults = stored.endpoints.faults.iter().map(|faulty| &faulty.fault);
    let faults = faults.chain(&stored.endpoints.list_fault);
    Ok(EndpointsReport {
        environment_id: environment.clone(),
        endpoints: endpoints.iter().map(|it| EndpointReport::new(environment, it)).collect(),
        malformed: faults.map(EndpointFaultReport::new).collect(),
    })
}

/// Returns the bundles that are deployed in an environment, sorted.
///
/// # Errors
/// [`StoreError`] when the environment cannot be read.
pub fn deployed_bundles(host: &Host, environment: &EnvId) -> Result<Vec<BundleId>, StoreError> {
    let stored = host.store.load(environment)?;
    let mut bundles: Vec<_> = stored.endpoints.list.deployed_bundles().cloned().collect();
    bundles.sort();
    Ok(bundles)
}

/// Shows a messaging endpoint.
///
/// # Errors
/// [`MessagingError`] when the endpoint does not exist, or is not well-formed.
pub fn show(
    host: &Host,
    environment: &EnvId,
    id: &EndpointId,
) -> Result<EndpointReport, MessagingError> {
    let stored = host.store.load(environment)?;
    ensure_well_formed(&stored, id)?;
    let endpoint = stored.endpoints.list.get(id).ok_or_else(|| EndpointRefusal::NotFound {
        environment: environment.clone(),
        id: id.clone(),
    })?;
    Ok(EndpointReport::new(environment, endpoint))
}
