//! `--idempotency-key`, `--if-generation` and `--if-revision`, for verbs that change an environment.

shared_arguments! {
    /// Idempotency key; written to the audit log and returned
    #[arg(id = "idempotency_key", long = "idempotency-key", value_name = "KEY")]
    #[schemars(description = "Idempotency key")]
    IdempotencyKey { key: Option<String> }

    /// Fail unless the binding has this generation
    #[arg(long, value_name = "N")]
    IfGeneration { if_generation: Option<u64> }

    /// Fail unless the environment has this revision
    #[arg(long, value_name = "N")]
    IfRevision { if_revision: Option<u64> }
}
