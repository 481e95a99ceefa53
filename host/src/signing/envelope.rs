//! DSSE envelopes: a payload, and who signed it.
//!
//! A key id in an envelope says which key to try and nothing else. What is signed is the
//! decoded payload with its type, so that another spelling of the same bytes changes
//! nothing, and the same bytes under another type do not verify.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use env_pack_domain::{ForeignText, KeyId, Sha256Digest};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{PrivateKey, PublicKey, SignatureError, statement, strict_json};

/// The most that is read of an envelope: an honest one with one signature has 600 bytes,
/// and whoever adds provenance adds a few thousand.
pub const MAX_ENVELOPE_BYTES: u64 = 64 << 10;
/// The most signatures in an envelope: more than any team has signers, and each may cost
/// a verification.
const MAX_SIGNATURES: usize = 32;
/// How many signers a sentence names.
const NAMED_SIGNERS: usize = 3;
const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// An envelope that was read. Nothing in it is believed before it is
/// [verified](Self::verify).
#[derive(Debug)]
pub struct Envelope {
    payload: Vec<u8>,
    archive: Sha256Digest,
    signatures: Vec<EnvelopeSignature>,
}

#[derive(Debug)]
struct EnvelopeSignature {
    key_id: ForeignText,
    /// Not even Base64, perhaps: then it is one that does not verify.
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

impl Envelope {
    /// Reads an envelope, and the statement in it.
    ///
    /// # Errors
    /// [`SignatureError`] when it is no envelope about one archive.
    pub fn parse(bytes: &[u8]) -> Result<Self, SignatureError> {
        if bytes.len() as u64 > MAX_ENVELOPE_BYTES {
            return Err(SignatureError::TooLarge { limit: MAX_ENVELOPE_BYTES });
        }
        let document: EnvelopeDocument = strict_json::parse(bytes).map_err(|error| {
            let place = format!("line {} column {}", error.line(), error.column());
            SignatureError::malformed(place, &error.to_string())
        })?;
        if document.payload_type != PAYLOAD_TYPE {
            let found = ForeignText::excerpt(&document.payload_type);
            return Err(SignatureError::WrongType {
                member: "payloadType",
                found,
                expected: PAYLOAD_TYPE,
            });
        }
        match document.signatures.len() {
            0 => return Err(SignatureError::malformed("`signatures`", "there is none")),
            count if count > MAX_SIGNATURES => {
                let reason =
                    format!("there are {count}, and at most {MAX_SIGNATURES} are looked at");
                return Err(SignatureError::malformed("`signatures`", &reason));
            }
            _ => {}
        }
        let payload = STANDARD
            .decode(&document.payload)
            .map_err(|_| SignatureError::malformed("`payload`", "it is not Base64"))?;
        let signature = |document: SignatureDocument| EnvelopeSignature {
            key_id: ForeignText::excerpt(&document.keyid),
            bytes: STANDARD.decode(document.sig).ok(),
        };
        Ok(Self {
            archive: statement::read(&payload)?,
            payload,
            signatures: document.signatures.into_iter().map(signature).collect(),
        })
    }

    /// The envelope with which a key vouches for an archive: always the same bytes.
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
        let mut text = serde_json::to_vec(&document).expect("text makes JSON");
        text.push(b'\n');
        text
    }

    /// The same envelope with one more signature, by this key, over the payload that is
    /// there; nothing, when the key has signed it already. Whatever else is in it
    /// stays, but for signatures that claim this key and are not valid.
    ///
    /// # Errors
    /// [`SignatureError`] when it is no envelope about this archive, or there is no room
    /// for one more.
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
        let malformed = |reason: String| SignatureError::malformed("`signatures`", &reason);
        let mut document: Value =
            serde_json::from_slice(bytes).map_err(|error| malformed(error.to_string()))?;
        let signatures = document.get_mut("signatures").and_then(Value::as_array_mut);
        let signatures = signatures.ok_or_else(|| malformed("they are no list".to_owned()))?;
        let claims_this = |signature: &Value| {
            let claimed = signature.get("keyid").and_then(Value::as_str);
            claimed.and_then(|claimed| claimed.parse().ok()) == Some(public.id())
        };
        signatures.retain(|signature| !claims_this(signature));
        if signatures.len() >= MAX_SIGNATURES {
            return Err(malformed(format!(
                "there are {MAX_SIGNATURES} already, and no more are looked at"
            )));
        }
        let sig = STANDARD.encode(key.sign(&pre_authentication_encoding(&envelope.payload)));
        signatures.push(json!({"keyid": public.id().to_string(), "sig": sig}));
        let text = format!("{document}\n").into_bytes();
        match text.len() as u64 > MAX_ENVELOPE_BYTES {
            true => Err(SignatureError::TooLarge { limit: MAX_ENVELOPE_BYTES }),
            false => Ok(Some(text)),
        }
    }

    /// Whether it is about this archive.
    ///
    /// # Errors
    /// [`SignatureError::WrongArchive`]
    pub fn ensure_signs(&self, archive: &Sha256Digest) -> Result<(), SignatureError> {
        match self.archive == *archive {
            true => Ok(()),
            false => Err(SignatureError::WrongArchive { signed: self.archive, archive: *archive }),
        }
    }

    /// Which of these keys vouches for an archive. One is enough, and what others have
    /// signed, rightly or wrongly, does not matter.
    ///
    /// # Errors
    /// [`SignatureError`] when none does.
    pub fn verify(
        &self,
        archive: &Sha256Digest,
        trusted: &[PublicKey],
    ) -> Result<KeyId, SignatureError> {
        self.ensure_signs(archive)?;
        let message = pre_authentication_encoding(&self.payload);
        let mut failed = None;
        for signature in &self.signatures {
            let claimed = signature.key_id.as_exact().parse::<KeyId>().ok();
            let Some(key) = trusted.iter().find(|key| Some(key.id()) == claimed) else { continue };
            if signature.bytes.as_ref().is_some_and(|bytes| key.verifies(&message, bytes)) {
                return Ok(key.id());
            }
            failed = failed.or(Some(key.id()));
        }
        Err(match failed {
            Some(key_id) => SignatureError::Invalid { key_id },
            None => SignatureError::NotTrusted { claimed: self.describe_claimed_signers() },
        })
    }

    /// Who signed it, as it says itself.
    pub fn claimed_signers(&self) -> impl Iterator<Item = &ForeignText> {
        self.signatures.iter().map(|signature| &signature.key_id)
    }

    /// The same in words.
    fn describe_claimed_signers(&self) -> String {
        let names: Vec<_> =
            self.claimed_signers().take(NAMED_SIGNERS).map(|id| format!("`{id}`")).collect();
        let more = self.signatures.len().saturating_sub(NAMED_SIGNERS);
        let others = if more > 0 { format!(" and {more} more") } else { String::new() };
        names.join(", ") + &others
    }
}

/// What is really signed: type and payload, each with its length, so that no two pairs of
/// them look the same.
fn pre_authentication_encoding(payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), payload.len());
    [head.as_bytes(), payload].concat()
}
