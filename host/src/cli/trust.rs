//! The arguments of the verbs about keys and signatures.

use std::path::PathBuf;

use clap::Args;
use env_pack_domain::{EnvId, KeyId, OciRef};
use schemars::JsonSchema;
use serde::Deserialize;

use super::environment::Environment;
use super::error::UsageError;
use super::grammar::NewPackRef;
use super::parse::{Payload, pack_ref, parsed};
use crate::document::Text;
use crate::ops::signing::{SignRequest, TrustedKeys, VerifyRequest};
use crate::ops::trust_root::{DistrustRequest, TrustRequest};

/// A key to make.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeygenPayload {
    /// The file of the private key; the public one goes beside it, as `<file>.pub`
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

/// A pack to sign.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignPayload {
    /// The pack: a file, or `oci://…`, where its signature goes too then
    #[arg(value_name = "REF")]
    #[schemars(with = "String")]
    pub archive: PathBuf,
    /// The file of the private key
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// Where the signature goes; beside the pack, as `<pack>.sig`, unless given
    #[arg(short, long, value_name = "FILE")]
    #[serde(default)]
    pub output: Option<PathBuf>,
    /// Overwrite what is there, instead of adding the signature to those of others
    #[arg(long)]
    #[serde(default)]
    pub replace: bool,
}

/// A pack to verify.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyPayload {
    /// The pack
    #[arg(value_name = "REF")]
    #[schemars(with = "Text<NewPackRef>")]
    pub pack_ref: String,
    /// A file of a public key that is trusted
    #[arg(long = "key", value_name = "FILE")]
    #[serde(default)]
    pub keys: Vec<PathBuf>,
    /// The environment that says who is trusted, instead
    #[arg(long = "env", value_name = "ENV")]
    #[serde(default)]
    #[schemars(with = "Option<Text<EnvId>>")]
    pub environment_id: Option<String>,
    /// A file of a signature, instead of those beside the pack and those that are kept
    #[arg(long = "signature", value_name = "FILE")]
    #[serde(default)]
    pub signatures: Vec<PathBuf>,
}

/// A key to trust.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustPayload {
    /// The environment
    #[command(flatten)]
    pub environment_id: Environment,
    /// The file of the public key
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// A key of the caller's, recorded and given back
    #[arg(long, value_name = "KEY")]
    #[serde(default)]
    pub idempotency_key: Option<String>,
}

/// A key to trust no longer.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DistrustPayload {
    /// The environment
    #[command(flatten)]
    pub environment_id: Environment,
    /// The id of the key
    #[arg(long, value_name = "ID")]
    #[schemars(with = "Text<KeyId>")]
    pub key_id: String,
    /// A key of the caller's, recorded and given back
    #[arg(long, value_name = "KEY")]
    #[serde(default)]
    pub idempotency_key: Option<String>,
}

/// What is to be signed.
pub enum Sign {
    /// A file.
    File(SignRequest),
    /// What a registry has, with this key.
    Published(OciRef, PathBuf),
}

impl Payload for KeygenPayload {
    type Request = PathBuf;

    fn parse(self) -> Result<PathBuf, UsageError> {
        Ok(self.output)
    }
}

impl Payload for SignPayload {
    type Request = Sign;

    fn parse(self) -> Result<Sign, UsageError> {
        let published = self.archive.to_str().filter(|text| text.starts_with("oci://"));
        match published {
            None => Ok(Sign::File(SignRequest {
                archive: self.archive,
                key: self.key,
                output: self.output,
                replace: self.replace,
            })),
            Some(_) if self.output.is_some() || self.replace => Err(UsageError::text(
                "output",
                "the signature of what a registry has goes there, beside those of others",
            )),
            Some(text) => {
                let reference: OciRef = parsed("archive", text)?;
                match reference.digest() {
                    Some(_) => Ok(Sign::Published(reference, self.key)),
                    None => Err(UsageError::text(
                        "archive",
                        "what a tag stands for can change before it is signed; name the digest that `gtc pack push` printed",
                    )),
                }
            }
        }
    }
}

impl Payload for VerifyPayload {
    type Request = VerifyRequest;

    fn parse(self) -> Result<VerifyRequest, UsageError> {
        let trusted = match (self.environment_id, self.keys.is_empty()) {
            (Some(environment), true) => {
                TrustedKeys::Environment(parsed("environment_id", &environment)?)
            }
            (None, false) => TrustedKeys::Keys(self.keys),
            (None, true) => {
                return Err(UsageError::text(
                    "keys",
                    "say whose signature is taken: `--key`, or `--env` for a trust root",
                ));
            }
            (Some(_), false) => {
                return Err(UsageError::text(
                    "keys",
                    "`--key` and `--env` cannot be given together",
                ));
            }
        };
        Ok(VerifyRequest {
            pack_ref: pack_ref("pack_ref", &self.pack_ref)?,
            trusted,
            signatures: self.signatures,
        })
    }
}

impl Payload for TrustPayload {
    type Request = TrustRequest;

    fn parse(self) -> Result<TrustRequest, UsageError> {
        let environment = self.environment_id.parse()?;
        Ok(TrustRequest { environment, key: self.key, idempotency_key: self.idempotency_key })
    }
}

impl Payload for DistrustPayload {
    type Request = DistrustRequest;

    fn parse(self) -> Result<DistrustRequest, UsageError> {
        Ok(DistrustRequest {
            environment: self.environment_id.parse()?,
            key_id: parsed("key_id", &self.key_id)?,
            idempotency_key: self.idempotency_key,
        })
    }
}
