//! Shows requests that an environment remembers.

use env_pack_domain::{EnvId, ForeignText};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::Host;
use crate::operation_error::{Explanation, OperationError};
use gtc_store::StoreError;

/// A request that was made.
#[derive(Debug, Serialize)]
pub struct RequestReport {
    /// The environment.
    pub environment_id: EnvId,
    /// The key of the request.
    pub key: ForeignText,
    /// The request in words.
    pub request: ForeignText,
    /// When it was made, in RFC 3339.
    pub at: String,
    /// The revision of the environment after it.
    pub revision: u64,
    /// The number of its last event in the audit log.
    pub seq: u64,
    /// The answer that it got.
    pub answer: Box<RawValue>,
}

/// Shows a request that was made.
///
/// # Errors
/// [`RequestError`] when no request with this key was made, or it was forgotten.
pub fn show(host: &Host, environment: &EnvId, key: &str) -> Result<RequestReport, RequestError> {
    let record = host.store.request(environment, key)?;
    let record = record.ok_or_else(|| RequestError::Unknown {
        environment: environment.clone(),
        key: ForeignText::excerpt(key),
    })?;
    Ok(RequestReport {
        environment_id: environment.clone(),
        key: ForeignText::excerpt(&record.key),
        request: ForeignText::excerpt(&record.summary),
        at: record.at.to_string(),
        revision: record.revision,
        seq: record.seq,
        answer: record.answer,
    })
}

/// A request could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The environment could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No request has this key.
    #[error("environment `{environment}` remembers no request with key `{key}`")]
    Unknown {
        /// The environment.
        environment: EnvId,
        /// The key.
        key: ForeignText,
    },
}

impl OperationError for RequestError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Store(error) => error.explain(),
            Self::Unknown { environment, .. } => Explanation::refused(
                "not-found",
                format!(
                    "it was not made, or is too old: see `gtc op audit list {environment}`; if it \
                     was not made, make it again with the same key"
                ),
            ),
        }
    }
}
