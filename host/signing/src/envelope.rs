//! [DSSE] envelopes: a payload and its signatures.
//!
//! A signature covers the decoded payload and its type. So another encoding of the same
//! bytes changes nothing, and the same bytes with another type do not verify. A key id in
//! an envelope only says which key to try.
//!
//! [DSSE]: https://github.com/secure-systems-lab/dsse/blob/master/protocol.md

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use env_pack_domain::{ForeignText, KeyId, Sha256Digest};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::SignatureError;
use super::key::{PrivateKey, PublicKey};
use super::statement;
use super::strict_json;

/// Maximum size of an envelope, in bytes. A typical one has 600; provenance adds a few
/// thousand.
pub const MAX_ENVELOPE_BYTES: u64 = 64 << 10;
/// Maximum number of signatures. Each may cost a verification.
const MAX_SIGNATURES: usize = 32;
/// Maximum number of signers that an error message names.
const NAMED_SIGNERS: usize = 3;
const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// A parsed envelope. Do not rely on its content before [`verify`](Self::verify)
/// succeeds.
#[derive(Debug)]
pub struct Envelope {
    payload: Vec<u8>,
    archive: Sha256Digest,
    signatures: Vec<EnvelopeSignature>,
}

#[derive(Debug)]
struct EnvelopeSignature {
    /// As stated in the envelope; any text.
    key_id: ForeignText,
    /// `None` if it is not Base64. Such a signature does not verify.
    bytes: Option<Vec<u8>>,
}

#[derive(Serialize, Deserialize)]
struct EnvelopeDocument {
    #[serde(rename = "payloadType")]
    payload_type: String,
    payload: String,
    signatures: Vec<SignatureDocument>,
}

#[derive(Serialize, Deserialize)]
struct SignatureDocument {
    #[serde(default)]
    keyid: String,
    sig: String,
}

impl From<SignatureDocument> for EnvelopeSignature {
    fn from(document: SignatureDocument) -> Self {
        Self {
            key_id: ForeignText::excerpt(&document.keyid),
            bytes: STANDARD.decode(document.sig).ok(),
        }
    }
}

impl Envelope {
    /// Parses an envelope and its statement.
    ///
    /// # Errors
    /// [`SignatureError`] when it is malformed, too large, or not about exactly one archive.
    pub fn parse(bytes: &[u8]) -> Result<Self, SignatureError> {
        if bytes.len() as u64 > MAX_ENVELOPE_BYTES {
            return Err(SignatureError::TooLarge { limit: MAX_ENVELOPE_BYTES });
        }
        let document: EnvelopeDocument =
            strict_json::parse(bytes).map_err(|error| SignatureError::malformed_json(&error))?;
        if document.payload_type != PAYLOAD_TYPE {
            return Err(SignatureError::WrongType {
                member: "payloadType",
                found: ForeignText::excerpt(&document.payload_type),
                expected: PAYLOAD_TYPE,
            });
        }
        let count = document.signatures.len();
        if count == 0 {
            return Err(malformed_signatures("there are none"));
        }
        if count > MAX_SIGNATURES {
            let reason = format!("there are {count}, more than {MAX_SIGNATURES}");
            return Err(malformed_signatures(&reason));
        }
        let payload = STANDARD
            .decode(&document.payload)
            .map_err(|_| SignatureError::malformed("`payload`", "it is not Base64"))?;
        Ok(Self {
            archive: statement::read(&payload)?,
            payload,
            signatures: document.signatures.into_iter().map(EnvelopeSignature::from).collect(),
        })
    }

    /// Signs an archive; `name` is the subject of the statement. The same input makes the
    /// same bytes.
    pub fn sign(name: &str, archive: &Sha256Digest, key: &PrivateKey) -> Vec<u8> {
        let payload = statement::write(name, archive);
        let sig = key.sign(&pre_authentication_encoding(&payload));
        let document = EnvelopeDocument {
            payload_type: PAYLOAD_TYPE.to_owned(),
            signatures: vec![SignatureDocument {
                keyid: key.public().id().to_string(),
                sig: STANDARD.encode(sig),
            }],
            payload: STANDARD.encode(payload),
        };
        let mut text = serde_json::to_vec(&document).expect("an envelope serialises");
        text.push(b'\n');
        text
    }

    /// Adds a signature by this key to an envelope; returns `None` if the key has signed
    /// it already.
    ///
    /// Everything else in the envelope is kept, except invalid signatures with the id of
    /// this key.
    ///
    /// # Errors
    /// [`SignatureError`] when it is not an envelope about this archive, or has no room
    /// for another signature.
    pub fn add_signature(
        bytes: &[u8],
        archive: &Sha256Digest,
        key: &PrivateKey,
    ) -> Result<Option<Vec<u8>>, SignatureError> {
        let envelope = Self::parse(bytes)?;
        envelope.ensure_signs(archive)?;
        let public = key.public();
        if envelope.verify(archive, std::slice::from_ref(&public)).is_ok() {
            return Ok(None);
        }
        let mut document: Value = serde_json::from_slice(bytes)
            .map_err(|error| malformed_signatures(&error.to_string()))?;
        let signatures = document
            .get_mut("signatures")
            .and_then(Value::as_array_mut)
            .ok_or_else(|| malformed_signatures("they are not a list"))?;
        signatures.retain(|signature| stated_key_id(signature) != Some(public.id()));
        if signatures.len() >= MAX_SIGNATURES {
            let reason = format!("there are already {MAX_SIGNATURES}, the maximum");
            return Err(malformed_signatures(&reason));
        }
        let sig = STANDARD.encode(key.sign(&pre_authentication_encoding(&envelope.payload)));
        signatures.push(json!({"keyid": public.id().to_string(), "sig": sig}));
        let text = format!("{document}\n").into_bytes();
        if text.len() as u64 > MAX_ENVELOPE_BYTES {
            return Err(SignatureError::TooLarge { limit: MAX_ENVELOPE_BYTES });
        }
        Ok(Some(text))
    }

    /// Checks that it signs this archive, without verifying it.
    ///
    /// # Errors
    /// [`SignatureError::WrongArchive`]
    pub fn ensure_signs(&self, archive: &Sha256Digest) -> Result<(), SignatureError> {
        if self.archive != *archive {
            return Err(SignatureError::WrongArchive { signed: self.archive, archive: *archive });
        }
        Ok(())
    }

    /// Verifies it for an archive; returns a trusted key that signed it. One valid
    /// signature by a trusted key suffices, whatever the others are.
    ///
    /// # Errors
    /// [`SignatureError`] when none of the keys signed it.
    pub fn verify(
        &self,
        archive: &Sha256Digest,
        trusted: &[PublicKey],
    ) -> Result<KeyId, SignatureError> {
        self.ensure_signs(archive)?;
        let message = pre_authentication_encoding(&self.payload);
        let mut failed = None;
        for signature in &self.signatures {
            let stated = signature.key_id.as_exact().parse::<KeyId>().ok();
            let Some(key) = trusted.iter().find(|key| Some(key.id()) == stated) else { continue };
            if signature.bytes.as_ref().is_some_and(|bytes| key.verifies(&message, bytes)) {
                return Ok(key.id());
            }
            failed = failed.or(Some(key.id()));
        }
        Err(match failed {
            Some(key_id) => SignatureError::Invalid { key_id },
            None => SignatureError::NotTrusted { claimed: self.list_claimed_signers() },
        })
    }

    /// The key ids that the envelope states, unverified.
    pub fn claimed_signers(&self) -> impl Iterator<Item = &ForeignText> {
        self.signatures.iter().map(|signature| &signature.key_id)
    }

    fn list_claimed_signers(&self) -> String {
        let names: Vec<_> =
            self.claimed_signers().take(NAMED_SIGNERS).map(|id| format!("`{id}`")).collect();
        let names = names.join(", ");
        match self.signatures.len().saturating_sub(NAMED_SIGNERS) {
            0 => names,
            more => format!("{names} and {more} more"),
        }
    }
}

fn stated_key_id(signature: &Value) -> Option<KeyId> {
    signature.get("keyid")?.as_str()?.parse().ok()
}

fn malformed_signatures(reason: &str) -> SignatureError {
    SignatureError::malformed("`signatures`", reason)
}

/// The signed message, `PAE` in the DSSE specification: type and payload, each with its
/// length, so that different pairs never have the same encoding.
fn pre_authentication_encoding(payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), payload.len());
    [head.as_bytes(), payload].concat()
}
