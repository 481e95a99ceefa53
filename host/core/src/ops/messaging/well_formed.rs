//! Refuses to use endpoints that are not well-formed.

use env_pack_domain::messaging::EndpointId;

use gtc_store::{DocumentFault, EndpointFault, StoreError, Stored};

/// Fails if an endpoint is not well-formed, or another one has its identity too: it is not known
/// which of them is meant.
pub(super) fn ensure_well_formed(stored: &Stored, id: &EndpointId) -> Result<(), StoreError> {
    ensure_list(stored)?;
    let named = stored.endpoints.list.get(id);
    let is_named = |faulty: &&EndpointFault| {
        let has_instance =
            named.zip(faulty.instance.as_ref()).is_some_and(|(endpoint, instance)| {
                (&endpoint.provider_type, &endpoint.provider_id) == (&instance.0, &instance.1)
            });
        faulty.id.as_ref() == Some(id) || has_instance
    };
    match stored.endpoints.faults.iter().find(is_named) {
        Some(faulty) => Err(malformed(&faulty.fault)),
        None => Ok(()),
    }
}

/// Fails if the endpoints are not a list, so that none can be read or added.
pub(super) fn ensure_list(stored: &Stored) -> Result<(), StoreError> {
    stored.endpoints.list_fault.as_ref().map_or(Ok(()), |fault| Err(malformed(fault)))
}

pub(super) fn malformed(fault: &DocumentFault) -> StoreError {
    StoreError::Malformed {
        path: fault.path.clone(),
        place: fault.place.clone(),
        reason: fault.reason.clone(),
    }
}
