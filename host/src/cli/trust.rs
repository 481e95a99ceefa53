//! The arguments of the commands for keys and signatures.

use std::path::PathBuf;

use clap::Args;
use env_pack_domain::{EnvId, KeyId, OciRef};
use schemars::JsonSchema;
use serde::Deserialize;

use super::environment_arg::EnvironmentArg;
use super::error::UsageError;
use super::grammar::NewPackRef;
use super::parse::{Payload, parse_argument, parse_pack_ref};
use crate::document::Text;
use crate::ops::signing::{SignRequest, TrustedKeys, VerifyRequest};
use crate::ops::trust_root::{DistrustRequest, TrustRequest};

/// A key pair to create.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeygenPayload {
    /// Private key file to write; the public key is written to `<FILE>.pub`
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

/// A pack to sign.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignPayload {
    /// Pack: a file, or `oci://…`, which also receives the signature
    #[arg(value_name = "REF")]
    #[schemars(with = "String")]
    pub archive: PathBuf,
    /// Private key file
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// Signature file to write [default: `<pack>.sig` next to the pack]
    #[arg(short, long, value_name = "FILE")]
    #[serde(default)]
    pub output: Option<PathBuf>,
    /// Overwrite existing signatures instead of adding one
    #[arg(long)]
    #[serde(default)]
    pub replace: bool,
}

/// A pack to verify.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyPayload {
    /// Pack: a path, `oci://…`, or the name of a built-in
    #[arg(value_name = "REF")]
    #[schemars(with = "Text<NewPackRef>")]
    pub pack_ref: String,
    /// Public key file to trust
    #[arg(long = "key", value_name = "FILE")]
    #[serde(default)]
    pub keys: Vec<PathBuf>,
    /// Environment whose trust root to use instead of `--key`
    #[arg(long = "env", value_name = "ENV")]
    #[serde(default)]
    #[schemars(with = "Option<Text<EnvId>>")]
    pub environment_id: Option<String>,
    /// Signature file to use instead of those next to the pack and in the cache
    #[arg(long = "signature", value_name = "FILE")]
    #[serde(default)]
    pub signatures: Vec<PathBuf>,
}

/// A key to trust.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustPayload {
    /// Environment
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    /// Public key file
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// Idempotency key; written to the audit log and returned
    #[arg(long, value_name = "KEY")]
    #[serde(default)]
    pub idempotency_key: Option<String>,
}

/// A key to stop trusting.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DistrustPayload {
    /// Environment
    #[command(flatten)]
    pub environment_id: EnvironmentArg,
    /// Id of the key
    #[arg(long, value_name = "ID")]
    #[schemars(with = "Text<KeyId>")]
    pub key_id: String,
    /// Idempotency key; written to the audit log and returned
    #[arg(long, value_name = "KEY")]
    #[serde(default)]
    pub idempotency_key: Option<String>,
}

/// The pack to sign.
pub enum SignTarget {
    /// A pack file.
    File(SignRequest),
    /// A pack in a registry, with the file of the private key.
    Published(OciRef, PathBuf),
}

impl Payload for KeygenPayload {
    type Request = PathBuf;

    fn into_request(self) -> Result<PathBuf, UsageError> {
        Ok(self.output)
    }
}

impl Payload for SignPayload {
    type Request = SignTarget;

    fn into_request(self) -> Result<SignTarget, UsageError> {
        let published = self.archive.to_str().filter(|text| text.starts_with("oci://"));
        match published {
            None => Ok(SignTarget::File(SignRequest {
                archive: self.archive,
                key: self.key,
                output: self.output,
                replace: self.replace,
            })),
            Some(_) if self.output.is_some() || self.replace => Err(UsageError::new(
                "output",
                "`--output` and `--replace` are only for files; a registry stores the signature next to the pack",
            )),
            Some(text) => {
                let reference: OciRef = parse_argument("archive", text)?;
                match reference.digest() {
                    Some(_) => Ok(SignTarget::Published(reference, self.key)),
                    None => Err(UsageError::new(
                        "archive",
                        "a tag can move before it is signed; add the digest that `gtc pack push` printed",
                    )),
                }
            }
        }
    }
}

impl Payload for VerifyPayload {
    type Request = VerifyRequest;

    fn into_request(self) -> Result<VerifyRequest, UsageError> {
        let trusted = match (self.environment_id, self.keys.is_empty()) {
            (Some(environment), true) => {
                TrustedKeys::Environment(parse_argument("environment_id", &environment)?)
            }
            (None, false) => TrustedKeys::Keys(self.keys),
            (None, true) => {
                return Err(UsageError::new(
                    "keys",
                    "name a trusted key with `--key`, or an environment with `--env`",
                ));
            }
            (Some(_), false) => {
                return Err(UsageError::new(
                    "keys",
                    "`--key` and `--env` cannot be given together",
                ));
            }
        };
        Ok(VerifyRequest {
            pack_ref: parse_pack_ref("pack_ref", &self.pack_ref)?,
            trusted,
            signatures: self.signatures,
        })
    }
}

impl Payload for TrustPayload {
    type Request = TrustRequest;

    fn into_request(self) -> Result<TrustRequest, UsageError> {
        let environment = self.environment_id.parse()?;
        Ok(TrustRequest { environment, key: self.key, idempotency_key: self.idempotency_key })
    }
}

impl Payload for DistrustPayload {
    type Request = DistrustRequest;

    fn into_request(self) -> Result<DistrustRequest, UsageError> {
        Ok(DistrustRequest {
            environment: self.environment_id.parse()?,
            key_id: parse_argument("key_id", &self.key_id)?,
            idempotency_key: self.idempotency_key,
        })
    }
}
