//! The [in-toto statement] that an envelope signs: one subject, identified by its digest.
//!
//! [in-toto statement]: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md

use std::collections::BTreeMap;

use env_pack_domain::{ForeignText, Sha256Digest};
use serde::{Deserialize, Serialize};

use super::error::SignatureError;
use super::strict_json;

const TYPE: &str = "https://in-toto.io/Statement/v1";
const PREDICATE_TYPE: &str = "https://slsa.dev/provenance/v1";

/// Unknown members are ignored.
#[derive(Serialize, Deserialize)]
struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<StatementSubject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    /// Provenance. A minimal one is written, because other tools require it; none is read.
    #[serde(default, skip_deserializing)]
    predicate: Predicate,
}

#[derive(Serialize, Deserialize)]
struct StatementSubject {
    #[serde(default)]
    name: String,
    digest: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct Predicate {
    builder_id: &'static str,
    build_type: &'static str,
}

impl Default for Predicate {
    fn default() -> Self {
        Self { builder_id: "gtc", build_type: "gtpack" }
    }
}

/// Renders the statement about an archive.
pub(super) fn write(name: &str, archive: &Sha256Digest) -> Vec<u8> {
    let digest = BTreeMap::from([("sha256".to_owned(), archive.hex())]);
    let statement = Statement {
        kind: TYPE.to_owned(),
        subject: vec![StatementSubject { name: name.to_owned(), digest }],
        predicate_type: PREDICATE_TYPE.to_owned(),
        predicate: Predicate::default(),
    };
    serde_json::to_vec(&statement).expect("a statement serialises")
}

/// Parses a statement; returns the digest of the archive that it is about.
pub(super) fn read(payload: &[u8]) -> Result<Sha256Digest, SignatureError> {
    let statement: Statement = strict_json::parse(payload)
        .map_err(|error| SignatureError::malformed("`payload`", &error.to_string()))?;
    ensure_type("_type", &statement.kind, TYPE)?;
    ensure_type("predicateType", &statement.predicate_type, PREDICATE_TYPE)?;
    let [subject] = statement.subject.as_slice() else {
        return Err(SignatureError::SubjectCount { count: statement.subject.len() });
    };
    let place = "`subject[0].digest.sha256`";
    let hex = subject
        .digest
        .get("sha256")
        .ok_or_else(|| SignatureError::malformed(place, "it is missing"))?;
    format!("sha256:{hex}")
        .parse()
        .map_err(|_| SignatureError::malformed(place, "it is not a SHA-256 digest"))
}

fn ensure_type(
    member: &'static str,
    found: &str,
    expected: &'static str,
) -> Result<(), SignatureError> {
    if found == expected {
        return Ok(());
    }
    Err(SignatureError::WrongType { member, found: ForeignText::excerpt(found), expected })
}
