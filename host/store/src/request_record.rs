//! The record of a request in a store: one JSON document for each, to answer a repetition.

use env_pack_domain::{ForeignText, Sha256Digest};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::error::ChangeError;
use super::request::Request;

/// The latest requests, which are remembered however old they are: the clock may be wrong.
pub(super) const KEPT_REQUESTS: usize = 1000;
/// The time for which other requests are remembered.
pub(super) const KEPT_TIME: SignedDuration = SignedDuration::from_hours(24);
/// The most requests to remember, so that a loop of changes cannot fill the disk.
pub(super) const MAX_REQUESTS: usize = 10_000;

/// An answer to a request, for those who repeat it.
#[derive(Clone, Debug, Default)]
pub(super) struct RecordedAnswer {
    /// The request in words.
    pub summary: String,
    /// The answer: JSON.
    pub json: String,
}

/// A request that was made, and its answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RequestRecord {
    /// The key of the request.
    pub key: String,
    /// The request in words.
    pub summary: String,
    /// The digest of the command and its arguments.
    pub fingerprint: Sha256Digest,
    /// When it was made.
    pub at: Timestamp,
    /// The revision of the environment after it.
    pub revision: u64,
    /// The number of its last line in the audit log.
    pub seq: u64,
    /// The answer that the request got.
    pub answer: Box<RawValue>,
}

impl RequestRecord {
    /// Returns the record of a request that is made now.
    pub(super) fn new(request: &Request, answer: &RecordedAnswer, revision: u64, seq: u64) -> Self {
        Self {
            key: request.key.to_string(),
            summary: answer.summary.clone(),
            fingerprint: request.fingerprint,
            at: request.at,
            revision,
            seq,
            answer: RawValue::from_string(answer.json.clone()).expect("an answer is JSON"),
        }
    }

    /// Returns the record as one line of JSON.
    pub(super) fn line(&self) -> String {
        serde_json::to_string(self).expect("text and numbers make JSON")
    }

    /// Returns the answer for a repetition of the request.
    ///
    /// # Errors
    /// [`ChangeError::KeyReused`] if it is another request.
    pub(super) fn answer_to(&self, request: &Request) -> Result<String, ChangeError> {
        if self.fingerprint == request.fingerprint {
            return Ok(self.answer.get().to_owned());
        }
        Err(ChangeError::KeyReused {
            key: ForeignText::excerpt(&self.key),
            at: ForeignText::excerpt(&self.at.to_string()),
            request: ForeignText::excerpt(&self.summary),
        })
    }
}

/// Returns how many of these records, the oldest first, can be forgotten.
pub(super) fn outdated(times: &[Timestamp], now: Timestamp) -> usize {
    let beyond = |limit: usize| times.len().saturating_sub(limit);
    let is_outdated = |at: &Timestamp| now.duration_since(*at) > KEPT_TIME;
    let outdated = times[..beyond(KEPT_REQUESTS)].iter().take_while(|at| is_outdated(at)).count();
    outdated.max(beyond(MAX_REQUESTS))
}
