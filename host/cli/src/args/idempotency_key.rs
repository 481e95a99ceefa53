//! `--idempotency-key`, for every verb that changes an environment.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Idempotency key; written to the audit log and returned
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub(crate) struct IdempotencyKey {
    /// Idempotency key; written to the audit log and returned
    #[arg(id = "idempotency_key", long = "idempotency-key", value_name = "KEY")]
    pub key: Option<String>,
}
