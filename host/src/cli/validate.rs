//! The arguments of `pack validate`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use env_pack_domain::EnvId;
use schemars::JsonSchema;
use serde::Deserialize;

use super::error::UsageError;
use super::grammar::NewPackRef;
use super::parse::{Payload, parsed};
use super::payload::word;
use crate::document::Text;
use crate::ops::validate::{SignaturePolicy, ValidateRequest};

/// Packs to validate.
#[derive(Debug, Args, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValidatePayload {
    /// The packs: paths, `oci://…`, or names of built-ins
    #[arg(value_name = "REF", required = true)]
    #[schemars(with = "Vec<Text<NewPackRef>>", length(min = 1))]
    pub pack_refs: Vec<String>,
    /// Let warnings count as errors
    #[arg(long)]
    #[serde(default)]
    pub strict: bool,
    /// Let a pack without a handler count as an error
    #[arg(long)]
    #[serde(default)]
    pub require_handler: bool,
    /// Let a pack that nobody has signed count as an error
    #[arg(long)]
    #[serde(default)]
    pub require_signature: bool,
    /// A file of a public key, one of which must have signed each pack
    #[arg(long = "key", value_name = "FILE")]
    #[serde(default)]
    pub keys: Vec<PathBuf>,
    /// The environment that says who must have signed each pack, instead
    #[arg(long = "env", value_name = "ENV")]
    #[serde(default)]
    #[schemars(with = "Option<Text<EnvId>>")]
    pub environment_id: Option<String>,
    /// The form of the report, instead of `--format`
    #[arg(long, value_name = "FORM")]
    #[serde(default)]
    pub report: Option<ReportForm>,
}

/// A form in which findings are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema, ValueEnum)]
#[serde(try_from = "String")]
#[schemars(!try_from, rename_all = "lowercase")]
pub enum ReportForm {
    /// Text for people
    Human,
    /// One JSON document, as every verb prints it
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML, for test reports
    Junit,
    /// Workflow commands, for annotations of GitHub Actions
    Github,
}

impl TryFrom<String> for ReportForm {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        word(&name)
    }
}

impl Payload for ValidatePayload {
    type Request = (ValidateRequest, Option<ReportForm>);

    fn parse(self) -> Result<Self::Request, UsageError> {
        if self.pack_refs.is_empty() {
            return Err(UsageError::text("pack_refs", "name at least one pack"));
        }
        let signatures = match (self.environment_id, self.keys.is_empty()) {
            (Some(_), false) => {
                return Err(UsageError::text(
                    "keys",
                    "`--key` and `--env` cannot be given together",
                ));
            }
            (Some(environment), true) => {
                SignaturePolicy::Environment(parsed("environment_id", &environment)?)
            }
            (None, false) => SignaturePolicy::Keys(self.keys),
            (None, true) if self.require_signature => SignaturePolicy::AnySigner,
            (None, true) => SignaturePolicy::NotRequired,
        };
        // a path stays relative, because a report is read where the command ran
        let pack_ref =
            |text: &String| parsed("pack_refs", text).map(|NewPackRef(pack_ref)| pack_ref);
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
