//! The arguments of `pack validate`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use env_pack_domain::EnvId;
use schemars::JsonSchema;
use serde::Deserialize;

use super::error::UsageError;
use super::grammar::NewPackRef;
use super::parse::{Payload, parse_argument};
use super::payload::parse_value_enum;
use crate::document::Text;
use crate::ops::validate::{SignaturePolicy, ValidateRequest};

/// Packs to validate.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValidatePayload {
    /// Packs: paths, `oci://…`, or names of built-ins
    #[arg(value_name = "REF", required = true)]
    #[schemars(with = "Vec<Text<NewPackRef>>", length(min = 1))]
    pub pack_refs: Vec<String>,
    /// Treat warnings as errors
    #[arg(long)]
    #[serde(default)]
    pub strict: bool,
    /// Report a pack without a handler as an error
    #[arg(long)]
    #[serde(default)]
    pub require_handler: bool,
    /// Report an unsigned pack as an error
    #[arg(long)]
    #[serde(default)]
    pub require_signature: bool,
    /// Public key file; each pack must be signed by one of the keys
    #[arg(long = "key", value_name = "FILE")]
    #[serde(default)]
    pub keys: Vec<PathBuf>,
    /// Environment whose trust root must have signed each pack
    #[arg(long = "env", value_name = "ENV")]
    #[serde(default)]
    #[schemars(with = "Option<Text<EnvId>>")]
    pub environment_id: Option<String>,
    /// Report format; overrides `--format`
    #[arg(long, value_name = "FORM")]
    #[serde(default)]
    pub report: Option<ReportForm>,
}

/// A report format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema, ValueEnum)]
#[serde(try_from = "String")]
#[schemars(!try_from, rename_all = "lowercase")]
pub enum ReportForm {
    /// Text for people
    Human,
    /// One JSON document, as printed by every command
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML, for test reports
    Junit,
    /// GitHub Actions workflow commands, for annotations
    Github,
}

impl TryFrom<String> for ReportForm {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        parse_value_enum(&name)
    }
}

impl Payload for ValidatePayload {
    type Request = (ValidateRequest, Option<ReportForm>);

    fn into_request(self) -> Result<Self::Request, UsageError> {
        if self.pack_refs.is_empty() {
            return Err(UsageError::new("pack_refs", "name at least one pack"));
        }
        let signatures = match (self.environment_id, self.keys.is_empty()) {
            (Some(_), false) => {
                return Err(UsageError::new(
                    "keys",
                    "`--key` and `--env` cannot be given together",
                ));
            }
            (Some(environment), true) => {
                SignaturePolicy::Environment(parse_argument("environment_id", &environment)?)
            }
            (None, false) => SignaturePolicy::Keys(self.keys),
            (None, true) if self.require_signature => SignaturePolicy::AnySigner,
            (None, true) => SignaturePolicy::NotRequired,
        };
        // keep paths relative, so that a CI can match them with the files of its repository
        let pack_ref =
            |text: &String| parse_argument("pack_refs", text).map(|NewPackRef(pack_ref)| pack_ref);
        let packs = self.pack_refs.iter().map(pack_ref).collect::<Result<_, _>>()?;
        let request = ValidateRequest {
            packs,
            strict: self.strict,
            require_handler: self.require_handler,
            signatures,
        };
        Ok((request, self.report))
    }
}
