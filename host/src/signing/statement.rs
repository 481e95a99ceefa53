//! The in-toto statement inside an envelope: one subject, named by its digest.

use std::collections::BTreeMap;

use env_pack_domain::{ForeignText, Sha256Digest};
use serde::{Deserialize, Serialize};

use super::{SignatureError, strict_json};

const TYPE: &str = "https://in-toto.io/Statement/v1";
const PREDICATE_TYPE: &str = "https://slsa.dev/provenance/v1";

/// What is signed, as text. Members that we do not know say nothing to us.
#[derive(Serialize, Deserialize)]
struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<StatementSubject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    /// Where the archive comes from. We state no more than who signed, and believe
    /// nothing of it.
    #[serde(default, skip_deserializing)]
    predicate: Predicate,
}

#[derive(Serialize, Deserialize)]
struct StatementSubject {
    #[serde(default)]
    name: String,
    digest: BTreeMap<String, String>,
}

/// In the words of the existing tools.
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

/// The text of a statement about an archive.
pub(super) fn write(name: &str, archive: &Sha256Digest) -> Vec<u8> {
    let digest = BTreeMap::from([("sha256".to_owned(), archive.hex())]);
    let statement = Statement {
        kind: TYPE.to_owned(),
        subject: vec![StatementSubject { name: name.to_owned(), digest }],
        predicate_type: PREDICATE_TYPE.to_owned(),
        predicate: Predicate::default(),
    };
    serde_json::to_vec(&statement).expect("text makes JSON")
}

/// The archive that a statement is about.
pub(super) fn read(payload: &[u8]) -> Result<Sha256Digest, SignatureError> {
    let statement: Statement = strict_json::parse(payload)
        .map_err(|error| SignatureError::malformed("`payload`", &error.to_string()))?;
    let types = [
        ("_type", statement.kind, TYPE),
        ("predicateType", statement.predicate_type, PREDICATE_TYPE),
    ];
    for (member, found, expected) in types {
        if found != expected {
            return Err(SignatureError::WrongType {
                member,
                found: ForeignText::excerpt(&found),
                expected,
            });
        }
    }
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
        .map_err(|_| SignatureError::malformed(place, "it is no SHA-256"))
}
